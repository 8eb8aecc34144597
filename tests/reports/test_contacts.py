"""Numbers that programs ask the phone book for."""

import asyncio
from typing import cast

import pytest

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.contacts import by_number, country_of, normalised, whole_number
from threecx_pbx.xapi.client import Xapi


@pytest.mark.parametrize("number", ["nonsense", "", "+", "abc"])
def test_what_is_no_number_is_refused_as_a_bad_parameter(number: str) -> None:
    with pytest.raises(BadParameter):
        asyncio.run(by_number(cast("Xapi", None), number, "DE"))
    for reading in (normalised, whole_number):
        with pytest.raises(BadParameter):
            reading(number, "DE")
    with pytest.raises(BadParameter):
        country_of(number)


@pytest.mark.parametrize(
    ("number", "country"), [("+49301234567", "DE"), ("+12125550123", "US"), ("+80012345678", "")]
)
def test_the_country_of_a_number(number: str, country: str) -> None:
    assert country_of(number) == country
