"""Prints values as TypeScript literals, as n8n's own sources are laid out: tabs, single quotes, trailing commas."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_NAME = re.compile(r"^[A-Za-z_$][\w$]*$")
_WIDTH = 100


class Code(str):
    """Printed as it is: an identifier or expression."""

    __slots__ = ()


def literal(value: Any, depth: int = 0) -> str:
    """`value` (JSON-like, or Code) as source; `depth` tabs stand before its first line already."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return _listed(
            "{}", [f"{_key(key)}: {literal(entry, depth + 1)}" for key, entry in value.items()], depth
        )
    if isinstance(value, Sequence):
        return _listed("[]", [literal(entry, depth + 1) for entry in value], depth)
    return json.dumps(value)


def _listed(brackets: str, entries: Sequence[str], depth: int) -> str:
    opening, closing = brackets[0], brackets[1]
    padding = " " if brackets == "{}" and entries else ""
    line = f"{opening}{padding}{', '.join(entries)}{padding}{closing}"
    if len(line) <= _WIDTH - 4 * depth and "\n" not in line:
        return line
    inner = "".join("\t" * (depth + 1) + entry + ",\n" for entry in entries)
    return opening + "\n" + inner + "\t" * depth + closing


def _key(key: str) -> str:
    return key if _NAME.match(key) else _text(key)


def _text(value: str) -> str:
    body = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return "'" + body.replace("'", "\\'") + "'" if "'" not in value else '"' + body.replace('"', '\\"') + '"'
