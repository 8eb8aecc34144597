"""Output schemas: with them the next node's input panel shows the fields before anything has run."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def output_schema(result: type[BaseModel]) -> dict[str, Any]:
    """The item's JSON Schema without references and without null, which n8n's panel does not read."""
    schema = result.model_json_schema(by_alias=True, mode="serialization")
    return {**_inline(schema, schema.get("$defs", {})), "version": 1}


def _inline(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _inline(defs[schema["$ref"].rsplit("/", 1)[-1]], defs)
    if "anyOf" in schema:
        return _inline(next(one for one in schema["anyOf"] if one.get("type") != "null"), defs)
    if schema.get("type") == "object" and "properties" in schema:
        inside = {name: _inline(one, defs) for name, one in schema["properties"].items()}
        return {"type": "object", "properties": inside}
    if schema.get("type") == "array":
        return {"type": "array", "items": _inline(schema.get("items", {"type": "string"}), defs)}
    return {"type": schema.get("type", "string")}
