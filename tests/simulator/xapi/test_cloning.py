"""Programs that carry the settings of one PBX to another: what was read can be written, as it was read."""

from typing import Any

import pytest

from threecx_simulator.xapi.model import model

from .conftest import Start

pytestmark = pytest.mark.proves("simulator.section-12")


def _path(name: str, row: dict[str, Any]) -> str:
    key = row[model().sets[name].keys[0]]
    return f"{name}({key})" if isinstance(key, int) else f"{name}('{key}')"


def _without_annotations(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if "@" not in name}


@pytest.mark.parametrize("options", ["", "?$expand=*"])
async def test_every_row_can_be_written_back_and_stays_as_it_was(xapi: Start, options: str) -> None:
    client = await xapi(history=0)
    written = 0
    for name, known in model().sets.items():
        for row in (await client.rows(name + options))[:3] if "update" in known.verbs else ():
            path = _path(name, row)
            before = await client.get(path + options)
            status, answer = await client.ask("PATCH", path, json=row)
            assert (status, answer) == (204, b""), (path, answer)
            assert await client.get(path + options) == before
            written += 1
    assert written > 30


async def test_writing_a_user_back_takes_no_role_from_it(xapi: Start) -> None:
    client = await xapi(history=0)
    nested = {"expand": "Groups($expand=Rights)", "filter": "Number eq '100'"}
    before = await client.rows("Users", **nested)
    (plain,) = await client.rows("Users", expand="Groups", filter="Number eq '100'")
    assert (await client.ask("PATCH", _path("Users", plain), json=plain))[0] == 204
    assert await client.rows("Users", **nested) == before


async def test_every_page_of_settings_can_be_written_back(xapi: Start) -> None:
    client = await xapi(history=0)
    for name in sorted(model().changeable):
        before = await client.get(name)
        assert (await client.ask("PATCH", name, json=_without_annotations(before)))[0] == 204, name
        assert await client.get(name) == before


@pytest.mark.parametrize(
    "name",
    ["Contacts", "Holidays", "InboundRules", "OutboundRules", "Parkings", "Queues", "RingGroups", "Trunks"],
)
async def test_a_row_that_was_deleted_is_made_again_from_what_was_read(xapi: Start, name: str) -> None:
    client = await xapi(history=0)
    row = (await client.rows(name))[-1]
    assert (await client.ask("DELETE", _path(name, row)))[0] == 204
    status, made = await client.ask("POST", name, json=row)
    assert status == 201, made
    assert {**_without_annotations(made), "Id": 0} == {**row, "Id": 0}


async def test_the_first_department_is_not_deleted(xapi: Start) -> None:
    client = await xapi(history=0)
    (first,) = await client.rows("Groups", filter="IsDefault eq true")
    status, refused = await client.ask("DELETE", f"Groups({first['Id']})")
    assert (status, refused["error"]["message"]) == (400, "Group:\nWARNINGS.GROUP_CANNOT_BE_DELETED")
