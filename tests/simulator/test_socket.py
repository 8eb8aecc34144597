"""`/callcontrol/ws` (api.md 3 and 12)."""

import asyncio
import json
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import quote

import aiohttp
import pytest

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"


async def test_frames_count_up_and_say_nothing_but_where_to_look(start: Any) -> None:
    app = await start("manual")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    await app.verb(leg, "answer")
    await app.verb(leg, "drop")
    await app.seen(lambda frames: len(frames) == 3)
    entity = f"/callcontrol/8001/participants/{leg['id']}"
    assert app.frames == [
        {"sequence": n, "event": {"event_type": kind, "entity": entity, "attached_data": None}}
        for n, kind in ((1, 0), (2, 0), (3, 1))
    ]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
async def test_the_upgrade_needs_the_header(start: Any, headers: dict[str, str]) -> None:
    app = await start()
    for path in ("/callcontrol/ws", f"/callcontrol/ws?access_token={app.token}"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await app.session.ws_connect(app.sim.url + path, headers=headers)
        assert refused.value.status == 401


@pytest.mark.parametrize("path", ["/", "/callcontrol", "/ws", "/callcontrol/101"])
async def test_a_socket_on_any_other_path_is_not_found(start: Any, path: str) -> None:
    app = await start()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await app.session.ws_connect(app.sim.url + path, headers=app.headers)
    assert refused.value.status == 404


async def test_the_address_of_the_socket_is_no_dn(start: Any) -> None:
    app = await start()
    assert await app.get("/callcontrol/ws") == (400, "")
    assert (await app.ask("GET", "/callcontrol/ws", headers={"Authorization": "Bearer x"}))[0] == 401


async def test_what_happened_before_the_connection_is_not_replayed(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    late = await start(sim=app.sim, client="8001")
    assert (await late.leg())["status"] == "Connected"
    assert late.frames == []


async def test_requests_over_the_socket_are_answered_by_event_4(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    path = f"/callcontrol/8001/participants/{leg['id']}/routeto"
    await app.socket.send_json({"RequestID": "a1", "Path": path, "RequestData": {"Destination": "101"}})
    await app.socket.send_json({"requestid": "a2", "path": "/callcontrol/8001/nothing", "requestdata": {}})

    def answers() -> list[Any]:
        return [one["event"]["attached_data"] for one in app.frames if one["event"]["event_type"] == 4]

    await app.seen(lambda _: len(answers()) == 2)
    refused, routed = answers()
    assert refused == {
        "RequestID": "a2",
        "Path": "/callcontrol/8001/nothing",
        "StatusCode": 404,
        "Response": None,
    }
    assert (routed["RequestID"], routed["Path"], routed["StatusCode"]) == ("a1", path, 200)
    assert routed["Response"]["finalstatus"] == "Success"


async def test_the_keys_of_an_answer_over_the_socket_are_an_option(start: Any) -> None:
    app = await start("auto", response_keys="snake_case")
    await app.socket.send_json({"RequestID": "a", "Path": "/callcontrol/8001/devices"})
    await app.seen(bool)
    answer = app.frames[0]["event"]["attached_data"]
    assert list(answer) == ["request_id", "path", "status_code", "response"]
    assert (answer["request_id"], answer["status_code"]) == ("a", 200)


async def test_what_http_would_read_can_be_read_over_the_socket(start: Any) -> None:
    app = await start("manual")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    device = quote(await app.device("101"), safe="")
    paths = ["", "/8001", f"/8001/participants/{leg['id']}", "/8001/participants", "/101/devices"]
    paths += [f"/101/devices/{device}", "/8002", "/8001/participants/1", "/8001/nothing", "/101?x=1"]
    for path in paths:
        await app.socket.send_json({"RequestID": path, "Path": f"/callcontrol{path}"})

    def answers() -> dict[str, tuple[int, Any]]:
        found = [one["event"]["attached_data"] for one in app.frames if one["event"]["event_type"] == 4]
        return {one["RequestID"]: (one["StatusCode"], one["Response"]) for one in found}

    await app.seen(lambda _: len(answers()) == len(paths))
    for path in paths:
        status, body = await app.get(f"/callcontrol{path}")
        assert answers()[path] == (status if status != 405 else 404, body or None), path


async def test_requests_over_a_socket_need_the_licence_and_the_right(start: Any) -> None:
    app = await start("auto", licence_missing="404")

    async def status() -> int:
        count = len(app.frames)
        await app.socket.send_json({"RequestID": "r", "Path": "/callcontrol"})
        await app.seen(lambda frames: len(frames) > count)
        return int(app.frames[-1]["event"]["attached_data"]["StatusCode"])

    assert await status() == 200
    app.sim.control.licence(False)
    assert await status() == 404
    app.sim.control.licence(True)
    app.sim.control.set_rights("8001", call_control=False)
    assert await status() == 403


async def test_a_request_in_a_binary_frame_is_read_like_one_in_a_text_frame(start: Any) -> None:
    app = await start("auto")
    for garbage in (b"", b"\xff\xfe", b"[1]", b'{"RequestID":'):
        await app.socket.send_bytes(garbage)
        await app.socket.send_str(garbage.decode("latin-1"))
    asked = {"RequestID": "b1", "Path": "/callcontrol/8001/nothing", "RequestData": {}}
    await app.socket.send_bytes(json.dumps(asked).encode())
    await app.seen(lambda frames: len(frames) == 1)
    answer = app.frames[0]["event"]["attached_data"]
    assert (answer["RequestID"], answer["StatusCode"]) == ("b1", 404)


@pytest.mark.parametrize(("frames", "expected"), [("single", ["1", "2", "#"]), ("string", ["12#"])])
async def test_keys_reach_the_application_as_event_2(start: Any, frames: str, expected: list[str]) -> None:
    app = await start("auto", dtmf_frames=frames)
    other = await start(sim=app.sim, client="8002")
    call = app.sim.control.call(CALLER, DID)
    app.sim.control.press(call, "12#")
    await app.seen(
        lambda seen: len([one for one in seen if one["event"]["event_type"] == 2]) == len(expected)
    )
    keys = [one["event"]["attached_data"] for one in app.frames if one["event"]["event_type"] == 2]
    assert keys == [{"dtmf_input": key} for key in expected]
    assert other.frames == []


async def test_the_upsert_of_a_ringing_leg_repeats_when_the_profile_says_so(start: Any) -> None:
    app = await start("manual", upsert_repeat_ms=750)
    app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) >= 3)
    assert len({frame["event"]["entity"] for frame in app.frames}) == 1


async def test_a_leg_may_be_told_before_it_can_be_read(start: Any) -> None:
    app = await start("auto", get_404_race=2000)
    app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 1)
    path = app.frames[0]["event"]["entity"]
    assert (await app.get(path))[0] == 404
    assert (await app.legs())[0]["status"] == "Connected"


async def test_a_leg_that_is_told_late_cannot_be_read_for_a_while_after_that(start: Any) -> None:
    app = await start("auto", get_404_race=2000, upsert_delay_ms=2000)
    app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 1)
    assert (await app.get(app.frames[0]["event"]["entity"]))[0] == 404


async def test_a_reset_loses_no_frame_that_was_late(start: Any) -> None:
    app = await start("auto", upsert_delay_ms=500)
    call = app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 1)
    app.sim.control.hang_up(call)
    app.sim.control.reset()
    await app.seen(lambda frames: len(frames) == 2)
    app.sim.control.call(CALLER, DID)
    await app.seen(lambda frames: len(frames) == 3)
    assert [kind for kind, _ in app.events()] == [0, 1, 0]


async def test_the_web_server_may_refuse_the_upgrade_of_a_socket(start: Any) -> None:
    app = await start()
    app.sim.control.answer_next(503, path="/callcontrol/ws", retry_after=1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await app.session.ws_connect(app.sim.url + "/callcontrol/ws", headers=app.headers)
    told = refused.value.headers
    assert told is not None
    assert (refused.value.status, told["Retry-After"]) == (503, "1")
    again = await app.session.ws_connect(app.sim.url + "/callcontrol/ws", headers=app.headers)
    await again.close()


@pytest.mark.parametrize("code", [1001, 1011, 1006])
async def test_sockets_end_in_the_way_that_is_asked_for(start: Any, code: int) -> None:
    app = await start()
    assert await app.sim.control.cut_sockets(code) == 1
    await asyncio.wait_for(app.ended.wait(), 5)
    assert app.socket.close_code == code


async def test_a_connection_that_is_being_closed_is_not_mistaken_for_another(start: Any) -> None:
    app = await start()
    leaving = MagicMock(**{"transport.get_extra_info.return_value": None})  # as uvloop's TLS answers then
    app.sim._listener._state.connections.add(leaving)
    assert app.sim._listener.transport(("127.0.0.1", 1)) is None
    app.sim._listener._state.connections.discard(leaving)


async def test_a_half_open_socket_answers_pings_and_says_nothing(start: Any) -> None:
    app = await start("auto")
    app.sim.control.half_open()
    app.sim.control.call(CALLER, DID)
    fresh = await start(sim=app.sim, client="8001")
    await app.socket.ping()
    app.sim.control.call(CALLER, DID)
    await fresh.seen(lambda frames: len(frames) == 1)
    assert app.frames == []
    assert not app.socket.closed


async def test_a_restart_ends_running_streams(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with app.session.get(app.sim.url + path, headers=app.headers) as stream:
        await stream.content.readexactly(320)
        await app.sim.control.restart()
        await asyncio.wait_for(stream.content.read(), 5)
    assert app.sim.control.streams().gets_open == 0


async def test_a_restart_ends_everything_and_hands_out_the_same_numbers_again(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    before = await app.leg()
    await app.sim.control.restart()
    assert (await app.get("/callcontrol"))[0] == 401
    await app.log_in()
    assert await app.legs() == []
    app.sim.control.call(CALLER, DID)
    after = await app.leg()
    assert (after["id"], after["callid"]) == (before["id"], before["callid"])
