"""Programs as 3CX's own examples are built, in our words: what they take for granted has to hold."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from threecx_simulator import SystemClock
from threecx_simulator.audio.pcm import FRAME, RATE, tone

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"


class Menu:
    """A menu by key: it never answers, talks over one POST and one GET, and leaves the call itself in the end. Of a route
    it looks at the status alone: after an error it goes on talking and waits for another key."""

    def __init__(self, app: Any, route_point: str, keys: dict[str, str]) -> None:
        self.app = app
        self.route_point = route_point
        self.keys = keys
        self.silent = asyncio.Event()
        self.read = 0

    async def serve(self) -> tuple[dict[str, Any], int]:
        """One caller: the result of the route, and the status of the drop after it."""
        leg = await self.connected()
        path = f"/callcontrol/{self.route_point}/participants/{leg['id']}"
        async with asyncio.TaskGroup() as streams:
            streams.create_task(self.app.ask("POST", f"{path}/stream", data=self.prompt()))
            streams.create_task(self.hear(f"{path}/stream"))
            for press in itertools.count():
                key = await self.pressed(leg["id"], press)
                status, routed = await self.app.ask(
                    "POST", f"{path}/routeto", json={"destination": self.keys[key]}
                )
                if status < 300:
                    break
            self.silent.set()
            dropped, _ = await self.app.ask("POST", f"{path}/drop", json={"destination": "152"})
        return routed, dropped

    async def connected(self) -> dict[str, Any]:
        """Every Upsert is read; the first leg that is Connected is served."""
        await self.app.seen(bool)
        while True:
            for kind, entity in self.app.events():
                dn, _, number = entity.rpartition("/")
                if (kind, dn) == (0, self.route_point):
                    status, leg = await self.app.get(f"/callcontrol/{dn}/participants/{number}")
                    if status == 200 and leg["status"] == "Connected":
                        return dict(leg)
            count = len(self.app.frames)
            await self.app.seen(lambda frames, count=count: len(frames) > count)

    async def pressed(self, participant: int, press: int) -> str:
        def keys() -> list[str]:
            events = [frame["event"] for frame in self.app.frames]
            mine = [
                one for one in events if one["event_type"] == 2 and one["entity"].endswith(str(participant))
            ]
            return [str(one["attached_data"]["dtmf_input"]) for one in mine]

        await self.app.seen(lambda _: len(keys()) > press)
        return keys()[press]

    async def prompt(self) -> AsyncIterator[bytes]:
        """Half a second ahead, in blocks of 4096 bytes, until the caller has been routed."""
        sound = tone(440, 0.5)
        while not self.silent.is_set():
            for at in range(0, len(sound), 4096):
                yield sound[at : at + 4096]
            await self.app.sim.clock.sleep(len(sound) / RATE)

    async def hear(self, path: str) -> None:
        """To its end, which is the leg's."""
        async with self.app.session.get(self.app.sim.url + path, headers=self.app.headers) as answer:
            assert (answer.status, answer.content_type) == (200, "application/octet-stream")
            async for part in answer.content.iter_any():
                self.read += len(part)


@pytest.mark.parametrize(("own_leg", "after"), [("removed", 404), ("stays", 200)])
@pytest.mark.parametrize("profile", ["auto", "v20_u9"])
async def test_a_menu_by_key_finds_its_route_point_talks_listens_and_puts_the_caller_through(
    start: Any, profile: str, own_leg: str, after: int
) -> None:
    app = await start(profile, tls=True, clock=SystemClock(4), own_leg_after_route=own_leg)
    status, dns = await app.get("/callcontrol")
    (route_point,) = [one["dn"] for one in dns if one["type"] == "Wroutepoint"]
    menu = Menu(app, route_point, {"1": "101"})
    app.sim.control.behave("101", answers_after=2.0)
    call = app.sim.control.call(CALLER, DID)
    serving = asyncio.create_task(menu.serve())
    await app.sim.control.asked("GET", "/stream")
    await app.sim.control.asked("POST", "/stream")
    app.sim.control.press(call, "1")
    routed, dropped = await asyncio.wait_for(serving, 20)
    assert (status, routed["finalstatus"], dropped) == (200, "Success", after)
    assert app.sim.control.report(call).connected_to == "101"
    assert menu.read >= FRAME
    assert any(span.sound for span in app.sim.control.heard(call).spans)


@pytest.mark.parametrize("behaviour", [{"busy": True}, {"registered": False}])
async def test_a_menu_keeps_the_caller_whom_nobody_took_and_puts_the_next_key_through(
    start: Any, behaviour: dict[str, Any]
) -> None:
    app = await start("auto")
    menu = Menu(app, "8001", {"1": "101", "2": "102"})
    app.sim.control.behave("101", **behaviour)
    call = app.sim.control.call(CALLER, DID)
    serving = asyncio.create_task(menu.serve())
    await app.sim.control.asked("POST", "/stream")
    app.sim.control.press(call, "1")
    await app.sim.control.asked("POST", "/routeto")
    app.sim.control.press(call, "2")
    routed, _ = await asyncio.wait_for(serving, 20)
    assert routed["finalstatus"] == "Success"
    assert app.sim.control.report(call).connected_to == "102"


async def test_a_dialler_calls_from_the_first_extension_that_it_finds(start: Any) -> None:
    app = await start(tls=True)
    _, dns = await app.get("/callcontrol")
    extension = next(one for one in dns if one["type"] == "Wextension")
    status, body = await app.make_call("104", extension["dn"], extension["devices"][0]["device_id"])
    assert (status, body["finalstatus"], body["result"]["dn"]) == (200, "Success", extension["dn"])
    status, _ = await app.verb(body["result"], "drop")
    assert status == 200
    (report,) = app.sim.control.calls()
    assert report.state == "ended"
