"""What a caller hears when no operation is at work: ring-back or music, the fallback's prompt, an apology; never nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.readings import ANSWERED, under
from tests.waiting import eventually
from threecx_pbx.media import hold_music, ringback

from .conftest import CALLER, ROUTE_POINT, SHIPPED, WITHIN, PhoneCall, Workflow, samples

RING = np.frombuffer(ringback().data[:16_000], "<i2").astype(np.float64)
MUSIC = np.frombuffer(hold_music().data[:32_000], "<i2").astype(np.float64)
FALLBACK = samples(SHIPPED / "en/fallback.wav")
APOLOGY = samples(SHIPPED / "en/apology.wav")


async def unclaimed(workflow: Workflow) -> PhoneCall:
    """A call that no workflow takes."""
    workflow.away = True
    report = workflow.sim.control.call(CALLER, ROUTE_POINT)
    return PhoneCall(workflow, report, "")


@pytest.mark.proves("receiver.idleAudio")
@ANSWERED
@pytest.mark.parametrize(
    ("receiver", "sound"),
    [({"idleAudio": "ringBack"}, RING), ({"idleAudio": "music"}, MUSIC)],
    ids=["ring-back", "music"],
)
async def test_a_gap_between_operations_is_filled(workflow: Workflow, sound: Any) -> None:
    call = await workflow.call()
    await call.hears(sound)


@pytest.mark.proves("receiver.idleAudio")
@pytest.mark.parametrize("receiver", [{"idleAudio": "ringBack"}])
async def test_an_operation_ends_the_filling_at_once(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.hears(RING)
    waiting = asyncio.create_task(call.run("collectDTMF", timeout=20))
    await eventually(lambda: not workflow.sim.control.heard(call.report).spans[-1].sound)
    call.press("1")
    assert (await waiting)["item"]["dtmfInput"] == "1"


@dataclass
class SlowSite:
    """A web server that gives its file when it is let."""

    address: str = ""
    free: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def give(self, _: web.Request) -> web.FileResponse:
        self.asked.set()
        await self.free.wait()
        return web.FileResponse(SHIPPED / "en/welcome.wav")


@pytest.fixture
async def slow_site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowSite]:
    monkeypatch.setenv("N8N_3CX_ALLOW_PRIVATE_URLS", "true")
    site = SlowSite()
    app = web.Application()
    app.router.add_get("/welcome.wav", site.give)
    async with TestServer(app) as server:
        site.address = f"http://127.0.0.1:{server.port}/welcome.wav"
        yield site


@pytest.mark.proves("receiver.idleAudio")
@ANSWERED
@pytest.mark.parametrize("receiver", [{"idleAudio": "music"}])
@pytest.mark.parametrize("gap", [True, False], ids=["after a gap", "at once"])
async def test_a_caller_hears_music_until_the_operation_s_own_sound_has_come(
    slow_site: SlowSite, workflow: Workflow, gap: bool
) -> None:
    call = await workflow.call()
    if gap:
        await call.hears(MUSIC)
    playing = asyncio.create_task(
        call.run("playAudio", audioFile={"mode": "url", "value": slow_site.address})
    )
    await slow_site.asked.wait()
    if not gap:
        await call.hears(MUSIC)
    before = len(call.heard)
    await eventually(lambda: len(call.heard) >= before + 32_000)
    halves = np.frombuffer(call.heard[before : before + 32_000], "<i2").reshape(4, -1)
    assert (np.abs(halves.astype(np.int32)).max(axis=1) > 500).all()
    slow_site.free.set()
    assert (await playing)["item"]["status"] == "completed"
    await call.hears(samples(SHIPPED / "en/welcome.wav"))


@pytest.mark.proves("receiver.autoAnswer")
@ANSWERED
async def test_a_call_that_the_pbx_has_connected_by_itself_hears_ring_back(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    await call.hears(RING)


@pytest.mark.proves("care.nobody-home")
@ANSWERED
@pytest.mark.parametrize("receiver", [{"fallbackDestination": {"mode": "number", "value": "102"}}])
async def test_with_nobody_home_the_caller_hears_where_the_call_goes(workflow: Workflow) -> None:
    call = await unclaimed(workflow)
    await call.reached("connected 102")
    await call.hears(RING)
    await call.hears(FALLBACK)


@pytest.mark.proves("care.nobody-home")
@under(
    seeds_often=False, told=True, route_point_answer="auto"
)  # 202 tells of a busy phone when it has rung out
@pytest.mark.parametrize(
    "receiver", [{}, {"fallbackDestination": {"mode": "number", "value": "101"}}], ids=["nowhere", "busy"]
)
async def test_a_caller_whom_nobody_takes_hears_an_apology_before_the_end(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", busy=True)
    call = await unclaimed(workflow)
    await workflow.sim.control.ended(call.report, within=WITHIN)
    await call.hears(APOLOGY)


@pytest.mark.proves("care.workflow-stopped", "receiver.idleTimeout", "receiver.ifWorkflowStops")
@pytest.mark.parametrize(
    "receiver",
    [{"idleTimeout": 5, "idleAudio": "ringBack", "fallbackDestination": {"mode": "number", "value": "102"}}],
)
async def test_a_workflow_killed_in_a_menu_leaves_the_caller_to_ring_back_then_the_fallback(
    workflow: Workflow,
) -> None:
    call = await workflow.call()
    prompt = {"mode": "list", "value": "en/main-menu"}
    choices = [{"key": "1", "label": "Sales"}]
    menu = asyncio.create_task(call.run("menu", prompt=prompt, choices=choices))
    await call.heard_sound()
    menu.cancel()
    await call.hears(RING)
    await call.reached("connected 102")
    await call.hears(FALLBACK)


@pytest.mark.proves("receiver.idleTimeout")
@ANSWERED
@pytest.mark.parametrize("receiver", [{"idleTimeout": 5, "ifWorkflowStops": "hangUp"}])
async def test_a_caller_on_hold_or_with_background_music_is_not_idle(workflow: Workflow) -> None:
    held, listening = await workflow.call(), await workflow.call("+4930123457")
    left = await workflow.call("+4930123458")
    await held.run("holdCall")
    await listening.run("playAudio", audioFile={"mode": "list", "value": "en/welcome"}, background=True)
    await workflow.sim.control.ended(left.report, within=WITHIN)
    await workflow.sim.control.until(held.report, lambda report: report.state == "connected")
    await workflow.sim.control.until(listening.report, lambda report: report.state == "connected")
