"""The XAPI's manners (api.md 7.1) and live sets (7.2)."""

from typing import Any

import pytest

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"
OUTSIDE = f"10001 Trunk Berlin ({CALLER})"


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("Number eq '101'", ["101"]),
        ("startswith(Number,'10') and not (Number eq '101' or Number gt '102')", ["100", "102"]),
        ("contains(tolower(DisplayName),'sales')", ["101"]),
        ("Id lt 31 and IsRegistered eq true", ["100", "101"]),
        ("FirstName eq 'O''Neil'", []),
        ("Number in ('100','104')", ["100", "104"]),
    ],
)
async def test_filter_understands_the_operators(start: Any, condition: str, numbers: list[str]) -> None:
    app = await start()
    status, body = await app.get("/xapi/v1/Users", params={"$filter": condition, "$select": "Number"})
    assert status == 200
    assert body["value"] == [{"Number": number} for number in numbers]


async def test_rows_are_ordered_counted_and_paged_with_a_link(start: Any) -> None:
    app = await start()
    options = {"$orderby": "Number desc", "$top": "2", "$skip": "1", "$count": "true", "$select": "Number"}
    _, body = await app.get("/xapi/v1/Users", params=options)
    assert (body["@odata.count"], body["value"]) == (6, [{"Number": "104"}, {"Number": "103"}])


@pytest.mark.parametrize(
    "query",
    [
        "$top=101",
        "$top=x",
        "$filter=Number",
        "$filter=Number eq",
        "$filter=Nonsense eq 1",
        "$orderby=Nonsense",
        "$select=Nonsense",
        "$bogus=1",
    ],
)
async def test_what_cannot_be_understood_gets_an_odata_error(start: Any, query: str) -> None:
    app = await start()
    status, body = await app.get(f"/xapi/v1/Users?{query}")
    assert (status, set(body)) == (400, {"error"}), body
    assert body["error"]["message"]


async def test_one_entity_is_found_by_id_or_number(start: Any) -> None:
    app = await start()
    _, by_number = await app.get("/xapi/v1/Users(Number='101')")
    _, by_id = await app.get(f"/xapi/v1/Users({by_number['Id']})")
    assert by_id == by_number
    assert (await app.get("/xapi/v1/Users(Number='999')"))[0] == 404
    assert (await app.get("/xapi/v1/Nonsense"))[0] == 404


async def test_active_calls_show_the_whole_pbx_and_can_be_dropped(start: Any) -> None:
    app = await start("auto", activecalls_id="different")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    (row,) = (await app.get("/xapi/v1/ActiveCalls"))[1]["value"]
    assert (row["Caller"], row["Callee"], row["Status"]) == (OUTSIDE, "8001 Workflows", "Connected")
    assert row["Id"] != leg["callid"]
    assert (await app.ask("POST", f"/xapi/v1/ActiveCalls({row['Id']})/Pbx.DropCall"))[0] == 204
    assert app.sim.control.report(call).state == "ended"
    assert (await app.ask("POST", f"/xapi/v1/ActiveCalls({row['Id']})/Pbx.DropCall"))[0] == 404


async def _shown(app: Any) -> tuple[str, str, str]:
    (row,) = (await app.get("/xapi/v1/ActiveCalls"))[1]["value"]
    return row["Caller"], row["Callee"], row["Status"]


@pytest.mark.parametrize("status", ["Routing", "Ringing"])
async def test_a_caller_who_waits_in_a_queue_has_not_been_answered(start: Any, status: str) -> None:
    app = await start("auto", activecalls_queue_status=status)
    for agent in ("102", "103"):
        app.sim.control.behave(agent, answers_after=None)
    app.sim.control.call(CALLER, "+4930555800", name="Paul")
    assert await _shown(app) == (OUTSIDE, "800 Support queue", status)


@pytest.mark.parametrize(
    ("party", "shown"), [("trunk", OUTSIDE), ("number_name", f"{CALLER} Paul"), ("number", CALLER)]
)
async def test_active_calls_show_a_party_outside_by_its_trunk_or_by_its_own_number(
    start: Any, party: str, shown: str
) -> None:
    app = await start("auto", activecalls_party=party)
    call = app.sim.control.call(CALLER, "+4930555101", name="Paul")
    await app.sim.control.reached(call, "ringing 101")
    assert (await _shown(app))[0] == shown


async def test_active_calls_name_those_who_talk_and_nobody_who_has_left(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call("103", "104")
    await app.sim.control.reached(call, "connected 104")
    assert await _shown(app) == ("103 Csta, Carl", "104 Accounts, Ada", "Talking")
    await app.verb(await app.leg("103"), "transferto", destination="101")
    assert await _shown(app) == ("104 Accounts, Ada", "101 Sales, Sam", "Talking")


async def test_active_calls_show_who_took_over_a_call_that_the_application_made(start: Any) -> None:
    app = await start("auto", activecalls_party="number")
    await app.make_call("+491709999999")
    await app.verb(await app.leg(), "transferto", destination="104")
    assert await _shown(app) == ("+491709999999", "104", "Talking")


async def test_a_call_that_is_being_transferred_says_so(start: Any) -> None:
    app = await start("auto", status_codes="202")
    app.sim.control.behave("101", answers_after=None)
    app.sim.control.call(CALLER, DID)
    await app.verb(await app.leg(), "transferto", destination="101")
    assert await _shown(app) == (OUTSIDE, "8001 Workflows", "Transferring")


async def test_emergency_numbers_are_told(start: Any) -> None:
    app = await start()
    status, body = await app.get("/xapi/v1/OutboundRules/Pbx.GetEmergencyOutboundRules()")
    assert (status, [row["Prefix"] for row in body["value"]]) == (200, ["110", "112"])


async def test_the_xapi_can_make_a_call(start: Any) -> None:
    app = await start()
    status, body = await app.ask(
        "POST", "/xapi/v1/Users/Pbx.MakeCall", json={"dn": "101", "destination": "102"}
    )
    assert (status, body["FinalStatus"], body["Result"]["DN"]) == (200, "Success", "101")


async def test_no_call_is_made_for_words_that_are_no_parameters(start: Any) -> None:
    app = await start()
    status, body = await app.ask(
        "POST", "/xapi/v1/Users/Pbx.MakeCall", json={"fromNumber": "101", "toNumber": "102"}
    )
    assert (status, body["error"]["message"]) == (
        400,
        "The parameter 'fromNumber' in the request payload is not a valid parameter for the operation 'MakeCall'.",
    )
    assert not app.sim.control.calls()


async def test_a_pbx_that_is_unwell_answers_with_retry_after(start: Any) -> None:
    app = await start()
    app.sim.control.answer_next(429, count=2, path="/xapi/", retry_after=3)
    async with app.session.get(f"{app.sim.url}/xapi/v1/Users", headers=app.headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert (await app.get("/xapi/v1/Users"))[0] == 429
    assert (await app.get("/xapi/v1/Users"))[0] == 200
