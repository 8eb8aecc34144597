"""`python -m lab.xapi_facts SWAGGER`: facts of 3CX's OpenAPI file that the client uses: paths, methods, names of parameters.

Writes src/threecx_pbx/xapi/paths.json and src/threecx_pbx/reports/catalogue.json. No prose of the file is copied.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
_METHODS = ("get", "post", "put", "patch", "delete")
_REPORT = re.compile(r"/Report(\w+)/Pbx\.(Get\w+)\((.*)\)")
_LEFT_OUT = ("GetOld", "GetCallQuality", "GetCallLogData")


def paths(swagger: dict[str, Any]) -> dict[str, str]:
    """Path without its leading slash → its methods."""
    return {
        path.removeprefix("/"): " ".join(method.upper() for method in _METHODS if method in item)
        for path, item in swagger["paths"].items()
    }


def catalogue(swagger: dict[str, Any]) -> dict[str, Any]:
    """Name of a report → its function, its parameters in their order, and the kinds of its rows' fields."""
    found = {}
    for path, item in swagger["paths"].items():
        match = _REPORT.fullmatch(path)
        if match is None or match[2].startswith(_LEFT_OUT):
            continue
        types = {one["name"]: one["schema"] for one in item["get"].get("parameters", []) if "schema" in one}
        names = re.findall(r"(\w+)=\{", match[3])
        found[match[1][0].lower() + match[1][1:]] = {
            "function": f"Report{match[1]}/Pbx.{match[2]}",
            "parameters": {name: _kind(types[name]) for name in names},
            "fields": _fields(swagger, item["get"]),
        }
    return dict(sorted(found.items()))


def _fields(swagger: dict[str, Any], operation: dict[str, Any]) -> dict[str, str]:
    content = operation["responses"]["200"]
    content = _resolved(swagger, content)["content"]["application/json"]["schema"]
    for part in (content, *content.get("allOf", [])):
        rows = _resolved(swagger, part).get("properties", {}).get("value")
        if rows:
            row = _resolved(swagger, rows["items"])
            return {name: _kind(_resolved(swagger, one)) for name, one in row.get("properties", {}).items()}
    return {}


def _resolved(swagger: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        _, *steps = schema["$ref"].split("/")
        schema = swagger
        for step in steps:
            schema = schema[step]
    return schema


def _kind(schema: dict[str, Any]) -> str:
    form = schema.get("format", "")
    if form in ("date-time", "duration"):
        return {"date-time": "moment", "duration": "duration"}[form]
    for one in (schema, *schema.get("anyOf", []), *schema.get("oneOf", [])):
        if one.get("type") in ("integer", "number", "boolean"):
            return "boolean" if one["type"] == "boolean" else "number"
    return "text" if schema.get("type") == "string" else "other"


def main() -> None:
    """Entry."""
    swagger = YAML(typ="safe").load(Path(sys.argv[1]))
    for place, facts in (
        ("xapi/paths.json", paths(swagger)),
        ("reports/catalogue.json", catalogue(swagger)),
    ):
        (ROOT / "src/threecx_pbx" / place).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
