"""OData `$filter` expressions: parsed into a predicate over rows."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]
Value = Callable[[Row], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>(?:[\w.]+)?'(?:[^']|'')*')|(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_@][\w./]*)|(?P<mark>[(),]))"
)
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "length": len,
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_CONSTANTS = {"true": True, "false": False, "null": None}


class BadQuery(ValueError):
    """The query cannot be understood; the PBX answers 400."""


def parse(text: str, fields: frozenset[str] | None = None) -> Callable[[Row], bool]:
    """A predicate. `fields`: the names a row may have; another name is a `BadQuery`."""
    parser = _Parser(_tokens(text), fields)
    condition = parser.either()
    if parser.rest:
        raise BadQuery(f"Syntax error at '{parser.rest[0][1]}'")

    def holds(row: Row) -> bool:
        value = condition(row)
        if not isinstance(value, bool | None):
            raise BadQuery("The $filter expression must evaluate to a single boolean value.")
        return bool(value)

    return holds


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadQuery(f"Syntax error at position {at} in '{text}'")
        tokens.append((str(found.lastgroup), found[found.lastgroup or 0]))
        at = found.end()
    return tokens


class _Parser:
    """Recursive descent; each method reads one level of precedence."""

    def __init__(self, tokens: list[tuple[str, str]], fields: frozenset[str] | None) -> None:
        self.rest = tokens
        self._fields = fields

    def _word(self, *wanted: str) -> str | None:
        if self.rest and self.rest[0][0] == "word" and self.rest[0][1] in wanted:
            return self.rest.pop(0)[1]
        return None

    def _mark(self, mark: str) -> bool:
        if self.rest and self.rest[0] == ("mark", mark):
            self.rest.pop(0)
            return True
        return False

    def _must(self, mark: str) -> None:
        if not self._mark(mark):
            raise BadQuery(f"'{mark}' expected")

    def either(self) -> Value:
        left = self.both()
        while self._word("or"):
            left = _or(left, self.both())
        return left

    def both(self) -> Value:
        left = self.negated()
        while self._word("and"):
            left = _and(left, self.negated())
        return left

    def negated(self) -> Value:
        if self._word("not"):
            inner = self.negated()
            return lambda row: not inner(row)
        return self.comparison()

    def comparison(self) -> Value:
        left = self.operand()
        name = self._word(*_COMPARE)
        if name is None:
            if self._word("in"):
                return self._member(left)
            return left
        return _compare(name, left, self.operand())

    def _member(self, left: Value) -> Value:
        self._must("(")
        options = [self.operand()]
        while self._mark(","):
            options.append(self.operand())
        self._must(")")
        return lambda row: left(row) in [option(row) for option in options]

    def operand(self) -> Value:
        if self._mark("("):
            inner = self.either()
            self._must(")")
            return inner
        if not self.rest:
            raise BadQuery("Expression expected")
        kind, text = self.rest.pop(0)
        match kind:
            case "text":
                value = text[text.index("'") + 1 : -1].replace("''", "'")
                return lambda _row: value
            case "time":
                return lambda _row: _Time(text)
            case "number":
                number = float(text) if "." in text else int(text)
                return lambda _row: number
            case "word":
                return self._named(text)
        raise BadQuery(f"Unexpected '{text}'")

    def _named(self, word: str) -> Value:
        if word in _CONSTANTS:
            return lambda _row: _CONSTANTS[word]
        if word in _FUNCTIONS and self._mark("("):
            return self._call(word)
        if self._fields is not None and word.split("/", maxsplit=1)[0] not in self._fields:
            raise BadQuery(f"Could not find a property named '{word}'")
        return lambda row: _field(row, word)

    def _call(self, name: str) -> Value:
        arguments = [self.either()]
        while self._mark(","):
            arguments.append(self.either())
        self._must(")")
        function = _FUNCTIONS[name]

        def call(row: Row) -> Any:
            values = [argument(row) for argument in arguments]
            return None if None in values else function(*values)

        return call


class _Time:
    """A moment that compares with the ISO texts of rows."""

    def __init__(self, text: str) -> None:
        self.moment = _moment(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise BadQuery(f"'{text}' is not a time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _field(row: Row, path: str) -> Any:
    value: Any = row
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _or(left: Value, right: Value) -> Value:
    return lambda row: left(row) or right(row)


def _and(left: Value, right: Value) -> Value:
    return lambda row: left(row) and right(row)


def _compare(name: str, left: Value, right: Value) -> Value:
    compare = _COMPARE[name]

    def check(row: Row) -> bool:
        one, other = left(row), right(row)
        if isinstance(one, _Time) or isinstance(other, _Time):
            if one is None or other is None:
                return name == "ne"
            one, other = _as_time(one), _as_time(other)
        try:
            return compare(one, other)
        except TypeError:
            return False  # null or another type is neither less nor greater (OData 4.01, 5.1.1.1)

    return check


def _as_time(value: Any) -> datetime:
    return value.moment if isinstance(value, _Time) else _moment(str(value))
