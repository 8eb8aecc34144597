"""Whether what a caller typed is what was asked for. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from threecx_pbx.errors import BadParameter


class Preset(StrEnum):
    """Kinds of input that are asked for often."""

    ANY = "any"
    DIGITS = "digits"
    DATE = "date"
    TIME = "time"
    CARD_NUMBER = "cardNumber"


_PATTERN = re.compile(r"[0-9*#xXzZ]*\.?")


def checked_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """Raises BadParameter for what is no dial pattern."""
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern) or not pattern:
            raise BadParameter(
                f"The pattern '{pattern}' is not a dial pattern.",
                hint="Use digits, x for any digit, z for 1 to 9, and a dot at the end for any further digits, e.g. 1xx.",
            )
    return tuple(patterns)


def fits(typed: str, patterns: Sequence[str], preset: Preset) -> bool:
    """Whether a pattern (none: any) and the preset accept the keys."""
    shapes = [_shape(pattern) for pattern in patterns]
    return (not shapes or any(re.fullmatch(shape, typed) for shape in shapes)) and _PRESETS[preset](typed)


def _shape(pattern: str) -> str:
    """Of bounded repetition only, so that no input can be slow to match."""
    letters = {"x": "[0-9]", "z": "[1-9]", ".": "[0-9]{0,64}", "*": r"\*"}
    return "".join(letters.get(letter, letter) for letter in pattern.lower())


def _digits(typed: str) -> bool:
    return re.fullmatch("[0-9]+", typed) is not None


def _date(typed: str) -> bool:
    """Day, month and year: 24122026, as a telephone caller says it; two digits for the year will do."""
    return _digits(typed) and (_time_of(typed, "%d%m%Y", 8) or _time_of(typed, "%d%m%y", 6))


def _time(typed: str) -> bool:
    return _digits(typed) and _time_of(typed, "%H%M", 4)


def _time_of(typed: str, form: str, length: int) -> bool:
    try:
        datetime.strptime(typed, form)  # noqa: DTZ007 - a date of the calendar, of no zone
    except ValueError:
        return False
    return len(typed) == length


def _card_number(typed: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812, Luhn)."""
    if not _digits(typed) or not 12 <= len(typed) <= 19:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(typed))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_PRESETS = {
    Preset.ANY: lambda _: True,
    Preset.DIGITS: _digits,
    Preset.DATE: _date,
    Preset.TIME: _time,
    Preset.CARD_NUMBER: _card_number,
}
