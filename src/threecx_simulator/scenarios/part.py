"""What all parts of a scenario file have in common."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from threecx_simulator.control.model import LONGEST

_YES, _NO = ("yes", "on"), ("no", "off")  # booleans of YAML 1.1, which many still write


class Written(str):
    """A number as it stands in the file, without quotes."""

    __slots__ = ()


class Part(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Part)


def exactly_one(part: T, names: set[str]) -> T:
    """ValueError unless just one of these fields is given."""
    given = [name for name in sorted(names) if getattr(part, name) is not None]
    if len(given) != 1:
        both = f", not {' and '.join(given)}" if given else ""
        raise ValueError(f"exactly one of {', '.join(sorted(names))} must be given{both}")
    return part


def _unquoted(given: object) -> object:
    quoted = isinstance(given, str) and not isinstance(given, Written) and _numeric(given)
    if quoted or isinstance(given, bool):
        raise ValueError(f"'{given}' is {'text: numbers stand without quotes' if quoted else 'no number'}")
    return given


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _boolean(given: object) -> object:
    if isinstance(given, bool) or given in (*_YES, *_NO):
        return given is True or given in _YES
    raise ValueError("should be true or false")


def _true(given: object) -> object:
    if given is True or given in _YES:
        return True
    raise ValueError("should be true")


Number = BeforeValidator(_unquoted)
"""Behind the limits of its type, which pydantic forgets in the JSON Schema otherwise."""
Seconds = Annotated[float, Field(ge=0, le=LONGEST), Number]
Flag = Annotated[bool, BeforeValidator(_boolean), WithJsonSchema({"enum": [True, False, *_YES, *_NO]})]
Yes = Annotated[Literal[True], BeforeValidator(_true), WithJsonSchema({"enum": [True, *_YES]})]
TRUE: list[Any] = [True, *_YES]
FALSE: list[Any] = [False, *_NO]
