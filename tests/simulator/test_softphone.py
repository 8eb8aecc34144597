"""The telephone in the browser: its page, and the socket that carries the caller's sound."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from threecx_simulator import Simulator
from threecx_simulator.audio.pcm import FRAME, samples, tone

pytestmark = pytest.mark.proves("simulator.softphone")


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(control_listen=("127.0.0.1", 0)) as running:
        yield running


async def test_the_page_is_served_without_anything_from_elsewhere(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{sim.control_url}/phone") as answer:
        page = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "Keypad" in page
    assert "://" not in page


async def test_a_browser_hears_the_prompt_and_is_heard(start: Any, sim: Simulator) -> None:
    app = await start(sim=sim)
    call = sim.control.call("+49301234567", "+4930555001")
    stream = f"{sim.url}/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with (
        app.session.ws_connect(f"{sim.control_url}/calls/{call}/audio") as browser,
        app.session.get(stream, headers=app.headers) as hears,
    ):
        await app.session.post(stream, headers=app.headers, data=tone(440, 0.5))
        while not samples(await browser.receive_bytes(timeout=5)).any():
            pass
        await browser.send_bytes(tone(900, 0.3))
        async with asyncio.timeout(5):
            while not samples(await hears.content.readexactly(FRAME)).any():
                pass
        sim.control.hang_up(call)
        async for _ in browser:
            pass
        assert browser.close_code == 1000


async def test_a_page_of_another_site_may_not_listen(sim: Simulator) -> None:
    call = sim.control.call("+49301234567", "+4930555001")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(
                f"{sim.control_url}/calls/{call}/audio", origin="https://elsewhere.example"
            )
    assert refused.value.status == 403
