"""Who is in a row of `ActiveCalls`, whose display form 3CX does not document."""

import pytest

from threecx_pbx.reports.active_calls import number_shown


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("1002 Doe, Jane", "1002"),
        ("102 Desk (24)", "102"),
        ("Doe, Jane (1002)", "1002"),
        ("10001 Trunk Berlin (+49301234567)", "+49301234567"),
        ("10001 SBC (02473003575)", "02473003575"),
        ("SP0 Shared parking", "SP0"),
        ("+49301234567", "+49301234567"),
        ("MakeCall", ""),
    ],
)
def test_a_party_has_the_number_that_is_shown_and_not_that_of_its_trunk(shown: str, number: str) -> None:
    assert number_shown(shown) == number
