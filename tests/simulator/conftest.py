"""A simulator and a plain HTTP program against it: aiohttp and nothing of ours, as a stranger would write it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from threecx_simulator import PROFILES, Clock, Profile, Simulator, SystemClock, default_world
from threecx_simulator.pytest_plugin import threecx_pbx, threecx_scenario  # noqa: F401 (fixtures of these tests too)

DEFAULT_SECRET = default_world().clients[0].secret
SPEED = 20  # the PBX lives so much faster than we


class Application:
    """A program with an API client: a token, a socket whose frames are kept, and verbs."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession, client: str) -> None:
        self.sim = sim
        self.session = session
        self.client = client
        self.token = ""
        self.frames: list[dict[str, Any]] = []
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self._arrived = asyncio.Condition()
        self.ended = asyncio.Event()

    async def log_in(self, secret: str = DEFAULT_SECRET) -> dict[str, Any]:
        fields = {"client_id": self.client, "client_secret": secret, "grant_type": "client_credentials"}
        async with self.session.post(f"{self.sim.url}/connect/token", data=fields) as answer:
            body: dict[str, Any] = await answer.json()
            self.token = body.get("access_token", self.token)
            return body | {"status": answer.status}

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body (parsed when JSON, else text)."""
        headers = self.headers | more.pop("headers", {})
        async with self.session.request(method, self.sim.url + path, headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type and text else text

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        return await self.ask("GET", path, **more)

    async def legs(self, dn: str | None = None) -> list[dict[str, Any]]:
        status, body = await self.get(f"/callcontrol/{dn or self.client}/participants")
        assert status == 200
        return list(body)

    async def leg(self, dn: str | None = None, status: str | None = None) -> dict[str, Any]:
        """The one leg of a DN, as soon as it is there (in that status)."""

        async def there() -> dict[str, Any] | None:
            found = [one for one in await self.legs(dn) if one["dn"] == (dn or self.client)]
            return found[0] if found and status in {None, found[0]["status"]} else None

        found: dict[str, Any] = await eventually(
            there, f"a leg of {dn or self.client} that is {status or 'there'}"
        )
        return found

    async def verb(self, leg: dict[str, Any], action: str, **body: Any) -> tuple[int, Any]:
        return await self.ask(
            "POST", f"/callcontrol/{leg['dn']}/participants/{leg['id']}/{action}", json=body
        )

    async def make_call(
        self, destination: str, dn: str | None = None, device: str | None = None, **more: Any
    ) -> Any:
        base = f"/callcontrol/{dn or self.client}"
        middle = f"/devices/{quote(device, safe='')}" if device else ""
        return await self.ask("POST", f"{base}{middle}/makecall", json={"destination": destination, **more})

    async def device(self, dn: str | None = None) -> str:
        _, devices = await self.get(f"/callcontrol/{dn or self.client}/devices")
        return str(devices[0]["device_id"])

    async def listen(self) -> "Application":
        self.socket = await self.session.ws_connect(f"{self.sim.url}/callcontrol/ws", headers=self.headers)
        return self

    async def hang_up(self) -> None:
        assert self.socket is not None
        await self.socket.close()

    async def read(self) -> None:
        """Keep frames until the socket ends (a task of the fixture)."""
        assert self.socket is not None
        async for message in self.socket:
            async with self._arrived:
                self.frames.append(json.loads(message.data))
                self._arrived.notify_all()
        self.ended.set()

    async def seen(self, condition: Callable[[list[dict[str, Any]]], bool], within: float = 10) -> None:
        """Wait until the frames so far satisfy a condition."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: condition(self.frames))

    def events(self) -> list[tuple[int, str]]:
        """(event_type, dn/id) of every frame."""
        return [
            (
                frame["event"]["event_type"],
                frame["event"]["entity"].removeprefix("/callcontrol/").replace("/participants", ""),
            )
            for frame in self.frames
        ]


async def eventually(condition: Callable[[], Any], what: str, within: float = 10) -> Any:
    """The first true value of an awaitable condition, asked again until then."""
    async with asyncio.timeout(within):
        while not (found := await condition()):  # noqa: ASYNC110 (each turn asks the PBX anew)
            await asyncio.sleep(0)
        return found


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    """`await start(profile="manual", client="8001", **options of Profile)` → an application that listens."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        readers = []

        async def begin(
            profile: str | Profile = "auto",
            *,
            tls: bool = False,
            sim: Simulator | None = None,
            client: str = "8001",
            clock: Clock | None = None,
            **options: Any,
        ) -> Application:
            chosen = replace(PROFILES[profile], **options) if isinstance(profile, str) else profile
            running = sim
            if running is None:
                made = Simulator(profile=chosen, clock=clock or SystemClock(SPEED), tls=tls)
                running = await stack.enter_async_context(made)
            trust = ssl.create_default_context(cafile=str(running.ca_file)) if running.ca_file else True
            connector = aiohttp.TCPConnector(ssl=trust)
            session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            application = Application(running, session, client)
            await application.log_in()
            await application.listen()
            stack.push_async_callback(application.hang_up)
            readers.append(tasks.create_task(application.read()))
            return application

        yield begin
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
