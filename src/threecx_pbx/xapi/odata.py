"""Words of OData as the XAPI takes them (api.md 7.1). Pure; a user's text can never leave its quotes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

Argument = str | int | bool | datetime


def text(value: str) -> str:
    """A string literal: in single quotes, `'` doubled."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """`2026-01-31T23:59:59Z`, unquoted; fractions only where there are some."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def literal(value: Argument) -> str:
    """A value as OData writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return moment(value)
        case str():
            return text(value)
        case _:
            return str(value)


def call(function: str, /, **arguments: Argument) -> str:
    """A path with its arguments in the order in which they are given: another order answers 404 (api.md 7.1)."""
    told = (f"{name}={quote(literal(value), safe=_PLAIN)}" for name, value in arguments.items())
    return f"{function}({','.join(told)})"


_PLAIN = "':"
"""What stands unescaped in a path; `/`, `,`, `)` and `%` of a text are escaped."""


def one_of(field: str, values: Iterable[str]) -> str:
    """`(Number eq '101' or Number eq '102')`."""
    return "(" + " or ".join(f"{field} eq {text(value)}" for value in values) + ")"


def all_of(*conditions: str) -> str:
    """Joined by `and`; empty ones do not count."""
    return " and ".join(condition for condition in conditions if condition)
