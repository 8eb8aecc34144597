"""Paths under `/xapi/v1`: segments with keys or parameters in brackets, whose quoted texts may hold anything."""

import re
from dataclasses import dataclass
from typing import Any

from threecx_simulator.xapi.model import MOMENTS, NUMBERS, Call
from threecx_simulator.xapi.values import BadQuery, moment

_SEGMENT = re.compile(r"([\w.$]+)(?:\((.*)\))?", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(?:(\w+)\s*=\s*)?((?:\w*'(?:''|[^'])*')|[^,'()]*)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    """`Queues(Number='800')`. `arguments`: name ("" when left out) and literal, in the order given; None = no brackets."""

    name: str
    arguments: tuple[tuple[str, str], ...] | None

    @property
    def plain(self) -> bool:
        """Without brackets, or with empty ones."""
        return not self.arguments


def segments(path: str) -> list[Segment] | None:
    """The segments of a decoded path; None when it cannot be one."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(path):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif not quoted and depth == 0 and char == "/":
            parts.append(path[start:at])
            start = at + 1
    found = [_segment(part) for part in [*parts, path[start:]]]
    return None if quoted or depth or None in found else [one for one in found if one is not None]


def _segment(text: str) -> Segment | None:
    taken = _SEGMENT.fullmatch(text)
    if taken is None:
        return None
    if taken[2] is None:
        return Segment(taken[1], None)
    arguments, at = [], 0
    while at < len(taken[2]):
        one = _ARGUMENT.match(taken[2], at)
        if one is None or one.end() == at or (one.end() < len(taken[2]) and taken[2][one.end()] != ","):
            return None
        arguments.append((one[1] or "", one[2].strip()))
        at = one.end() + 1
    return Segment(taken[1], tuple(arguments))


def text(literal: str) -> str | None:
    """What stands between quotes, or None when it is no text."""
    if len(literal) < 2 or literal[0] != "'" or literal[-1] != "'":
        return None
    return literal[1:-1].replace("''", "'")


def key(literal: str) -> str | int | None:
    """A key: a text or a whole number; None = no key can look like that."""
    if re.fullmatch(r"-?\d{1,10}", literal):
        return int(literal)
    return text(literal)


def parameters(call: Call, segment: Segment, needed: str = "") -> dict[str, Any] | None:
    """The values of a function's parameters; None when names or their order are not the function's (404, T).

    `needed`: a parameter that must not be null. `BadQuery` for a value that is none of the parameter's type.
    """
    given = segment.arguments or ()
    if [name for name, _ in given] != list(call.parameters):
        return None
    for name, literal in given:
        if literal == "null" and name == needed:
            raise BadQuery(f"The {name} field is required.")
    return {name: _read(name, call.parameters[name], literal) for name, literal in given}


def _read(name: str, kind: str, literal: str) -> Any:
    value: Any = None
    if kind == "string":
        value = "" if literal == "null" else text(literal)
    elif kind in MOMENTS:
        value = moment(literal)
    elif kind in NUMBERS:
        value = int(literal) if re.fullmatch(r"-?\d{1,18}", literal) else None
    elif kind == "uuid":
        value = (
            literal.lower()
            if re.fullmatch(r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}", literal)
            else None
        )
    elif kind == "boolean":
        value = {"true": True, "false": False}.get(literal.lower())
    if value is None:
        raise BadQuery(f"The value '{literal}' of parameter '{name}' is not a valid '{kind}'.")
    return value
