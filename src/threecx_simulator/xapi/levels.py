"""How much a client wants to be told beside the data: `odata.metadata=none`, `minimal` or `full` (OData JSON 4.01, 3.1)."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from threecx_simulator.xapi.model import EntitySet, Type, model
from threecx_simulator.xapi.values import named

Json = dict[str, Any]
_LEVEL = re.compile(r"\b(?:odata\.)?metadata\s*=\s*(none|minimal|full)\b", re.IGNORECASE)
_PLAIN = frozenset({"string", "boolean", "int32", "double"})  # a JSON value tells these types itself


def level(request: Request) -> str:
    """`$format` counts before the header (OData 4.01 part 1, 8.2.1)."""
    asked = request.query_params.get("$format", request.headers.get("accept", ""))
    found = _LEVEL.search(asked)
    return found[1].lower() if found else "minimal"


def at_level(made: Response, wanted: str) -> Response:
    """An answer that was made for `minimal`, as the client wants it."""
    kind = made.headers.get("content-type", "")
    if wanted == "minimal" or "odata.metadata=minimal" not in kind:
        return made
    body: Json = orjson.loads(made.body)
    body = (
        _full(body)
        if wanted == "full"
        else {key: one for key, one in body.items() if key != "@odata.context"}
    )
    more = {key: one for key, one in made.headers.items() if key not in {"content-type", "content-length"}}
    return Response(orjson.dumps(body), made.status_code, more, kind.replace("minimal", wanted))


def _full(body: Json) -> Json:
    base, _, fragment = str(body.get("@odata.context", "")).partition("/$metadata#")
    known = model().sets.get(re.split(r"[(/]", fragment)[0])
    single = model().singletons.get(re.split(r"[(/]", fragment)[0])
    if known is not None and re.fullmatch(r"\w+(\(.*\))?", fragment):
        return {**body, "value": [_entity(row, known, base) for row in body["value"]]}
    if known is not None and fragment.endswith("/$entity"):
        return {"@odata.context": body["@odata.context"], **_entity(_rest(body), known, base)}
    if single is not None and re.fullmatch(r"\w+(\(.*\))?", fragment):
        return {
            "@odata.context": body["@odata.context"],
            **_object(_rest(body), single, f"{base}/{fragment}"),
        }
    return body


def _rest(body: Json) -> Json:
    return {key: one for key, one in body.items() if key != "@odata.context"}


def _entity(row: Json, known: EntitySet, base: str) -> Json:
    key = row.get(known.keys[0]) if known.keys else None
    literal = key if isinstance(key, int) else f"'{key}'"
    return _object(row, known.type, "" if key is None else f"{base}/{known.name}({literal})")


def _object(row: Mapping[str, Any], type_: Type, address: str) -> Json:
    """With its type, its address when it has one, and the types of its properties."""
    found: Json = {"@odata.type": f"#Pbx.{type_.name}"}
    if address:
        found |= {"@odata.id": address, "@odata.editLink": address}
    for name, value in row.items():
        found |= _property(name, value, type_)
    links = (one.name for one in type_.properties.values() if one.navigation) if address else ()
    for name in links:
        found[f"{name}@odata.associationLink"] = f"{address}/{name}/$ref"
        found[f"{name}@odata.navigationLink"] = f"{address}/{name}"
    return found


def _property(name: str, value: Any, type_: Type) -> Json:
    known = type_.properties.get(name)
    if known is None:
        return {name: value}
    inner = model().types.get(known.kind)
    if inner is not None:
        rows = [_object(one, inner, "") for one in (value if isinstance(value, list) else [value])]
        return {name: rows if isinstance(value, list) else rows[0]}
    if known.kind in _PLAIN and not known.many:
        return {name: value}
    kind = named(f"[{known.kind}]" if known.many else known.kind).replace("Edm.", "")
    return {f"{name}@odata.type": f"#{kind}", name: value}
