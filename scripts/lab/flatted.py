"""Reads run data as n8n stores it ("flatted"): an array in which every string inside a value is the index of another entry."""

import json
from typing import Any


def unflatten(text: str) -> Any:
    """The first entry with every reference followed; a value that is referred to twice is the same object, cycles included."""
    entries = json.loads(text)
    made: dict[int, Any] = {}

    def value(index: int) -> Any:
        if index not in made:
            entry = entries[index]
            if isinstance(entry, dict):
                made[index] = {}
                made[index].update({key: inner(part) for key, part in entry.items()})
            elif isinstance(entry, list):
                made[index] = []
                made[index].extend(inner(part) for part in entry)
            else:
                made[index] = entry
        return made[index]

    def inner(part: Any) -> Any:
        return value(int(part)) if isinstance(part, str) else part

    return value(0)
