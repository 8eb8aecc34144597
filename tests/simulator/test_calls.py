"""The call engine, row by row of the table in api.md 12."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from threecx_simulator import PROFILES, Simulator, SystemClock, default_world
from threecx_simulator.clock import ManualClock
from threecx_simulator.control.faults import UnknownCall
from threecx_simulator.http.verbs import Verbs
from threecx_simulator.pbx.callers import place
from threecx_simulator.pbx.ids import Dn
from threecx_simulator.pbx.state import new_pbx
from threecx_simulator.switchboard import Switchboard

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"


async def test_an_outside_call_is_connected_to_the_route_point_at_once(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID, name="Paul")
    leg = await app.leg()
    assert leg["status"] == "Connected"
    assert (
        leg["party_dn_type"],
        leg["party_dn"],
        leg["party_caller_id"],
        leg["party_caller_name"],
        leg["party_did"],
    ) == (
        "Wexternalline",
        "10001",
        CALLER,
        "Paul",
        "",
    )


async def test_a_manual_route_point_rings_until_it_answers(start: Any) -> None:
    app = await start("manual", party_did=True)
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    assert (leg["status"], leg["party_did"]) == ("Ringing", DID)
    status, body = await app.verb(leg, "answer")
    assert (status, body["finalstatus"], body["result"]["status"]) == (200, "Success", "Connected")
    assert app.sim.control.report(call).connected_to == "8001"
    assert app.sim.control.requests().answers == {str(leg["id"]): 1}


async def test_answering_twice_is_refused_with_422(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    status, body = await app.verb(await app.leg(), "answer")
    assert (status, body["finalstatus"]) == (422, "Failed")


async def test_a_telephone_answers_on_command_only_with_direct_control(start: Any) -> None:
    app = await start()
    for dn in ("101", "103"):
        app.sim.control.behave(dn, answers_after=None)
        app.sim.control.call(CALLER, "+4930555101" if dn == "101" else dn)
    assert (await app.verb(await app.leg("101"), "answer"))[0] == 422
    assert (await app.verb(await app.leg("103"), "answer"))[0] == 200
    assert (await app.leg("103"))["status"] == "Connected"


async def test_an_internal_caller_dials_while_the_other_telephone_rings(start: Any) -> None:
    app = await start()
    app.sim.control.behave("102", answers_after=None)
    call = app.sim.control.call("101", "102")
    calling, called = await app.leg("101"), await app.leg("102")
    assert (calling["status"], calling["party_dn"], calling["party_dn_type"]) == (
        "Dialing",
        "102",
        "Wextension",
    )
    assert (called["status"], called["party_dn"], called["party_caller_name"]) == (
        "Ringing",
        "101",
        "Sam Sales",
    )
    assert calling["callid"] == called["callid"]
    app.sim.control.hang_up(call)
    assert (await app.legs("102")) == []


async def test_a_ringing_leg_is_removed_when_its_caller_hangs_up(start: Any) -> None:
    app = await start("manual")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    app.sim.control.hang_up(call)
    await app.seen(lambda frames: any(one["event"]["event_type"] == 1 for one in frames))
    assert app.events()[-1] == (1, f"8001/{leg['id']}")
    assert (await app.get(f"/callcontrol/8001/participants/{leg['id']}"))[0] == 404
    assert app.sim.control.report(call).ended_by == "caller"


async def test_a_queue_connects_at_once_and_rings_its_agents_on_its_behalf(start: Any) -> None:
    app = await start()
    app.sim.control.behave("103", busy=True)
    call = app.sim.control.call(CALLER, "+4930555800")
    assert (await app.leg("800"))["status"] == "Connected"
    agent = await app.leg("102")
    assert (agent["on_behalf_of_dn"], agent["on_behalf_of_type"]) == ("800", "Wqueue")
    report = await app.sim.control.reached(call, "connected 102")
    assert report.connected_to == "102"
    assert await app.legs("800") == []


async def test_a_queue_rings_again_when_no_agent_answers_in_the_first_wave(start: Any) -> None:
    app = await start()
    for agent in ("102", "103"):
        app.sim.control.behave(agent, answers_after=None)
    call = app.sim.control.call(CALLER, "800")
    await app.sim.control.until(call, lambda report: report.moments.count("ringing 102") == 2)
    assert (await app.leg("800"))["status"] == "Connected"


async def test_a_ring_group_rings_everybody_and_the_first_to_answer_has_the_call(start: Any) -> None:
    app = await start()
    app.sim.control.behave("104", answers_after=None)
    call = app.sim.control.call(CALLER, "810")
    assert {(await app.leg(dn))["on_behalf_of_dn"] for dn in ("100", "104")} == {"810"}
    await app.sim.control.reached(call, "connected 100")
    assert await app.legs("104") == []


async def test_makecall_from_the_route_point_dials_and_is_connected_by_the_answer(start: Any) -> None:
    app = await start()
    status, body = await app.make_call("+491709999999", device=await app.device())
    assert (status, body["finalstatus"], body["reason"]) == (200, "Success", "NotSpecified")
    assert (body["result"]["status"], body["result"]["dn"], body["result"]["party_dn_type"]) == (
        "Connected",
        "8001",
        "Wexternalline",
    )
    own = f"8001/{body['result']['id']}"
    await app.seen(lambda _: app.events().count((0, own)) == 2)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"busy": True}, "DestinationBusy"),
        ({"answers_after": None}, "DestinationNoAnswer"),
        ({"exists": False}, "UnknownDestination"),
    ],
)
async def test_a_makecall_that_fails_says_why_and_leaves_no_leg(
    start: Any, behaviour: Any, reason: str
) -> None:
    app = await start()
    app.sim.control.behave("+491709999999", **behaviour)
    status, body = await app.make_call("+491709999999", timeout=3)
    assert (status, body["finalstatus"], body["reason"], body["result"]) == (424, "Failed", reason, None)
    assert await app.legs() == []


async def test_makecall_may_answer_while_the_own_leg_still_dials(start: Any) -> None:
    app = await start(makecall_reply="dialing", status_codes="202")
    status, body = await app.make_call("101")
    assert (status, body["result"]["status"]) == (202, "Dialing")
    assert (await app.leg(status="Connected"))["id"] == body["result"]["id"]


async def test_the_far_leg_of_an_own_call_is_seen_but_may_not_be_read(start: Any) -> None:
    app = await start()
    app.sim.control.behave("+491709999999", answers_after=3)
    _, body = await app.make_call("+491709999999")
    own = body["result"]["id"]
    far = next(leg for leg in await app.legs() if leg["id"] != own)
    assert far["dn"] == "10001"
    assert (0, f"10001/{far['id']}") in app.events()
    for dn in ("8001", "10001"):
        assert (await app.get(f"/callcontrol/{dn}/participants/{far['id']}"))[0] == 403


async def test_makecall_from_an_extension_rings_its_own_telephone_first(start: Any) -> None:
    app = await start()
    status, body = await app.make_call("102", dn="101", device=await app.device("101"))
    assert (status, body["result"]["dn"], body["result"]["status"]) == (200, "101", "Connected")
    moments = app.sim.control.calls()[0].moments
    assert [one for one in moments if "10" in one] == [
        "ringing 101",
        "picked up 101",
        "ringing 102",
        "connected 102",
    ]


async def test_a_queue_calls_out_and_hands_whoever_answers_to_an_agent(start: Any) -> None:
    app = await start()
    app.sim.control.behave("102", answers_after=1.0)
    status, devices = await app.get("/callcontrol/800/devices")
    assert (status, len(devices)) == (200, 1)
    status, body = await app.make_call("+491709999999", "800", devices[0]["device_id"])
    assert (status, body["finalstatus"]) == (200, "Success")
    (call,) = app.sim.control.calls()
    report = await app.sim.control.reached(call.id, "connected 102")
    assert report.moments.index("connected +491709999999") < report.moments.index("ringing 102")


async def test_the_dn_form_of_makecall_with_two_devices_names_no_initiator(start: Any) -> None:
    app = await start()
    status, body = await app.make_call("102", dn="105")
    assert (status, body["finalstatus"], body["result"]) == (200, "Success", None)
    active = (await app.get("/xapi/v1/ActiveCalls"))[1]["value"]
    assert active[0]["Caller"] == "MakeCall"


async def test_a_stale_device_id_is_not_found(start: Any) -> None:
    app = await start()
    assert (await app.make_call("102", dn="101", device="sip:101@127.0.0.1:1;rinstance=gone"))[0] == 404


async def test_divert_replaces_a_ringing_leg(start: Any) -> None:
    app = await start("manual")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    status, body = await app.verb(leg, "divert", destination="101", reason="ForwardAll")
    assert (status, body["finalstatus"], body["reason"]) == (200, "Success", "NotSpecified")
    new = await app.leg("101")
    assert (new["originated_by_dn"], new["originated_by_type"], new["callid"]) == (
        "8001",
        "Wroutepoint",
        leg["callid"],
    )
    assert await app.legs() == []
    assert (await app.sim.control.reached(call, "connected 101")).connected_to == "101"


async def test_divert_of_a_connected_leg_is_refused(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    assert (await app.verb(leg, "divert", destination="101"))[0] == 422
    assert (await app.leg())["status"] == "Connected"


async def test_divert_to_an_unknown_number_leaves_the_leg_ringing(start: Any) -> None:
    app = await start("manual")
    app.sim.control.call(CALLER, DID)
    _, body = await app.verb(await app.leg(), "divert", destination="99")
    assert (body["finalstatus"], body["reason"]) == ("Failed", "UnknownDestination")
    assert (await app.leg())["status"] == "Ringing"


@pytest.mark.parametrize("profile", ["auto", "manual"])
async def test_routeto_keeps_the_own_leg_until_the_target_answers(start: Any, profile: str) -> None:
    app = await start(profile)
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    status, body = await app.verb(leg, "routeto", destination="101")
    assert (status, body["finalstatus"]) == (200, "Success")
    assert await app.legs() == []
    target = await app.leg("101")
    assert (target["status"], target["party_caller_id"], target["originated_by_dn"]) == (
        "Connected",
        CALLER,
        "8001",
    )
    assert app.sim.control.report(call).connected_to == "101"


async def test_the_own_leg_may_stay_after_a_route_and_its_drop_harms_nobody(start: Any) -> None:
    app = await start("auto", own_leg_after_route="stays")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    await app.verb(leg, "routeto", destination="101")
    assert (await app.leg())["status"] == "Connected"
    assert (await app.verb(leg, "drop"))[0] == 200
    assert app.sim.control.report(call).state == "connected"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"busy": True}, "DestinationBusy"),
        ({"answers_after": None}, "DestinationNoAnswer"),
        ({"registered": False}, "DestinationIsNotRegistered"),
    ],
)
@pytest.mark.parametrize(("codes", "status"), [("200", 200), ("4xx", 424)])
async def test_a_route_that_fails_leaves_the_own_leg(
    start: Any, behaviour: Any, reason: str, codes: str, status: int
) -> None:
    app = await start("auto", status_codes=codes)
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    app.sim.control.behave("101", **behaviour)
    answer, body = await app.verb(leg, "routeto", destination="101", timeout=2)
    assert (answer, body["finalstatus"], body["reason"]) == (status, "Failed", reason)
    assert (await app.leg())["status"] == "Connected"
    assert await app.legs("101") == []


async def test_transferto_replaces_the_own_leg_and_says_who_transferred(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    status, body = await app.verb(leg, "transferto", destination="102")
    assert (status, body["finalstatus"]) == (200, "Success")
    target = await app.leg("102")
    assert (target["referred_by_dn"], target["referred_by_type"], target["status"]) == (
        "8001",
        "Wroutepoint",
        "Connected",
    )
    ids = f"8001/{leg['id']}", f"102/{target['id']}"
    await app.seen(lambda _: app.events().count((0, ids[1])) == 2)
    assert app.events()[-3:] == [(0, ids[1]), (1, ids[0]), (0, ids[1])]  # as in the reconstructed transfer


async def test_whoever_answers_a_group_is_told_before_the_others_are_gone(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("100", answers_after=None)
    app.sim.control.call(CALLER, "810")
    other, answered = await app.leg("100"), await app.leg("104")
    await app.seen(lambda _: (1, f"100/{other['id']}") in app.events())
    ids = f"100/{other['id']}", f"104/{answered['id']}"
    assert app.events() == [
        (0, ids[0]),
        (0, ids[1]),
        (0, ids[1]),
        (1, ids[0]),
    ]  # as in the reconstructed group


async def test_transferto_needs_a_connected_leg(start: Any) -> None:
    app = await start("manual")
    app.sim.control.call(CALLER, DID)
    assert (await app.verb(await app.leg(), "transferto", destination="102"))[0] == 422


async def test_a_failed_transfer_returns_to_the_leg(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    app.sim.control.behave("102", busy=True)
    _, body = await app.verb(await app.leg(), "transferto", destination="102")
    assert (body["finalstatus"], body["reason"]) == ("Failed", "DestinationBusy")
    assert (await app.leg())["status"] == "Connected"


async def test_dropping_one_of_two_legs_ends_the_call(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    status, body = await app.verb(await app.leg(), "drop")
    assert (status, body) == (
        200,
        {"finalstatus": "Success", "reason": "NotSpecified", "reasontext": "", "result": None},
    )
    report = await app.sim.control.ended(call)
    assert (report.state, report.ended_by) == ("ended", "8001")


async def test_a_caller_who_hangs_up_during_a_route_ends_it_as_terminated(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", answers_after=None)
    call = app.sim.control.call(CALLER, DID, hangup_when="ringing 101", hangup_delay=1)
    _, body = await app.verb(await app.leg(), "routeto", destination="101")
    assert (body["finalstatus"], body["reason"]) == ("Failed", "ParentConnectionTerminated")
    assert app.sim.control.report(call).ended_by == "caller"
    assert await app.legs("101") == []


async def test_voicemail_answers_for_an_extension_that_forwards(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", answers_after=None, voicemail_after=3)
    call = app.sim.control.call(CALLER, DID)
    _, body = await app.verb(await app.leg(), "routeto", destination="101")
    assert body["finalstatus"] == "Success"
    report = app.sim.control.report(call)
    assert (report.connected_to, "voicemail of 101" in report.moments) == ("999", True)


@pytest.mark.parametrize("why", [{"answers_after": None}, {"busy": True}, {"registered": False}])
async def test_an_extension_may_forward_to_another_number(start: Any, why: dict[str, Any]) -> None:
    app = await start("auto")
    app.sim.control.behave("101", voicemail_after=3, forwards_to="+491709999999", **why)
    call = app.sim.control.call(CALLER, DID)
    _, body = await app.verb(await app.leg(), "routeto", destination="101")
    assert body["finalstatus"] == "Success"
    report = app.sim.control.report(call)
    assert (report.connected_to, "forwarded 101 to +491709999999" in report.moments) == (
        "+491709999999",
        True,
    )


async def test_two_extensions_that_forward_to_each_other_are_a_loop(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", busy=True, voicemail_after=3, forwards_to="102")
    app.sim.control.behave("102", busy=True, voicemail_after=3, forwards_to="101")
    app.sim.control.call(CALLER, DID)
    _, body = await app.verb(await app.leg(), "routeto", destination="101")
    assert (body["finalstatus"], body["reason"]) == ("Failed", "RoutingLoopDetected")


async def test_a_hunting_queue_rings_one_agent_after_the_other(start: Any) -> None:
    from dataclasses import replace

    from threecx_simulator import Simulator, SystemClock, default_world

    world = default_world()
    queue = replace(world.queues[0], strategy="Hunt", ring_timeout=3.0)
    async with Simulator(world=replace(world, queues=(queue,)), clock=SystemClock(20)) as sim:
        sim.control.behave("102", answers_after=None)
        call = sim.control.call(CALLER, "800")
        report = await sim.control.reached(call, "connected 103")
        rung = [moment for moment in report.moments if moment.startswith("ringing")]
        assert rung == ["ringing 102", "ringing 103"]


async def test_a_ghost_row_stays_in_active_calls(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    app.sim.control.hang_up(call)
    assert (await app.get("/xapi/v1/ActiveCalls"))[1]["value"] == []
    app.sim.control.haunt(call)
    assert len((await app.get("/xapi/v1/ActiveCalls"))[1]["value"]) == 1


@pytest.mark.parametrize(("answers", "end"), [(2.0, None), (None, "no answer")])
async def test_a_queue_sends_its_caller_on_once_and_for_all(answers: float | None, end: str | None) -> None:
    world = default_world()
    hunting = replace(world.queues[0], strategy="Hunt", ring_timeout=3, master_timeout=14, overflow=Dn("100"))
    async with Simulator(world=replace(world, queues=(hunting,)), clock=SystemClock(20)) as sim:
        for agent, after in (("102", None), ("103", None), ("100", answers)):
            sim.control.behave(agent, answers_after=after)
        call = sim.control.call(CALLER, "+4930555800")
        if end is None:
            report = await sim.control.reached(call, "connected 100")
        else:
            report = await sim.control.ended(call)
        later = report.moments[report.moments.index("queue time-out 800") + 1 :]
        assert [one for one in later if one.startswith("ringing")] == ["ringing 100"]
        assert report.ended_by == end


async def test_a_menu_sends_on_whoever_comes_back_to_it_unserved() -> None:
    world = default_world()
    menu = replace(world.ivrs[0], timeout=5.0, timeout_destination=Dn("100"))
    async with Simulator(world=replace(world, ivrs=(menu,)), clock=SystemClock(20)) as sim:
        sim.control.behave("101", busy=True)
        sim.control.behave("100", busy=True)
        call = sim.control.call("104", "820")
        sim.control.press(call, "1")
        await sim.control.reached(call, "busy 100")
        sim.control.behave("100", busy=False)
        assert (await sim.control.reached(call, "connected 100")).connected_to == "100"


@pytest.mark.parametrize("destination", ["8001", DID])
async def test_a_call_is_not_handed_back_to_where_it_is(start: Any, destination: str) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    status, body = await app.verb(await app.leg(), "transferto", destination=destination)
    assert (status, body["finalstatus"], body["reason"]) == (424, "Failed", "RoutingLoopDetected")
    assert app.sim.control.report(call).state == "connected"


async def test_data_can_be_attached_and_unknown_actions_are_not_found(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    for action in ("attach_participant_data", "attach_party_data"):
        assert (await app.verb(leg, action, attacheddata={"public_x": "1"}))[0] == 200
    assert (await app.verb(leg, "hold"))[0] == 404
    assert (await app.verb(leg | {"id": 1}, "drop"))[0] == 404


async def test_attached_data_is_remembered_and_of_the_party_only_what_is_public(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    await app.verb(leg, "attach_participant_data", attacheddata={"ticket": "7", "step": 1})
    await app.verb(leg, "attach_party_data", attacheddata={"public_screening": "ok", "private": "no"})
    await app.verb(leg, "attach_party_data", attacheddata={"public_screening": "twice"})
    app.sim.control.hang_up(call)
    expected = {"8001": {"ticket": "7", "step": "1"}, CALLER: {"public_screening": "twice"}}
    assert app.sim.control.report(call).attached == expected


@pytest.mark.parametrize("by", ["default", "party", "behaviour"])
async def test_whom_an_application_calls_presses_keys_speaks_and_hangs_up(start: Any, by: str) -> None:
    app = await start("auto")
    presses = {"presses": "12", "presses_after": 0.5} if by == "behaviour" else {}
    app.sim.control.behave(CALLER, **presses)
    _, made = await app.make_call(CALLER)
    call = await app.sim.control.picked_up(CALLER)
    if by != "behaviour":
        app.sim.control.press(call, "12", CALLER if by == "party" else None)
    await app.seen(lambda frames: sum(one["event"]["event_type"] == 2 for one in frames) == 2)
    keys = [one["event"] for one in app.frames if one["event"]["event_type"] == 2]
    entity = f"/callcontrol/8001/participants/{made['result']['id']}"
    assert [(one["entity"], one["attached_data"]["dtmf_input"]) for one in keys] == [
        (entity, "1"),
        (entity, "2"),
    ]
    app.sim.control.hang_up(call, CALLER)
    assert app.sim.control.report(call).ended_by == CALLER
    app.sim.control.hang_up(call, CALLER)


async def test_a_party_that_is_not_in_the_call_is_named(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    for deed in (app.sim.control.press, lambda call, keys, party: app.sim.control.hang_up(call, party)):
        with pytest.raises(UnknownCall, match=f"102 is not in call {call}"):
            deed(call, "1", "102")


async def test_whoever_a_menu_has_called_chooses_by_key(start: Any) -> None:
    world = default_world()
    seen = replace(world.clients[0], monitors=(Dn("820"),))
    sim = Simulator(world=replace(world, clients=(seen, *world.clients[1:])), clock=SystemClock(20))
    async with sim:
        app = await start(sim=sim)
        await app.make_call(CALLER, "820", await app.device("820"))
        call = await sim.control.picked_up(CALLER)
        sim.control.press(call, "1")
        assert (await sim.control.reached(call, "connected 101")).connected_to == "101"


async def test_a_post_without_json_is_refused_in_the_pbx_own_way(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/drop"
    assert await app.ask("POST", path) == (415, "")
    assert await app.ask("POST", path, data=b"{", headers={"Content-Type": "application/json"}) == (400, "")
    assert (await app.leg())["status"] == "Connected"
    assert (await app.ask("POST", path, headers={"Content-Type": "application/json"}))[0] == 200
    assert await app.legs() == []


async def test_the_menu_of_the_pbx_routes_by_key(start: Any) -> None:
    app = await start()
    call = app.sim.control.call(CALLER, "820")
    app.sim.control.press(call, "1")
    assert (await app.sim.control.reached(call, "connected 101")).connected_to == "101"


async def test_a_call_over_the_licence_limit_is_refused(start: Any) -> None:
    from dataclasses import replace

    from threecx_simulator import Simulator, default_world

    async with Simulator(world=replace(default_world(), max_sim_calls=1)) as sim:
        app = await start(sim=sim)
        app.sim.control.call(CALLER, DID)
        second = app.sim.control.call(CALLER, DID)
        assert app.sim.control.report(second).ended_by == "call limit reached"
        status, body = await app.make_call("101")
        assert (status, body["reason"]) == (424, "DestinationIsNotReachable")


async def test_a_request_whose_connection_breaks_is_carried_out_all_the_same(start: Any) -> None:
    app = await start()
    app.sim.control.behave("101", answers_after=5.0)
    call = app.sim.control.call(CALLER, DID)
    moving = asyncio.create_task(app.verb(await app.leg(), "transferto", destination="101"))
    await app.sim.control.reached(call, "ringing 101")
    assert app.sim.control.cut_requests("/transferto") == 1
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await moving
    await app.sim.control.reached(call, "connected 101")
    assert app.sim.control.cut_requests() == 0


async def test_a_verb_on_a_leg_that_ends_at_that_moment_finds_nobody() -> None:
    clock = ManualClock()
    board = Switchboard(new_pbx(default_world(), PROFILES["auto"], clock.now()), clock)
    board.do(lambda pbx: place(pbx, CALLER, DID, hang_up_after=5))
    leg = next(leg for leg in board.pbx.legs.values() if leg.dn == "8001")
    await clock.advance(6)  # what is due has not been done yet
    client = board.pbx.world.clients[0]
    reply = await Verbs(board).act(client, "8001", str(leg.id), "drop", {})
    assert (reply.status, board.pbx.legs) == (404, {})


async def test_a_divert_out_of_a_queue_is_answered_when_the_wave_is_over(start: Any) -> None:
    app = await start("auto", divert_reply="answered")
    for number in ("102", "103", "104"):
        app.sim.control.behave(number, answers_after=None)
    app.sim.control.call(CALLER, "800")
    status, body = await app.verb(await app.leg("102"), "divert", destination="104", timeout=60)
    assert (status, body["reason"]) == (424, "DestinationNoAnswer")


async def test_a_leg_that_was_left_over_is_rung_for_no_longer(start: Any) -> None:
    app = await start("auto", own_leg_after_route="stays")
    for agent in ("102", "103"):
        app.sim.control.behave(agent, answers_after=None)
    call = app.sim.control.call("104", "800")
    await app.leg("103")
    status, body = await app.verb(await app.leg("104"), "routeto", destination="101")  # the queue is routed
    assert (status, body["finalstatus"]) == (200, "Success")
    assert await app.legs("103") == []
    app.sim.control.hang_up(call, "101")
    assert (await app.sim.control.ended(call)).ended_by == "101"


async def test_a_method_that_a_path_does_not_know_is_told_which_it_knows(start: Any) -> None:
    app = await start("auto")
    async with app.session.put(f"{app.sim.url}/callcontrol/8001", headers=app.headers) as answer:
        assert (answer.status, await answer.text()) == (405, "")
        assert "GET" in answer.headers["Allow"]
