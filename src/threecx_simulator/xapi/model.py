"""What the XAPI is made of, read from `model.json`: entity sets, singletons, types, functions and actions by name.

`scripts/simulator_model` writes that file from 3CX's OpenAPI file; nothing here was written by hand.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NUMBERS = frozenset({"int32", "int64", "uint8", "decimal", "double", "float", "integer", "number"})
MOMENTS = frozenset({"date-time", "date"})
_PRIMITIVES = (
    NUMBERS | MOMENTS | {"string", "boolean", "duration", "time", "uuid", "binary", "base64url", "object"}
)


def called_like(known: Mapping[str, Any], name: str) -> str | None:
    """The name itself, or the one that differs in case alone; None when nothing is called so."""
    if name in known:
        return name
    return next((one for one in known if one.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a type. `kind`: a primitive, an enum or a type by name."""

    name: str
    kind: str
    many: bool
    navigation: bool

    @property
    def primitive(self) -> bool:
        """Whether `kind` is no type of ours."""
        return self.kind in _PRIMITIVES


@dataclass(frozen=True, slots=True)
class Type:
    """An entity type or complex type."""

    name: str
    properties: Mapping[str, Property]

    def property(self, name: str) -> Property | None:
        """The property of that name, in any case (see `filter`)."""
        found = called_like(self.properties, name)
        return None if found is None else self.properties[found]


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A collection. `keys`: the first identifies, others are alternate keys. `verbs`: create read update delete."""

    name: str
    type: Type
    keys: tuple[str, ...]
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Call:
    """A function (GET; the order of its parameters counts) or an action (POST; a JSON body)."""

    name: str
    verb: str
    parameters: Mapping[str, str]
    answer: str

    @property
    def rows(self) -> str:
        """The type of each row when the answer is a collection, else ""."""
        return self.answer[1:-1] if self.answer.startswith("[") else ""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything by name; functions and actions by path without keys (`ActiveCalls()/Pbx.DropCall`)."""

    types: Mapping[str, Type]
    enums: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, EntitySet]
    singletons: Mapping[str, Type]
    changeable: frozenset[str]
    """The singletons that take a PATCH."""
    calls: Mapping[str, Call]


def _property(name: str, text: str) -> Property:
    navigation = text.startswith(">")
    kind = text.removeprefix(">")
    many = kind.startswith("[")
    return Property(name, kind.strip("[]"), many, navigation)


@cache
def model() -> Model:
    """The XAPI of 20.0.10."""
    raw: Any = json.loads(files(__package__).joinpath("model.json").read_text("utf-8"))
    types = {
        name: Type(name, {one: _property(one, text) for one, text in fields.items()})
        for name, fields in raw["types"].items()
    }
    return Model(
        types=types,
        enums={name: tuple(values) for name, values in raw["enums"].items()},
        sets={
            name: EntitySet(
                name,
                types.get(one["type"], Type(one["type"], {})),
                tuple(one["keys"]),
                frozenset(one["verbs"]),
            )
            for name, one in raw["sets"].items()
        },
        singletons={name: types[one["type"]] for name, one in raw["singletons"].items()},
        changeable=frozenset(name for name, one in raw["singletons"].items() if one["verbs"]),
        calls={
            name: Call(name, one["verb"], one["parameters"], one["answer"])
            for name, one in raw["calls"].items()
        },
    )
