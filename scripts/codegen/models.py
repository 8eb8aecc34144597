"""What the Python models say of a parameter: type, range, default, values. Reads pydantic, knows nothing of n8n."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from inspect import get_annotations
from typing import Any, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from threecx_runner.naming import field_camel
from threecx_runner.sdk import Locator


class Kind(StrEnum):
    """What a parameter holds."""

    TEXT = "text"
    MASKED = "masked"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXTS = "texts"
    LOCATOR = "locator"
    GROUP = "group"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Fact:
    """One parameter, as Python declares it."""

    name: str
    kind: Kind
    required: bool
    default: Any
    declared_by: type[BaseModel]
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    inside: Mapping[str, "Fact"] | None = None


class UnknownType(TypeError):
    """A parameter's type has no n8n widget."""


def facts(model: type[BaseModel]) -> dict[str, Fact]:
    """Wire name → fact, in the order of declaration. Raises UnknownType."""
    return {_wire(name): _fact(model, name, field) for name, field in model.model_fields.items()}


def _wire(name: str) -> str:
    return field_camel(name.rstrip("_"))


def _fact(model: type[BaseModel], name: str, field: FieldInfo) -> Fact:
    kind = _kind(field.annotation, f"{model.__module__}.{model.__qualname__}.{name}")
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return Fact(
        name=_wire(name),
        kind=kind,
        required=field.is_required(),
        default=_plain(default),
        declared_by=next(base for base in reversed(model.__mro__) if name in get_annotations(base)),
        minimum=next((float(str(m.ge)) for m in field.metadata if isinstance(m, annotated_types.Ge)), None),
        maximum=next((float(str(m.le)) for m in field.metadata if isinstance(m, annotated_types.Le)), None),
        choices=_choices(field.annotation),
        inside=_inside(kind, field.annotation),
    )


def _kind(annotation: Any, where: str) -> Kind:
    if get_origin(annotation) is list:
        return Kind.ROWS if _row(annotation) else Kind.CHOICES if _choices(annotation) else Kind.TEXTS
    if not isinstance(annotation, type):
        raise UnknownType(f"{where}: {annotation} has no n8n widget")
    ordered = [
        (StrEnum, Kind.CHOICE),
        (bool, Kind.BOOLEAN),
        (int, Kind.NUMBER),
        (float, Kind.NUMBER),
        (str, Kind.TEXT),
        (SecretStr, Kind.MASKED),
        (Locator, Kind.LOCATOR),
        (BaseModel, Kind.GROUP),
    ]
    found = next((kind for type_, kind in ordered if issubclass(annotation, type_)), None)
    if found is None:
        raise UnknownType(f"{where}: {annotation.__name__} has no n8n widget")
    return found


def _choices(annotation: Any) -> tuple[str, ...]:
    inner = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    return (
        tuple(str(member.value) for member in inner)
        if isinstance(inner, type) and issubclass(inner, Enum)
        else ()
    )


def _inside(kind: Kind, annotation: Any) -> dict[str, "Fact"] | None:
    if kind is Kind.ROWS:
        return facts(get_args(annotation)[0])
    return facts(annotation) if kind is Kind.GROUP else None


def _row(annotation: Any) -> bool:
    inner = get_args(annotation)[0]
    return isinstance(inner, type) and issubclass(inner, BaseModel)


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    return [_plain(entry) for entry in value] if isinstance(value, list) else value
