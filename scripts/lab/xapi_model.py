"""Facts out of 3CX's OpenAPI file: entity sets, types, functions and actions by name, without a word of its prose.

The file has no licence and stays outside the repository; names and types are what any client of the API must use.
Property types are written `string`, `int32`, `[Type]` for collections, `>` before a navigation property.
"""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML

from lab.bootstrap import ROOT

Json = dict[str, Any]
_TARGET = ROOT / "src" / "threecx_simulator" / "xapi" / "model.json"
_SWAGGER = ROOT.parent / "shared" / "3cx" / "xapi-swagger.yaml"
_COLLECTION = "CollectionResponse"


class Reader:
    """Reads one OpenAPI document."""

    def __init__(self, document: Json) -> None:
        self._schemas: Json = document["components"]["schemas"]
        self._responses: Json = document["components"]["responses"]
        self._paths: Json = document["paths"]

    def model(self) -> Json:
        """Everything, sorted by name."""
        named = {name.removeprefix("Pbx."): one for name, one in self._schemas.items() if _ours(name)}
        return {
            "enums": {name: one["enum"] for name, one in sorted(named.items()) if "enum" in one},
            "types": {
                name: self._properties(one) for name, one in sorted(named.items()) if "enum" not in one
            },
            "sets": dict(sorted(self._sets().items())),
            "singletons": dict(sorted(self._singletons().items())),
            "calls": dict(sorted(self._calls().items())),
        }

    def _properties(self, schema: Json) -> Json:
        found: Json = {}
        for part in schema.get("allOf", []):
            inherited = self._schemas[_name(part)] if "$ref" in part else part
            found |= self._properties(inherited)
        return found | {name: self._type(one) for name, one in schema.get("properties", {}).items()}

    def _type(self, schema: Json) -> str:
        mark = ">" if schema.get("x-ms-navigationProperty") else ""
        if "$ref" in schema:
            return mark + _name(schema).removeprefix("Pbx.")
        if "allOf" in schema:
            return mark + self._type(schema["allOf"][0])
        if schema.get("type") == "array":
            return f"{mark}[{self._type(schema['items'])}]"
        if "oneOf" in schema:
            return "double"
        return mark + str(schema.get("format") or schema.get("type") or "object")

    def _answer(self, operation: Json) -> str:
        response = operation["responses"].get("200") or operation["responses"].get("201") or {}
        if "$ref" in response:
            response = self._responses[_name(response)]
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if _name(schema).endswith(_COLLECTION):
            return f"[{_name(schema).removeprefix('Pbx.').removesuffix(_COLLECTION)}]"
        for part in (*schema.get("allOf", []), schema):
            if "value" in part.get("properties", {}):
                return self._type(part["properties"]["value"])
        return self._type(schema) if schema else ""

    def _sets(self) -> Json:
        found: Json = {}
        for path, operations in self._paths.items():
            answer = self._answer(operations["get"]) if "get" in operations else ""
            if re.fullmatch(r"/\w+", path) and answer.startswith("["):
                verbs = ["create"] if "post" in operations else []
                found[path[1:]] = {"type": answer[1:-1], "keys": [], "verbs": verbs}
        for path, operations in self._paths.items():
            key = re.fullmatch(r"/(\w+)\((?:(\w+)=)?\{(\w+)\}\)", path)
            if key is None:
                continue
            type_ = self._answer(operations["get"]) if "get" in operations else key[1]
            one = found.setdefault(key[1], {"type": type_, "keys": [], "verbs": []})
            names = {"get": "read", "patch": "update", "delete": "delete"}
            if key[2]:
                one["keys"].append(key[2])
            else:
                one["keys"].insert(0, key[3])
                one["verbs"] += [names[verb] for verb in operations if verb in names]
        return found

    def _singletons(self) -> Json:
        return {
            path[1:]: {"type": answer, "verbs": ["update"] if "patch" in operations else []}
            for path, operations in self._paths.items()
            if re.fullmatch(r"/\w+", path) and "get" in operations
            if not (answer := self._answer(operations["get"])).startswith("[")
        }

    def _calls(self) -> Json:
        """Functions and actions by their path with parameter values left out: `Queues()/Pbx.ResetQueueStatistics`."""
        found: Json = {}
        for path, operations in self._paths.items():
            for verb in ("get", "post"):
                last = path.rpartition("/")[2]
                if verb not in operations or not ("Pbx." in last or last.endswith("()") or "," in last):
                    continue
                operation = operations[verb]
                name = last.partition("(")[0]
                owner = re.sub(r"\(.*\)$", "()", path[1:].rpartition("/")[0])
                found[f"{owner}/{name}".strip("/")] = {
                    "verb": verb.upper(),
                    "parameters": self._parameters(operation, last)
                    if verb == "get"
                    else self._body(operation),
                    "answer": self._answer(operation),
                }
        return found

    def _parameters(self, operation: Json, last: str) -> Json:
        inside = last.partition("(")[2]
        given = {
            one["name"]: one["schema"] for one in operation.get("parameters", []) if one.get("in") == "path"
        }
        return {name: self._type(one) for name, one in given.items() if f"{name}=" in inside}

    def _body(self, operation: Json) -> Json:
        body = operation.get("requestBody", {})
        schema = body.get("content", {}).get("application/json", {}).get("schema", {})
        return {name: self._type(one) for name, one in schema.get("properties", {}).items()}


def _ours(name: str) -> bool:
    return name.startswith("Pbx.") and not name.endswith(_COLLECTION) and "ODataErrors" not in name


def _name(schema: Json) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def write(source: Path, target: Path) -> None:
    """`target` afterwards holds the model of `source`, one name to a line."""
    model = Reader(YAML(typ="safe").load(source)).model()
    lines = [
        f'"{part}": {{\n'
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in model[part].items())
        + "\n}"
        for part in model
    ]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def run(source: Annotated[Path, typer.Argument(help="3CX's OpenAPI file")] = _SWAGGER) -> None:
    """Write the simulator's model of the XAPI."""
    write(source, _TARGET)


def main() -> None:
    """Entry point of `scripts/simulator_model`."""
    typer.run(run)
