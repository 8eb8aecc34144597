"""Every doubt is an option, and every way in which a PBX misbehaves can be had (issue 5, point 2)."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import aiohttp
import pytest
from typer.testing import CliRunner

from threecx_simulator import PROFILES, ManualClock, Profile, Simulator, draw
from threecx_simulator.audio.pcm import tone
from threecx_simulator.cli import app
from threecx_simulator.control.handle import Control
from threecx_simulator.options_page import page
from threecx_simulator.profile import with_option
from threecx_simulator.scenarios.fault import What

pytestmark = pytest.mark.proves("simulator.profiles")
CALLER, DID = "+49301234567", "+4930555001"


def test_the_same_seed_draws_the_same_profile_and_twenty_seeds_take_every_reading() -> None:
    assert draw(7) == draw(7)
    drawn = [draw(seed) for seed in range(20)]
    for option in (
        "route_point_answer",
        "expires_in_unit",
        "party_did",
        "own_leg_after_route",
        "activecalls_id",
    ):
        assert len({getattr(profile, option) for profile in drawn}) >= 2, option
    assert {"auto", "manual", "v20_u7", "v20_u9", "worst_case"} <= PROFILES.keys()


@pytest.mark.parametrize("seed", [3, 17])
def test_what_a_seed_has_drawn_can_be_printed_and_set_by_hand(seed: int) -> None:
    told = CliRunner().invoke(app, ["options", "--profile", "drawn", "--seed", str(seed)])
    profile = Profile()
    for line in told.output.splitlines():
        profile = with_option(profile, *line.split("=", 1))
    assert profile == draw(seed)


def test_every_option_says_what_it_decides() -> None:
    from threecx_simulator.profile import described

    assert {one.name for one in described()} == {field.name for field in fields(Profile)}
    assert all(one.text for one in described())


def test_the_page_about_what_is_known_is_made_from_the_options() -> None:
    written = Path(__file__).parents[2] / "docs" / "simulator" / "what-is-known.md"
    assert written.read_text(encoding="utf-8") == page(), (
        "run: threecx-simulator options > docs/simulator/what-is-known.md"
    )


async def test_what_nobody_knows_is_covered_by_options_and_routes_that_exist() -> None:
    rows = page().partition("## What nobody knows")[2].splitlines()
    named = _named(rows, columns=2, column=2)
    assert named <= {one.name for one in fields(Profile)} | await _routes()
    assert len(named) > 20


async def test_how_to_have_a_misbehaviour_names_what_exists() -> None:
    rows = page().partition("## How a PBX misbehaves")[2].partition("\n## ")[0].splitlines()[12:]
    options, routes, methods, faults = (_named(rows, columns=5, column=n) for n in range(2, 6))
    assert options <= {one.name for one in fields(Profile)}
    assert routes <= await _routes()
    assert all(hasattr(Control, method) for method in methods)
    assert faults <= {*get_args(What), "people"}
    assert {*get_args(What)} <= faults
    assert {route for route in await _routes() if "/faults/" in route} <= routes


def _named(rows: list[str], columns: int, column: int) -> set[str]:
    """What is named by code in one column of a table."""
    cells = [row.split("|")[column] for row in rows if row.count("|") == columns + 1]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


async def _routes() -> set[str]:
    """Method and path of everything that the control API offers."""
    async with (
        Simulator(control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
        session.get(f"{sim.control_url}/openapi.json") as answer,
    ):
        paths = (await answer.json())["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


@pytest.mark.parametrize("profile", [*sorted(PROFILES), *(f"seed {seed}" for seed in range(20))])
async def test_a_plain_program_gets_its_caller_through_under_every_profile(start: Any, profile: str) -> None:
    app = await start(draw(int(profile[5:])) if profile.startswith("seed") else profile)
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    if leg["status"] == "Ringing":
        assert (await app.verb(leg, "answer"))[0] in (200, 202)
    status, body = await app.verb(leg, "routeto", destination="101")
    assert status == (202 if app.sim.profile.status_codes == "202" else 200)
    assert body["finalstatus"] in {"Success", 1}
    assert (await app.sim.control.reached(call, "connected 101")).connected_to == "101"
    remaining = await app.legs()
    assert (len(remaining) == 1) == (app.sim.profile.own_leg_after_route == "stays")


async def test_keys_may_come_before_the_upsert_of_their_leg(start: Any) -> None:
    app = await start("auto", upsert_delay_ms=1000)
    call = app.sim.control.call(CALLER, DID)
    app.sim.control.press(call, "1")
    await app.seen(lambda frames: len(frames) == 2)
    assert [kind for kind, _ in app.events()] == [2, 0]
    assert [frame["sequence"] for frame in app.frames] == [1, 2]


async def test_participant_ids_may_be_taken_again(start: Any) -> None:
    app = await start("auto", participant_ids="recycled")
    ids = []
    for _ in range(2):
        call = app.sim.control.call(CALLER, DID)
        ids.append((await app.leg())["id"])
        app.sim.control.hang_up(call)
    assert ids[0] == ids[1]


async def test_a_stable_uid_is_there_when_the_build_has_it(start: Any) -> None:
    app = await start("auto", participant_uid=True, participant_ids="recycled")
    uids = []
    for _ in range(2):
        call = app.sim.control.call(CALLER, DID)
        uids.append((await app.leg())["participant_uid"])
        app.sim.control.hang_up(call)
    assert uids[0] != uids[1]


async def test_hold_may_be_shown_during_a_transfer_and_ends_with_it(start: Any) -> None:
    app = await start("auto", held_shown=True)
    app.sim.control.behave("102", answers_after=None)
    app.sim.control.call("104", "8001")
    leg = await app.leg(status="Connected")
    transferring = asyncio.create_task(app.verb(leg, "transferto", destination="102", timeout=10))
    assert (await app.leg("104", status="Held"))["party_dn"] == "8001"
    assert (await app.leg())["status"] == "Hold"
    assert (await transferring)[1]["reason"] == "DestinationNoAnswer"
    assert [(await app.leg(dn))["status"] for dn in ("104", "8001")] == ["Connected", "Connected"]


async def test_a_socket_may_end_with_its_token(start: Any) -> None:
    clock = ManualClock()
    app = await start("auto", clock=clock, expiry_closes_sockets=True)
    await clock.advance(3599)
    assert not app.ended.is_set()
    await clock.advance(2)
    await asyncio.wait_for(app.ended.wait(), 5)
    assert app.socket.close_code == 1001


async def test_a_route_may_answer_long_after_its_outcome(start: Any) -> None:
    app = await start("auto", route_reply_delay_s=30)
    call = app.sim.control.call(CALLER, DID)
    routing = asyncio.create_task(app.verb(await app.leg(), "routeto", destination="101"))
    await app.sim.control.reached(call, "connected 101")
    assert not routing.done()
    assert (await routing)[1]["finalstatus"] == "Success"


async def test_a_route_may_be_accepted_and_then_fail(start: Any) -> None:
    app = await start("auto", status_codes="202")
    call = app.sim.control.call(CALLER, DID)
    app.sim.control.behave("101", answers_after=None)
    assert (await app.verb(await app.leg(), "routeto", destination="101", timeout=2))[0] == 202
    await app.sim.control.reached(call, "no answer 101")
    assert (await app.leg())["status"] == "Connected"


@pytest.mark.parametrize("verb", ["answer", "attach_participant_data", "drop"])
async def test_a_short_verb_may_be_accepted_with_nothing_in_its_result(start: Any, verb: str) -> None:
    app = await start("manual", status_codes="202")
    app.sim.control.call(CALLER, DID)
    status, body = await app.verb(await app.leg(), verb)
    assert (status, body.get("result")) == (202, None)


async def test_an_agent_may_hang_up_the_moment_the_route_succeeds(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", hangs_up_after=0)
    call = app.sim.control.call(CALLER, DID)
    _, body = await app.verb(await app.leg(), "routeto", destination="101")
    assert body["finalstatus"] == "Success"
    assert (await app.sim.control.ended(call)).ended_by == "101"


async def test_a_proxy_may_cut_a_post_on_which_nothing_is_sent(start: Any) -> None:
    app = await start("auto", stream_idle_cut_s=60)
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    never = asyncio.Event()

    async def blocks() -> AsyncIterator[bytes]:
        yield bytes(320)
        await never.wait()

    path = f"/callcontrol/8001/participants/{leg['id']}/stream"
    sending = asyncio.create_task(app.ask("POST", path, data=blocks()))
    done, _ = await asyncio.wait({sending}, timeout=10)
    never.set()
    assert done, "the POST should have been cut after 60 s of the PBX's time"
    with pytest.raises((aiohttp.ClientError, OSError)):
        await sending
    assert (await app.leg())["status"] == "Connected"


async def test_the_cut_of_a_proxy_hangs_up_where_the_end_of_a_post_does(start: Any) -> None:
    app = await start("auto", stream_idle_cut_s=1, drop_on_post_end=True)
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    never = asyncio.Event()

    async def blocks() -> AsyncIterator[bytes]:
        yield bytes(320)
        await never.wait()

    path = f"/callcontrol/8001/participants/{leg['id']}/stream"
    sending = asyncio.create_task(app.ask("POST", path, data=blocks()))
    assert (await app.sim.control.ended(call)).ended_by == "8001"
    never.set()
    await asyncio.gather(sending, return_exceptions=True)


async def test_an_extension_that_is_not_registered_has_no_device(start: Any) -> None:
    app = await start()
    device = await app.device("101")
    app.sim.control.behave("101", registered=False)
    assert (await app.get("/callcontrol/101/devices"))[1] == []
    assert (await app.get("/callcontrol/101"))[1]["devices"] == []
    assert (await app.make_call("102", dn="101", device=device))[0] == 404
    status, body = await app.make_call("102", dn="101")
    assert (status, body["reason"]) == (422, "DestinationIsNotRegistered")
    app.sim.control.behave("101", registered=True)
    assert await app.device("101") == device
    entity = f"101/devices/{quote(device, safe='')}"
    await app.seen(lambda frames: len(frames) == 2)
    assert app.events() == [(1, entity), (0, entity)]


async def test_devices_that_register_again_have_new_ids(start: Any) -> None:
    app = await start()
    before = await app.device("101")
    (after,) = app.sim.control.register_anew("101")
    assert await app.device("101") == after != before
    await app.seen(lambda frames: len(frames) == 2)
    assert app.events() == [
        (1, f"101/devices/{quote(before, safe='')}"),
        (0, f"101/devices/{quote(after, safe='')}"),
    ]
    assert (await app.make_call("102", dn="101", device=before))[0] == 404
    assert (await app.get(f"/callcontrol/101/devices/{quote(after, safe='')}"))[1]["device_id"] == after


@pytest.mark.parametrize(("status", "body"), [("404", ""), ("422", "DestinationIsNotRegistered")])
async def test_a_device_id_that_is_no_longer_registered_may_be_unknown_or_impossible(
    start: Any, status: str, body: str
) -> None:
    app = await start("auto", stale_device=status)
    device = await app.device("101")
    app.sim.control.register_anew("101")
    answered, result = await app.make_call("102", dn="101", device=device)
    assert (answered, result and result["reason"]) == (int(status), body)


async def test_a_leg_may_get_a_new_party_in_place(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    before = await app.leg()
    app.sim.control.new_party(call, "+4989777", "Erika")
    after = await app.leg()
    assert (after["id"], after["party_caller_id"], after["party_caller_name"]) == (
        before["id"],
        "+4989777",
        "Erika",
    )
    await app.seen(lambda frames: len(frames) == 2)


@pytest.mark.parametrize("keep_first", [True, False])
async def test_two_calls_may_merge_into_one_callid(start: Any, keep_first: bool) -> None:
    app = await start()
    control = app.sim.control
    first = control.call(CALLER, "+4930555101")
    await control.reached(first, "connected 101")
    second = control.call("101", "102")
    await control.reached(second, "connected 102")
    assert control.merge(first, second, keep_first)
    stays, goes = (first, second) if keep_first else (second, first)
    assert control.report(goes).state == "ended"
    leg = await app.leg("102")
    assert (leg["callid"], leg["party_caller_id"], leg["referred_by_dn"][:3]) in {
        (control.report(stays).callid, CALLER, "101"),
        (control.report(stays).callid, CALLER, ""),
    }
    assert await app.legs("101") == []


async def test_the_call_limit_can_be_reached(start: Any) -> None:
    app = await start()
    app.sim.control.limit_calls(0)
    status, body = await app.make_call("101")
    assert (status, body["reason"]) == (424, "DestinationIsNotReachable")


async def test_a_dn_unticked_in_mid_call_is_no_longer_told_of(start: Any) -> None:
    app = await start()
    app.sim.control.behave("101", answers_after=None)
    call = app.sim.control.call(CALLER, "+4930555101")
    leg = await app.leg("101")
    app.sim.control.monitor("8001", "101", False)
    app.sim.control.hang_up(call)
    assert (await app.get(f"/callcontrol/101/participants/{leg['id']}"))[0] == 403
    app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 2)
    assert (1, f"101/{leg['id']}") not in app.events()


@pytest.mark.parametrize(("how", "body"), [({}, ""), ({"html": True}, "<html>")])
async def test_the_web_server_may_answer_for_the_pbx(start: Any, how: dict[str, Any], body: str) -> None:
    app = await start()
    app.sim.control.answer_next(500, path="/callcontrol", **how)
    status, text = await app.get("/callcontrol")
    assert status == 500
    assert text.startswith(body)
    assert (await app.get("/callcontrol"))[0] == 200


async def test_a_failover_invalidates_tokens_and_new_ones_work(start: Any) -> None:
    app = await start()
    app.sim.control.invalidate_tokens()
    assert (await app.get("/callcontrol"))[0] == 401
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await app.listen()
    await app.log_in()
    assert (await app.get("/callcontrol"))[0] == 200


@pytest.mark.parametrize(
    "option",
    [
        "upsert_repeat_ms=-5",
        "stream_frame_ms=0",
        "clock_ppm=nan",
        "route_timeout_s=inf",
        "token_life_s=0",
        "upsert_repeat_ms=0.5",
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_the_range(option: str) -> None:
    with pytest.raises(ValueError, match=r"is a (whole )?number from \S+ to \d+"):
        with_option(Profile(), *option.split("="))


def test_a_clock_may_be_slow() -> None:
    assert with_option(Profile(), "clock_ppm", "-100").clock_ppm == -100


@pytest.mark.parametrize(("sequence", "expected"), [("connection", 1), ("client", 2)])
async def test_sequence_may_go_on_where_the_former_socket_ended(
    start: Any, sequence: str, expected: int
) -> None:
    app = await start("auto", sequence=sequence)
    call = app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 1)
    await app.sim.control.cut_sockets()
    await app.ended.wait()
    again = await start(sim=app.sim)
    app.sim.control.hang_up(call)
    await again.seen(lambda frames: len(frames) == 1)
    assert again.frames[0]["sequence"] == expected


async def test_a_leg_may_not_tell_for_which_queue_it_rings(start: Any) -> None:
    app = await start("auto", on_behalf_of=False)
    app.sim.control.behave("102", answers_after=None)
    app.sim.control.call(CALLER, "800")
    leg = await app.leg("102")
    assert (leg["on_behalf_of_dn"], leg["on_behalf_of_type"]) == ("", "None")


async def test_a_route_point_without_a_program_may_refuse_calls(start: Any) -> None:
    app = await start("auto", route_point_unattended="refused")
    assert app.sim.control.report(app.sim.control.call(CALLER, "+4930555002")).ended_by == "not registered"
    assert app.sim.control.report(app.sim.control.call(CALLER, DID)).connected_to == "8001"


@pytest.mark.parametrize("target", ["SP0", "*4101", "700"])
async def test_parking_voicemail_and_conference_may_be_out_of_reach_for_verbs(
    start: Any, target: str
) -> None:
    app = await start("auto", places_reachable=False)
    call = app.sim.control.call(CALLER, DID)
    for verb in ("routeto", "transferto"):
        status, body = await app.verb(await app.leg(), verb, destination=target)
        assert (status, body["finalstatus"], body["reason"]) == (424, "Failed", "DestinationIsNotReachable")
    assert (await app.leg())["status"] == "Connected"
    app.sim.control.hang_up(call)
    phone = app.sim.control.call("101", target)
    assert app.sim.control.report(phone).state == "connected"


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("system_owners", (403, 403)), ("system_admins", (200, 403)), ("users", (200, 200))],
)
async def test_the_role_that_reads_the_call_log_is_an_option(
    start: Any, role: str, statuses: tuple[int, int]
) -> None:
    admin = await start("auto", client="8004", call_log_role=role)
    user = await start(sim=admin.sim, client="8003")
    path = (
        "/xapi/v1/ReportInboundCalls/Pbx.GetInboundCalls(periodFrom=2026-01-01T00:00:00Z,"
        "periodTo=2026-12-31T00:00:00Z,trunkDns='',callsType=0)"
    )
    assert ((await admin.get(path))[0], (await user.get(path))[0]) == statuses


@pytest.mark.parametrize("closes", [True, False])
async def test_a_new_token_may_close_the_socket_of_the_former_one(start: Any, closes: bool) -> None:
    app = await start("auto", mint_closes_sockets=closes)
    await app.log_in()
    app.sim.control.call(CALLER, DID)
    if closes:
        await asyncio.wait_for(app.ended.wait(), 10)
        assert app.frames == []
    else:
        await app.seen(lambda frames: len(frames) == 1)


@pytest.mark.parametrize(("told", "expected"), [(True, ("101", "Wextension")), (False, ("", "None"))])
async def test_a_leg_may_tell_that_its_own_dn_dialled_it(
    start: Any, told: bool, expected: tuple[str, str]
) -> None:
    app = await start("auto", originated_by_self=told)
    _, made = await app.make_call("104", "101")
    assert (made["result"]["originated_by_dn"], made["result"]["originated_by_type"]) == expected


@pytest.mark.parametrize("visible", [True, False])
async def test_the_far_leg_of_an_own_call_may_be_seen_but_never_read(start: Any, visible: bool) -> None:
    app = await start("auto", far_leg_visible=visible)
    _, made = await app.make_call(CALLER)
    call = await app.sim.control.picked_up(CALLER)
    (far,) = [leg for leg in app.sim.control.report(call).legs if leg.number == CALLER]
    shown = {leg["id"] for leg in await app.legs()}
    assert shown == {made["result"]["id"], far.id} if visible else {made["result"]["id"]}
    await app.seen(lambda frames: (0, f"8001/{made['result']['id']}") in app.events())
    assert ((0, f"10001/{far.id}") in app.events()) is visible
    for verb in ("", "/stream"):
        assert (await app.get(f"/callcontrol/8001/participants/{far.id}{verb}"))[0] == 403
    assert (await app.verb({"dn": "8001", "id": far.id}, "drop"))[0] == 403


@pytest.mark.parametrize(("each", "legs"), [(True, 2), (False, 1)])
async def test_an_extension_may_ring_with_one_leg_for_each_device(start: Any, each: bool, legs: int) -> None:
    app = await start("auto", ring_each_device=each)
    call = app.sim.control.call(CALLER, "105")
    ringing = await app.legs("105")
    assert [leg["status"] for leg in ringing] == ["Ringing"] * legs
    assert len({leg["device_id"] for leg in ringing}) == legs
    await app.sim.control.reached(call, "connected 105")
    assert [leg["status"] for leg in await app.legs("105")] == ["Connected"]


@pytest.mark.parametrize(
    ("answers", "moment"), [("ringing", "diverted 8001 to 101"), ("answered", "connected 101")]
)
async def test_divert_answers_when_the_destination_rings_or_when_it_has_answered(
    start: Any, answers: str, moment: str
) -> None:
    app = await start("manual", divert_reply=answers)
    call = app.sim.control.call(CALLER, DID)
    status, body = await app.verb(await app.leg(), "divert", destination="101")
    assert (status, body["finalstatus"]) == (200, "Success")
    assert app.sim.control.report(call).moments[-1] == moment


async def test_a_buffering_proxy_lets_what_is_posted_be_heard_later(start: Any) -> None:
    starts = []
    for buffered in (0, 400):
        clock = ManualClock()
        app = await start("auto", clock=clock, post_buffer_ms=buffered)
        await clock.advance(0.1)
        call = app.sim.control.call(CALLER, DID)
        leg = await app.leg()
        await app.ask("POST", f"/callcontrol/8001/participants/{leg['id']}/stream", data=tone(440, 0.2))
        await clock.advance(1)
        starts.append(app.sim.control.heard(call).sounds[0].start)
    assert starts == [pytest.approx(0.0, abs=0.03), pytest.approx(0.3, abs=0.03)]


@pytest.mark.parametrize("answer", ["204", "200"])
async def test_dropping_a_call_of_the_whole_pbx_answers_as_the_profile_has_it(
    start: Any, answer: str
) -> None:
    app = await start("auto", dropcall_answer=answer)
    call = app.sim.control.call(CALLER, DID)
    _, active = await app.get("/xapi/v1/ActiveCalls")
    path = f"/xapi/v1/ActiveCalls({active['value'][0]['Id']})/Pbx.DropCall"
    assert (await app.ask("POST", path))[0] == int(answer)
    assert app.sim.control.report(call).state == "ended"
