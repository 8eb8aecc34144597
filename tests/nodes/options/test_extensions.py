"""The list of numbers that a call can be put through to."""

import pytest

from tests.care.conftest import Office
from tests.readings import ANSWERED

pytestmark = [pytest.mark.proves("data.dropdowns"), ANSWERED]


async def listed(office: Office, search: str = "") -> list[tuple[str, str]]:
    status, body = await office.ask("GET", "/v1/options/extensions", params={"search": search})
    assert status == 200, body
    return [(entry["value"], entry["name"]) for entry in body["results"]]


async def test_extensions_queues_groups_and_menus_are_listed_with_their_names_and_trunks_are_not(
    office: Office,
) -> None:
    numbers = dict(await listed(office))
    assert {"100", "101", "800", "810", "820"} <= set(numbers)
    assert numbers["101"] == "101 Sam Sales"
    assert "10001" not in numbers


@pytest.mark.parametrize(
    ("search", "found"),
    [("sam", {"101"}), ("SALES", {"101"}), ("10", {"100", "101", "810"}), ("nobody", set())],
)
async def test_the_list_is_searched_by_number_and_name(office: Office, search: str, found: set[str]) -> None:
    entries = await listed(office, search)
    assert all(search.casefold() in name.casefold() for _, name in entries)
    assert found <= {value for value, _ in entries}
    assert bool(found) is bool(entries)


async def test_a_role_that_may_not_read_them_is_told_which_one_may(office: Office) -> None:
    office.client = "8003"
    status, problem = await office.ask("GET", "/v1/options/extensions")
    assert (status, problem["errorId"]) == (403, "forbidden")
    assert "role" in problem["hint"]


async def test_a_list_that_there_is_not_is_told_with_the_command_that_updates(office: Office) -> None:
    status, problem = await office.ask("GET", "/v1/options/unicorns")
    assert (status, problem["errorId"]) == (404, "operationUnknown")
    assert "uvx threecx-runner@latest serve" in problem["hint"]
