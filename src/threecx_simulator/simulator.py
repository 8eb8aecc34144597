"""The simulator as one object: `async with Simulator() as sim: sim.url …`."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.websockets import WebSocket

from threecx_simulator.authority import make_authority
from threecx_simulator.clock import Clock, SystemClock
from threecx_simulator.control.api import control_app
from threecx_simulator.control.handle import Control
from threecx_simulator.http.app import PbxWeb
from threecx_simulator.http.gate import Gate
from threecx_simulator.http.listener import Listener
from threecx_simulator.pbx.state import new_pbx
from threecx_simulator.pbx.world import World, default_world
from threecx_simulator.profile import PROFILES, Profile
from threecx_simulator.switchboard import Switchboard

Address = tuple[str, int]
LOOPBACK: Address = ("127.0.0.1", 0)


class Simulator:
    """A PBX in this process, on the loop that enters it.

    `listen`: where the PBX serves (port 0 = chosen by the system); `control_listen`: where its control API does,
    None = nowhere, `control` is there anyhow. With `tls` the PBX speaks HTTPS and `ca_file` names its authority.
    """

    def __init__(
        self,
        *,
        profile: Profile = PROFILES["auto"],
        world: World | None = None,
        clock: Clock | None = None,
        tls: bool = False,
        seed: int = 0,
        listen: Address = LOOPBACK,
        control_listen: Address | None = None,
    ) -> None:
        self.profile = profile
        self.world = world or default_world()
        self.clock: Clock = clock or SystemClock()
        self._listen, self._control_listen = listen, control_listen
        self.board = Switchboard(new_pbx(self.world, profile, self.clock.now(), seed), self.clock)
        self._web = PbxWeb(self.board)
        self._gate = Gate(self._web.app, self.clock.now)
        self._folder = tempfile.TemporaryDirectory(prefix="threecx-simulator-") if tls else None
        self.ca_file: Path | None = None
        context = None
        if self._folder:
            self.ca_file, context = make_authority(Path(self._folder.name), (self.world.fqdn,))
        self._listener = Listener(self._gate, context)
        self.control = Control(self.board, self._web, self._gate, self._abort)
        self._control_listener = Listener(control_app(self.control))
        self._running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The PBX's base address, without a slash at the end."""
        return f"{'https' if self.ca_file else 'http'}://{self._listener.host}:{self._listener.port}"

    @property
    def control_url(self) -> str:
        """The control API's base address."""
        return f"http://{self._control_listener.host}:{self._control_listener.port}"

    def _abort(self, socket: WebSocket) -> None:
        if socket.client is not None:
            self._listener.abort((socket.client.host, socket.client.port))

    async def __aenter__(self) -> Self:
        """Start; the addresses are known afterwards."""
        await self._listener.open(*self._listen)
        if self._control_listen:
            await self._control_listener.open(*self._control_listen)
        self._running = asyncio.create_task(self.board.run(), name="switchboard")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once."""
        if self._running:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        await self._control_listener.close()
        await self._listener.close()
        if self._folder:
            self._folder.cleanup()
