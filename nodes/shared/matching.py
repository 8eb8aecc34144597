"""Which calls of the call log are meant: the report itself knows no such filters (api.md 7.4)."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.call_log import LoggedCall
from threecx_runner.sdk import Field, Located, Locator, NumberList, Wire

_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(\s*0\s*\)")
"""`+49 (0)30`: the zero is dialled within the country only."""


class Direction(StrEnum):
    """As the call log has it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Answered(StrEnum):
    """Whether somebody took the call; queues, menus and mailboxes are nobody."""

    ANY = "any"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


class Filters(Wire):
    """Keeps calls that match all that is set."""

    extensions: NumberList = []
    directions: list[Direction] = []
    min_duration: Annotated[float, Field(ge=0)] = 0
    answered: Answered = Answered.ANY
    number: str = ""
    queue: Located = Locator()
    trunk: Located = Locator()
    did: Located = Locator()


Test = Callable[[LoggedCall], bool]


def tests_of(by: Filters) -> list[Test]:
    """A call is meant when it passes all of them; an empty list means every call. Raises BadParameter."""
    tests: list[Test] = []
    if by.extensions and "*" not in by.extensions:
        tests.append(lambda call: call.touches(by.extensions))
    if by.directions:
        wanted = {one.value for one in by.directions}
        tests.append(lambda call: call.direction in wanted)
    if by.min_duration:
        tests.append(lambda call: call.talking_seconds >= by.min_duration)
    if by.answered is not Answered.ANY:
        tests.append(lambda call: bool(call.by_people) is (by.answered is Answered.ANSWERED))
    if digits := _wanted(by.number):
        tests.append(lambda call: any(digits in _digits(number) for number in _numbers(call)))
    if places := [one.value.strip() for one in (by.queue, by.trunk) if one.value.strip()]:
        tests.append(lambda call: all(call.touches([place]) for place in places))
    return tests


def _numbers(call: LoggedCall) -> Iterator[str]:
    for one in call.segments:
        yield from (one.from_number, one.to_number)


def _wanted(number: str) -> str:
    """Digits to look for; none of an empty text. Raises BadParameter for a text that would mean every call."""
    digits = _digits(number)
    if number.strip() and not digits:
        raise BadParameter(
            f"Number in Filters holds no digits to look for: '{number.strip()[:40]}'.",
            hint="Write a telephone number or a part of it, or leave Number empty.",
        )
    return digits


def _digits(number: str) -> str:
    """`+49 (0)30 123` and `004930123` agree from the country on; a leading zero of a local number counts for nothing."""
    number = _TRUNK_ZERO.sub("", number)
    return "".join(sign for sign in number if sign.isdigit()).lstrip("0")
