"""Patterns of numbers such as `+49*`: no regular expressions, so that it can be decided whether two lists can both match. Pure."""

import re
from collections.abc import Sequence
from functools import cache

from threecx_pbx.calls.model import Party

ANONYMOUS = "anonymous"
"""The pattern of callers who withhold their number."""

_WITHHELD = frozenset({"", "anonymous", "unknown", "private"})


def withheld(number: str) -> bool:
    """Whether the PBX shows no number for this caller."""
    return number.strip().lower() in _WITHHELD


def numbers_of(caller: Party) -> tuple[str, ...]:
    """Every spelling of a caller's number that patterns are held against."""
    if withheld(caller.number):
        return (ANONYMOUS,)
    return tuple(dict.fromkeys(plain(number) for number in (caller.number, caller.e164) if number))


def plain(number: str) -> str:
    """Without spaces and the like; `00` counts as `+`."""
    bare = re.sub(r"[\s()./-]", "", number).lower()
    return "+" + bare[2:] if bare.startswith("00") else bare


def any_match(patterns: Sequence[str], numbers: Sequence[str]) -> bool:
    """Whether a number matches a pattern; no patterns match everything."""
    return not patterns or any(_meet(plain(one), number) for one in patterns for number in numbers)


def can_both_match(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether some number matches a pattern of each list; an empty list matches every number."""
    return not one or not other or any(_meet(plain(a), plain(b)) for a in one for b in other)


def _meet(one: str, other: str) -> bool:
    """Whether two texts in which `*` stands for any characters have a text in common."""

    @cache
    def met(i: int, j: int) -> bool:
        if i == len(one) and j == len(other):
            return True
        if i < len(one) and one[i] == "*":
            return met(i + 1, j) or (j < len(other) and met(i, j + 1))
        if j < len(other) and other[j] == "*":
            return met(i, j + 1) or (i < len(one) and met(i + 1, j))
        return i < len(one) and j < len(other) and one[i] == other[j] and met(i + 1, j + 1)

    return met(0, 0)
