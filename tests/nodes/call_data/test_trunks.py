"""Trunks and DIDs: offered in the editor, and what the call log is filtered by."""

import pytest

from .conftest import ALL_TIME, Data


@pytest.mark.proves("data.dropdowns")
async def test_trunks_are_offered_by_number_and_name(data: Data) -> None:
    offered = await data.options("trunks")
    trunk = offered[0]

    assert trunk["name"].startswith(trunk["value"])
    assert await data.options("trunks", trunk["name"][-6:].upper())
    assert await data.options("trunks", "no such trunk") == []


@pytest.mark.proves("data.dropdowns")
async def test_dids_are_offered_with_their_trunk(data: Data) -> None:
    offered = await data.options("dids", "+4930555")

    assert offered
    assert [one["value"] for one in offered] == sorted(one["value"] for one in offered)
    assert all(one["name"].startswith(one["value"]) for one in offered)


@pytest.mark.proves("data.getCallHistory")
async def test_a_trunk_keeps_the_calls_that_came_or_went_by_it(data: Data) -> None:
    trunk = (await data.options("trunks"))[0]["value"]
    every = await data.run("getCallHistory", **ALL_TIME, returnAll=True)

    kept = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"trunk": trunk})
    none = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"trunk": "19999"})
    # as n8n hands on a resource locator inside a collection, with marks of its own
    chosen = {"__rl": True, "mode": "list", "value": trunk, "cachedResultName": "Main line"}
    by_list = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"trunk": chosen})

    assert {call["direction"] for call in kept} == {"inbound", "outbound"}
    assert 0 < len(kept) < len(every)
    assert none == []
    assert by_list == kept


@pytest.mark.proves("data.getCallHistory")
async def test_a_did_keeps_the_calls_to_it_and_to_no_other(data: Data) -> None:
    inbound = await data.run(
        "getCallHistory", **ALL_TIME, returnAll=True, filters={"directions": ["inbound"]}
    )
    rows = await data.run("getReport", report="inboundCalls", **ALL_TIME, returnAll=True)
    dids = {row["did"] for row in rows}

    kept = {
        did: await data.run(
            "getCallHistory", **ALL_TIME, returnAll=True, filters={"did": {"mode": "number", "value": did}}
        )
        for did in dids
    }

    assert len(dids) > 1
    ids = [call["callHistoryId"] for calls in kept.values() for call in calls]
    assert sorted(ids) == sorted(call["callHistoryId"] for call in inbound)


async def test_a_queue_may_be_chosen_from_the_list(data: Data) -> None:
    plain = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"queue": "800"})
    listed = await data.run(
        "getCallHistory", **ALL_TIME, returnAll=True, filters={"queue": {"mode": "list", "value": "800"}}
    )

    assert plain == listed
    assert plain
