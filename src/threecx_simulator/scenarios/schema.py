"""The JSON Schema of scenario files: what the loader refuses without a look at the PBX or the disk, an editor refuses too."""

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Schema = dict[str, Any]


class ScenarioSchema(GenerateJsonSchema):
    """A number may stand where a text is wanted: telephone numbers and keys need no quotes."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Text, or a number as it is written."""
        return super().str_schema(schema) | {
            "type": ["string", "integer" if "pattern" in schema else "number"]
        }


def given(name: str) -> Schema:
    """The field is there, and not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def one_of(names: Iterable[str]) -> Schema:
    """Exactly one of them is given."""
    return {"oneOf": [given(name) for name in sorted(names)]}


def implies(condition: Schema, consequence: Schema) -> Schema:
    """`consequence` holds wherever `condition` does."""
    return {"if": condition, "then": consequence}


def among(name: str, values: list[Any]) -> Schema:
    """The field is there and has one of these values."""
    return {"required": [name], "properties": {name: {"enum": values}}}
