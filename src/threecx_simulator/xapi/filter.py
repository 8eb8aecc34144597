"""OData `$filter`: parsed against a type of the model into a predicate over rows.

As strict as ASP.NET OData: unknown properties, operands of different types and conditions that are no condition are
refused; names of functions alone are taken in any case, since 3CX's own web client sends `startsWith`. Rows carry values as the XAPI sends them (times and durations as ISO texts, a null as None or a missing key).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from threecx_simulator.xapi.model import MOMENTS, NUMBERS, Type, model

Row = Mapping[str, Any]
Node = Tree[Token] | Token | None
Scope = Mapping[str, Any]  # "" is the row, other names are the variables of any() and all()

_GRAMMAR = r"""
?start: either
?either: both | either "or" both -> disjunction
?both: negation | both "and" negation -> conjunction
?negation: comparison | "not" negation -> inverse
?comparison: operand
    | operand OPERATOR operand -> compare
    | operand "in" "(" operand ("," operand)* ")" -> member
?operand: "(" either ")" | literal | call | quantified | path
call: FUNCTION "(" either ("," either)* ")"
quantified: PATH_TO "(" [NAME ":" either] ")"
path: NAME ("/" NAME)*
?literal: TEXT -> text | MOMENT -> moment | DURATION -> duration | GUID -> guid | NUMBER -> number
    | "true" -> yes | "false" -> no | "null" -> null
OPERATOR: "eq" | "ne" | "gt" | "ge" | "lt" | "le"
FUNCTION.3: /(contains|startswith|endswith|tolower|toupper|trim|length|concat|indexof|date|year|month|day|hour|minute|second)(?=\s*\()/i
PATH_TO.3: /\w+(\/\w+)*\/(any|all)(?=\()/
TEXT: /([A-Za-z][\w.]*)?'(''|[^'])*'/
MOMENT.4: /\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?/
GUID.5: /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/
DURATION.4: /duration'[^']*'/
NUMBER: /-?\d+(\.\d+)?/
NAME: /[A-Za-z_@$][\w]*/
%ignore /\s+/
"""


class BadQuery(ValueError):
    """The query cannot be understood; the PBX answers 400."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A value yet to be computed. `kind`: text number moment duration flag guid null, an enum's or type's name, or ""."""

    kind: str
    value: Callable[[Scope], Any]
    many: bool = False


def seconds(text: str) -> float:
    """An ISO 8601 duration (`PT8M42S`, `-P1DT2H`)."""
    found = re.fullmatch(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    if found is None:
        raise BadQuery(f"'{text}' is not a duration.")
    days, hours, minutes, rest = (float(part or 0) for part in found.groups()[1:])
    return (days * 86400 + hours * 3600 + minutes * 60 + rest) * (-1 if found[1] else 1)


def moment(text: str) -> datetime:
    """An ISO 8601 time; UTC when it names no zone."""
    try:
        read = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"'{text}' is not a time.") from error


_FUNCTIONS: dict[str, tuple[str, int, Callable[..., Any]]] = {
    "contains": ("flag", 2, lambda text, part: part in text),
    "startswith": ("flag", 2, lambda text, part: text.startswith(part)),
    "endswith": ("flag", 2, lambda text, part: text.endswith(part)),
    "tolower": ("text", 1, lambda text: text.lower()),
    "toupper": ("text", 1, lambda text: text.upper()),
    "trim": ("text", 1, lambda text: text.strip()),
    "length": ("number", 1, len),
    "concat": ("text", 2, lambda one, other: one + other),
    "indexof": ("number", 2, lambda text, part: text.find(part)),
    "date": ("moment", 1, lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0)),
    "year": ("number", 1, lambda at: at.year),
    "month": ("number", 1, lambda at: at.month),
    "day": ("number", 1, lambda at: at.day),
    "hour": ("number", 1, lambda at: at.hour),
    "minute": ("number", 1, lambda at: at.minute),
    "second": ("number", 1, lambda at: at.second),
}
_OF_TIMES = {"date", "year", "month", "day", "hour", "minute", "second"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


def kind_of(name: str) -> str:
    """The filter's kind of a property's kind."""
    if name in NUMBERS:
        return "number"
    if name in MOMENTS:
        return "moment"
    return {"string": "text", "boolean": "flag", "uuid": "guid", "time": "text"}.get(name, name)


class _Builder:
    """Turns a parse tree into terms, from the top down. `types`: of the row ("") and of the variables in force."""

    def __init__(self, types: Mapping[str, Type | str]) -> None:
        self._types = types

    def build(self, tree: Node) -> _Term:
        """The term of a node; `_<rule>` methods read one rule each."""
        assert isinstance(tree, Tree)
        read: Callable[[Sequence[Node]], _Term] = getattr(self, f"_{tree.data}")
        return read(tree.children)

    def _text(self, parts: Sequence[Node]) -> _Term:
        value = str(parts[0])[str(parts[0]).index("'") + 1 : -1].replace("''", "'")
        return _Term("text", lambda _scope: value)

    def _moment(self, parts: Sequence[Node]) -> _Term:
        at = moment(str(parts[0]))
        return _Term("moment", lambda _scope: at)

    def _duration(self, parts: Sequence[Node]) -> _Term:
        long = seconds(str(parts[0])[len("duration'") : -1])
        return _Term("duration", lambda _scope: long)

    def _guid(self, parts: Sequence[Node]) -> _Term:
        value = str(parts[0]).lower()
        return _Term("guid", lambda _scope: value)

    def _number(self, parts: Sequence[Node]) -> _Term:
        text = str(parts[0])
        value = float(text) if "." in text else int(text)
        return _Term("number", lambda _scope: value)

    def _yes(self, _parts: Sequence[Node]) -> _Term:
        return _Term("flag", lambda _scope: True)

    def _no(self, _parts: Sequence[Node]) -> _Term:
        return _Term("flag", lambda _scope: False)

    def _null(self, _parts: Sequence[Node]) -> _Term:
        return _Term("null", lambda _scope: None)

    def _path(self, parts: Sequence[Node]) -> _Term:
        return self._walk([str(part) for part in parts])

    def _walk(self, names: Sequence[str]) -> _Term:
        start = names[0] if names[0] in self._types else ""
        steps = names[1:] if start else names
        here = self._types[start]
        kind, many = (here, False) if isinstance(here, str) else (here.name, False)
        for name in steps:
            found = here.properties.get(name) if isinstance(here, Type) else None
            if found is None:
                raise BadQuery(f"Could not find a property named '{name}' on type 'Pbx.{kind}'.")
            kind, many = found.kind, found.many
            here = model().types.get(kind, kind)
        return _Term(kind if many else kind_of(kind), _getter(start, steps, kind_of(kind), many), many)

    def _call(self, parts: Sequence[Node]) -> _Term:
        name, arguments = str(parts[0]).lower(), [self.build(part) for part in parts[1:]]
        kind, wanted, function = _FUNCTIONS[name]
        takes = "moment" if name in _OF_TIMES else "text"
        fitting = all(one.kind in {takes, "null"} and not one.many for one in arguments)
        if len(arguments) != wanted or not fitting:
            raise BadQuery(
                f"No function signature for the function with name '{name}' matches the specified arguments."
            )

        def value(scope: Scope) -> Any:
            values = [one.value(scope) for one in arguments]
            return None if None in values else function(*values)

        return _Term(kind, value)

    def _compare(self, parts: Sequence[Node]) -> _Term:
        left, operator, right = self.build(parts[0]), str(parts[1]), self.build(parts[2])
        _alike(left, operator, right)
        check = _COMPARE[operator]

        def value(scope: Scope) -> bool:
            one, other = left.value(scope), right.value(scope)
            if one is None or other is None:  # OData 4.01, 5.1.1.1: null is neither less nor greater
                return {"eq": one is other, "ne": one is not other}.get(operator, False)
            return check(one, other)

        return _Term("flag", value)

    def _member(self, parts: Sequence[Node]) -> _Term:
        left, *options = [self.build(part) for part in parts]
        for option in options:
            _alike(left, "in", option)
        return _Term("flag", lambda scope: left.value(scope) in [option.value(scope) for option in options])

    def _condition(self, part: Node) -> _Term:
        term = self.build(part)
        if term.kind not in {"flag", "null"} or term.many:
            raise BadQuery("A condition was expected: the operand is not a single boolean value.")
        return term

    def _conjunction(self, parts: Sequence[Node]) -> _Term:
        left, right = self._condition(parts[0]), self._condition(parts[1])
        return _Term("flag", lambda scope: bool(left.value(scope)) and bool(right.value(scope)))

    def _disjunction(self, parts: Sequence[Node]) -> _Term:
        left, right = self._condition(parts[0]), self._condition(parts[1])
        return _Term("flag", lambda scope: bool(left.value(scope)) or bool(right.value(scope)))

    def _inverse(self, parts: Sequence[Node]) -> _Term:
        inner = self._condition(parts[0])

        def value(scope: Scope) -> bool | None:  # not null is null, which no row satisfies
            found = inner.value(scope)
            return None if found is None else not found

        return _Term("flag", value)

    def _quantified(self, parts: Sequence[Node]) -> _Term:
        *names, quantifier = str(parts[0]).split("/")
        many = self._walk(names)
        if not many.many:
            raise BadQuery(f"'{quantifier}' needs a collection before it.")
        if parts[1] is None or parts[2] is None:
            return _Term("flag", lambda scope: bool(many.value(scope)))
        variable, every = str(parts[1]), all if quantifier == "all" else any
        inner = _Builder({**self._types, variable: model().types.get(many.kind, many.kind)})
        condition = inner._condition(parts[2])

        def value(scope: Scope) -> bool:
            return every(condition.value({**scope, variable: one}) for one in many.value(scope) or ())

        return _Term("flag", value)


def _getter(start: str, names: Sequence[str], kind: str, many: bool) -> Callable[[Scope], Any]:
    read = {"moment": moment, "duration": seconds}.get(kind, lambda value: value)

    def value(scope: Scope) -> Any:
        found: Any = scope.get(start)
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
            if callable(found):
                found = found()
        return found if many or found is None else read(found)

    return value


def _alike(left: _Term, operator: str, right: _Term) -> None:
    """Both sides can be compared; an enum compares with one of its own names as text."""
    kinds = {left.kind, right.kind} - {"null"}
    enums = kinds & model().enums.keys()
    if len(kinds - enums - ({"text"} if enums else set())) > (0 if enums else 1) or left.many or right.many:
        raise BadQuery(
            f"A binary operator with incompatible types was detected. Found operand types '{left.kind}' and "
            f"'{right.kind}' for operator kind '{operator}'."
        )
    for enum in enums:
        for term in (left, right):
            named = term.value({}) if term.kind == "text" else None
            if named is not None and named not in model().enums[enum]:
                raise BadQuery(
                    f"The string '{named}' is not a valid enumeration type constant of 'Pbx.{enum}'."
                )


@cache
def _grammar() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def parse(text: str, type_: Type) -> Callable[[Row], bool]:
    """A predicate over rows of that type; `BadQuery` for what cannot be meant."""
    try:
        term = _Builder({"": type_}).build(_grammar().parse(text))
    except UnexpectedInput as error:
        raise BadQuery(f"Syntax error at position {max(error.column, 0)} in '{text}'.") from error
    except RecursionError as error:
        raise BadQuery("The node count limit has been exceeded.") from error
    if term.kind not in {"flag", "null"} or term.many:
        raise BadQuery("The $filter expression must evaluate to a single boolean value.")
    return lambda row: bool(term.value({"": row}))
