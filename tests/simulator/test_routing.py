"""Paths and methods of the Call Control API and its log-in, as ASP.NET Core's routing has them."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"


async def _allowed(app: Any, method: str, path: str) -> tuple[int, str | None, bytes]:
    async with app.session.request(method, app.sim.url + path, headers=app.headers) as answer:
        return answer.status, answer.headers.get("Allow"), await answer.read()


@pytest.mark.parametrize("path_case", ["any", "exact"])
async def test_a_slash_at_the_end_of_a_path_means_nothing(start: Any, path_case: str) -> None:
    app = await start("auto", path_case=path_case)
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    mine = f"/callcontrol/8001/participants/{leg['id']}"
    for path in ("/callcontrol", "/callcontrol/101", "/callcontrol/101/devices", mine):
        assert await app.get(path + "/") == await app.get(path), path
    device = (await app.device("101")).replace(":", "%3A")
    assert (await app.get(f"/callcontrol/101/devices/{device}/"))[1]["dn"] == "101"
    async with app.session.get(f"{app.sim.url}{mine}/stream/", headers=app.headers) as answer:
        assert answer.status == 200
    assert (await app.ask("POST", f"{mine}/drop/", json={}))[0] == 200
    async with app.session.ws_connect(f"{app.sim.url}/callcontrol/ws/", headers=app.headers) as socket:
        assert not socket.closed
    fields = {"client_id": "8002", "client_secret": "simulator-secret", "grant_type": "client_credentials"}
    assert (await app.ask("POST", "/connect/token/", data=fields))[0] == 200


async def test_the_words_of_a_path_are_known_in_any_case(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    mine = f"/CallControl/8001/Participants/{leg['id']}"
    assert (await app.get(mine))[1]["id"] == leg["id"]
    async with app.session.get(f"{app.sim.url}{mine}/Stream", headers=app.headers) as answer:
        assert answer.status == 200
    async with app.session.ws_connect(f"{app.sim.url}/CallControl/WS", headers=app.headers) as socket:
        await socket.send_json({"RequestID": "1", "Path": "/CallControl/8001/Devices"})
        async with asyncio.timeout(10):
            assert (await socket.receive_json())["event"]["attached_data"]["StatusCode"] == 200
    assert (await app.ask("POST", f"{mine}/Drop", json={}))[0] == 200
    await app.sim.control.ended(call)


async def test_the_words_of_a_path_are_exact_where_the_profile_says_so(start: Any) -> None:
    app = await start("auto", path_case="exact")
    app.sim.control.call(CALLER, DID)
    mine = f"/callcontrol/8001/participants/{(await app.leg())['id']}"
    for path in ("/CallControl", "/callcontrol/101/Devices", f"{mine}/Stream"):
        assert (await app.get(path))[0] in {404, 405}, path
    assert (await app.ask("POST", f"{mine}/Drop", json={}))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/callcontrol", "GET"),
        ("OPTIONS", "/callcontrol/101", "GET"),
        ("DELETE", "/callcontrol/101/devices", "GET"),
        ("PUT", "/callcontrol/101/makecall", "POST"),
        ("GET", "/callcontrol/101/makecall", "POST"),
        ("GET", "/connect/token", "POST"),
        ("OPTIONS", "/connect/token", "POST"),
    ],
)
async def test_a_method_that_does_not_go_is_told_which_would(
    start: Any, method: str, path: str, allowed: str
) -> None:
    assert await _allowed(await start("auto"), method, path) == (405, allowed, b"")
