"""The guard of destinations as a pure rule: what may never be called, what may be, and when."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_runner.care.allowed import ALWAYS_REFUSED, Guard, allowed, cleaned, is_internal

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DNS = frozenset({"100", "101", "800", "8001", "SP0", "1110"})
OFFICE = Guard(internal=DNS)
OPEN = Guard(patterns=("*",), internal=DNS)
pytestmark = pytest.mark.proves("care.destination-guard")


def refused(to: str, guard: Guard = OFFICE, recent: int = 0, at: datetime = NOON) -> str | None:
    refusal = allowed(cleaned(to), guard, [at] * recent, at)
    return None if refusal is None else refusal.message


@pytest.mark.parametrize("to", sorted(DNS))
def test_a_number_of_the_pbx_may_always_be_called(to: str) -> None:
    assert refused(to) is None


@pytest.mark.parametrize(
    "to", ["+4930123456", "030123456", "0190123456", "199", "4711", "ops@example.com", "SP9"]
)
def test_without_patterns_nothing_else_may(to: str) -> None:
    assert refused(to) is not None


@pytest.mark.parametrize("to", ["*43", "*21*0190123#", "#31#030123", "101#", "1*01"])
def test_star_codes_are_refused_even_where_everything_is_allowed(to: str) -> None:
    assert "star code" in str(refused(to, OPEN))


@pytest.mark.parametrize("line", ["", "0", "00", "9", "+"])
@pytest.mark.parametrize("number", ["112", "911", "999", "110"])
def test_emergency_numbers_are_refused_behind_an_outside_line_too(line: str, number: str) -> None:
    if line + number not in DNS:
        assert "emergency number" in str(refused(line + number, OPEN))


@pytest.mark.parametrize("to", ["١١٢", "１１２", "1١٢", "+１１２", "٠٣٠١٢٣٤٥٦", "\u200b112"])  # noqa: RUF001
def test_digits_of_other_scripts_are_refused_even_where_everything_is_allowed(to: str) -> None:
    assert "not a number" in str(refused(to, OPEN))
    assert "not a number" in str(refused(to, Guard(patterns=("*",))))


def test_what_the_pbx_itself_calls_an_emergency_number_is_refused() -> None:
    guard = Guard(patterns=("*",), internal=DNS, emergency=frozenset({"19222"}))
    assert "emergency number" in str(refused("19222", guard))
    assert "emergency number" in str(refused("019222", guard))


def test_an_extension_that_looks_like_an_emergency_number_of_another_country_is_that_extension() -> None:
    guard = Guard(internal=frozenset({"110", "112"}))
    assert refused("110", guard) is None
    assert "emergency number" in str(refused("112", guard))


@pytest.mark.parametrize(
    ("patterns", "to", "fits"),
    [
        ("+49*", "+4930123456", True),
        ("+49*", "004930123456", True),
        ("+49*", "+4330123456", False),
        ("+49 30 *", "+49 (30) 123-456", True),
        ("+4930123456", "+4930123456", True),
        ("+4930123456", "+49301234567", False),
        ("030*", "030/123456", True),
        ("*", "+4930123456", True),
        ("*", "030123456", True),
        ("+49.*", "+49x", False),
        ("+4930[0-9]*", "+49301", False),
    ],
)
def test_patterns_are_prefixes_with_stars_and_nothing_cleverer(patterns: str, to: str, fits: bool) -> None:
    assert (refused(to, Guard(patterns=(patterns,), internal=DNS)) is None) is fits


@pytest.mark.parametrize(
    ("hours", "now", "is_open"),
    [
        ((time(8), time(18)), time(8), True),
        ((time(8), time(18)), time(18), False),
        ((time(8), time(18)), time(7, 59), False),
        ((time(22), time(6)), time(23), True),
        ((time(22), time(6)), time(5, 59), True),
        ((time(22), time(6)), time(12), False),
        ((time(8), time(0)), time(23, 59), True),
        ((time(0), time(0)), time(3), True),
    ],
)
def test_hours_hold_over_midnight_too(hours: tuple[time, time], now: time, is_open: bool) -> None:
    guard = Guard(patterns=("*",), hours=hours, internal=DNS)
    at = datetime.combine(NOON.date(), now, UTC)
    assert (refused("+4930123456", guard, at=at) is None) is is_open
    assert refused("101", guard, at=at) is None


def test_so_many_outside_calls_an_hour_and_no_more_while_inside_ones_do_not_count() -> None:
    guard = Guard(patterns=("*",), per_hour=2, internal=DNS)
    assert refused("+4930123456", guard, recent=1) is None
    assert "2 outside calls an hour" in str(refused("+4930123456", guard, recent=2))
    assert refused("101", guard, recent=2) is None
    long_ago = [NOON - timedelta(minutes=61)] * 5
    assert allowed("+4930123456", guard, long_ago, NOON) is None


def test_in_a_dry_run_nothing_is_called_and_what_is_forbidden_is_still_named() -> None:
    guard = Guard(patterns=("*",), dry_run=True, internal=DNS)
    assert "Dry Run" in str(refused("101", guard))
    assert "emergency" in str(refused("112", guard))


@pytest.mark.parametrize(
    ("to", "inside"),
    [("101", True), ("8001", True), ("12345", True), ("123456", False), ("0101", False), ("1", False)],
)
def test_where_the_directory_may_not_be_read_what_is_as_short_as_an_extension_is_inside(
    to: str, inside: bool
) -> None:
    assert is_internal(to, Guard()) is inside
    assert (refused(to, Guard()) is None) is inside


def test_each_refusal_says_what_to_do() -> None:
    for to, guard in (("+4930123456", OFFICE), ("112", OFFICE), ("*43", OFFICE), ("x y", OFFICE)):
        refusal = allowed(to, guard, [], NOON)
        assert refusal is not None
        assert refusal.hint.endswith(".")
        assert to in refusal.message


@given(st.text(max_size=30))
def test_whatever_a_caller_types_never_raises_and_only_digits_with_leave_go_out(typed: str) -> None:
    to = cleaned(typed)
    if allowed(to, OFFICE, [], NOON) is None:
        assert to in DNS
    if allowed(to, OPEN, [], NOON) is None:
        assert to in DNS or to.removeprefix("+").isdigit()


@given(st.sampled_from(sorted(ALWAYS_REFUSED)), st.sampled_from(["", "0", "9", "+", " ", "0-", "(0) "]))
def test_no_way_of_writing_an_emergency_number_gets_through(number: str, before: str) -> None:
    written = before + "-".join(number)
    assert cleaned(written) in DNS or refused(written, OPEN) is not None
