"""Terms of a `$filter`: values yet to be computed, the functions and the arithmetic that OData has for them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from threecx_simulator.xapi.model import model
from threecx_simulator.xapi.values import BadQuery

Scope = Mapping[str, Any]  # "" is the row, other names are the variables of any() and all()
_EDM = {
    "text": "Edm.String",
    "number": "Edm.Int32",
    "moment": "Edm.DateTimeOffset",
    "duration": "Edm.Duration",
    "time": "Edm.TimeOfDay",
    "flag": "Edm.Boolean",
    "guid": "Edm.Guid",
    "null": "<null>",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A value yet to be computed. `kind`: text number moment duration flag guid time null, an enum's or type's name, or ""."""

    kind: str
    value: Callable[[Scope], Any]
    many: bool = False
    edm: str = ""

    @property
    def type(self) -> str:
        """The type by OData's name, for messages."""
        return self.edm or _EDM.get(self.kind, f"Pbx.{self.kind}")


def constant(kind: str, value: Any, edm: str = "") -> Term:
    """A literal."""
    return Term(kind, lambda _scope: value, edm=edm)


def computed(kind: str, terms: Sequence[Term], function: Callable[..., Any], edm: str = "") -> Term:
    """A function of other terms: null when one of them is, or when there is no such value."""

    def value(scope: Scope) -> Any:
        values = [one.value(scope) for one in terms]
        try:
            return None if None in values else function(*values)
        except (ArithmeticError, ValueError):
            return None

    return Term(kind, value, edm=edm)


def _part(text: str, start: int, length: int | None = None) -> str:
    start = max(0, int(start))
    return text[start:] if length is None else text[start : start + max(0, int(length))]


def _half_away(number: float) -> int:
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_TEXTS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "contains": ("flag", ("text", "text"), lambda text, part: part in text),
    "startswith": ("flag", ("text", "text"), lambda text, part: text.startswith(part)),
    "endswith": ("flag", ("text", "text"), lambda text, part: text.endswith(part)),
    "tolower": ("text", ("text",), lambda text: text.lower()),
    "toupper": ("text", ("text",), lambda text: text.upper()),
    "trim": ("text", ("text",), lambda text: text.strip()),
    "length": ("number", ("text",), len),
    "concat": ("text", ("text", "text"), lambda one, other: one + other),
    "indexof": ("number", ("text", "text"), lambda text, part: text.find(part)),
    "substring": ("text", ("text", "number"), _part),
}
_OTHERS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "date": ("moment", ("moment",), lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0)),
    "time": ("time", ("moment",), lambda at: at.time()),
    "year": ("number", ("moment",), lambda at: at.year),
    "month": ("number", ("moment",), lambda at: at.month),
    "day": ("number", ("moment",), lambda at: at.day),
    "hour": ("number", ("moment",), lambda at: at.hour),
    "minute": ("number", ("moment",), lambda at: at.minute),
    "second": ("number", ("moment",), lambda at: at.second),
    "fractionalseconds": ("number", ("moment",), lambda at: at.microsecond / 1e6),
    "totaloffsetminutes": ("number", ("moment",), lambda _at: 0),
    "totalseconds": ("number", ("duration",), lambda long: long),
    "mindatetime": ("moment", (), lambda: datetime.min.replace(tzinfo=UTC)),
    "maxdatetime": ("moment", (), lambda: _LAST),
    "round": ("number", ("number",), _half_away),
    "floor": ("number", ("number",), math.floor),
    "ceiling": ("number", ("number",), math.ceil),
}
_FUNCTIONS = _TEXTS | _OTHERS


def called(name: str, arguments: Sequence[Term], now: datetime) -> Term:
    """One of OData's own functions. `now`: the PBX's time."""
    if name == "now" and not arguments:
        return constant("moment", now)
    if name not in _FUNCTIONS:
        raise BadQuery(
            f"An unknown function with name '{name}' was found. "
            "This may also be a function import or a key lookup on a navigation property, which is not allowed."
        )
    kind, wanted, function = _FUNCTIONS[name]
    if name == "substring" and len(arguments) == 3:
        wanted = (*wanted, "number")
    kinds = [{one.kind, "null"} if not one.many else set[str]() for one in arguments]
    if len(kinds) != len(wanted) or not all(
        one in found for one, found in zip(wanted, kinds, strict=True) if found != {"null"}
    ):
        raise _unfitting(name, wanted)
    return computed(kind, arguments, function)


def _unfitting(name: str, wanted: Sequence[str]) -> BadQuery:
    signature = ", ".join(f"{_EDM[kind]} Nullable=true" for kind in wanted)
    return BadQuery(
        f"No function signature for the function with name '{name}' matches the specified arguments. "
        f"The function signatures considered are: {name}({signature})."
    )


def _later(at: datetime, long: float) -> datetime:
    return at + timedelta(seconds=long)


def _whole_division(left: float, right: float) -> float:
    """`div` of whole numbers cuts towards zero (OData 4.01, 5.1.1.2.4)."""
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(abs(left) // abs(right), left * right)) if left else 0 // right
    return left / right


_CALCULATIONS: dict[tuple[str, str, str], tuple[str, Callable[[Any, Any], Any]]] = {
    ("add", "number", "number"): ("number", lambda left, right: left + right),
    ("sub", "number", "number"): ("number", lambda left, right: left - right),
    ("mul", "number", "number"): ("number", lambda left, right: left * right),
    ("div", "number", "number"): ("number", _whole_division),
    ("divby", "number", "number"): ("number", lambda left, right: left / right),
    ("mod", "number", "number"): ("number", math.fmod),
    ("add", "duration", "duration"): ("duration", lambda left, right: left + right),
    ("sub", "duration", "duration"): ("duration", lambda left, right: left - right),
    ("sub", "moment", "moment"): ("duration", lambda left, right: (left - right).total_seconds()),
    ("add", "moment", "duration"): ("moment", _later),
    ("add", "duration", "moment"): ("moment", lambda long, at: _later(at, long)),
    ("sub", "moment", "duration"): ("moment", lambda at, long: _later(at, -long)),
}
_OPERATORS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
    "in": "Equal",
    "has": "Has",
    "add": "Add",
    "sub": "Subtract",
    "mul": "Multiply",
    "div": "Divide",
    "divby": "Divide",
    "mod": "Modulo",
    "and": "And",
    "or": "Or",
}


def incompatible(left: Term, operator: str, right: Term) -> BadQuery:
    """What is said of operands that do not go together."""
    return BadQuery(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left.type}' and '{right.type}' for operator kind '{_OPERATORS[operator]}'."
    )


def calculated(left: Term, operator: str, right: Term) -> Term:
    """`add`, `sub`, `mul`, `div`, `divby`, `mod`."""
    found = _CALCULATIONS.get((operator, left.kind, right.kind))
    if found is None or left.many or right.many:
        raise incompatible(left, operator, right)
    return computed(found[0], (left, right), found[1])


def alike(left: Term, operator: str, right: Term) -> None:
    """Both sides can be compared; an enum compares with one of its own names as text."""
    kinds = {left.kind, right.kind} - {"null"}
    enums = kinds & model().enums.keys()
    if len(kinds - enums - ({"text"} if enums else set())) > (0 if enums else 1) or left.many or right.many:
        raise incompatible(left, operator, right)
    if len(enums) > 1:
        raise incompatible(left, operator, right)
    for enum in enums:
        for term in (left, right):
            member(term.value({}) if term.kind == "text" else None, enum)


def member(name: str | None, enum: str, literal: str = "") -> None:
    """A text is one of the enum's names."""
    if name is not None and name not in model().enums.get(enum, ()):
        raise BadQuery(f"The string '{literal or name}' is not a valid enumeration type constant.")
