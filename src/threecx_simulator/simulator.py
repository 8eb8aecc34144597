"""The simulator as one object: `async with Simulator() as sim: sim.url …`."""

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.websockets import WebSocket

from threecx_simulator.audio.desk import Desk
from threecx_simulator.audio.people import People
from threecx_simulator.audio.studio import Studio
from threecx_simulator.authority import make_authority
from threecx_simulator.clock import Clock, SystemClock
from threecx_simulator.company import Company, History, company_of
from threecx_simulator.control.api import control_app
from threecx_simulator.control.handle import Control
from threecx_simulator.control.health import add_health
from threecx_simulator.control.sound import Sound
from threecx_simulator.control.stage import Stage
from threecx_simulator.http.app import PbxWeb
from threecx_simulator.http.gate import Gate
from threecx_simulator.http.listener import Listener
from threecx_simulator.http.streams import StreamRoutes, protocol_for
from threecx_simulator.pbx.state import new_pbx
from threecx_simulator.pbx.world import World, default_world
from threecx_simulator.profile import Profile
from threecx_simulator.readings import PROFILES
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.office import Office

Address = tuple[str, int]
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (no name to put into a certificate)
LOOPBACK: Address = ("127.0.0.1", 0)


class Simulator:
    """A PBX in this process, on the loop that enters it.

    `listen`: where the PBX serves (port 0 = chosen by the system); `control_listen`: where its control API does,
    None = nowhere, `control` is there anyhow. `keep_audio_s`: seconds of sound kept of each voice. `company`, `history`: the office behind the numbers, and
    the rows of its call log. With `tls` the PBX speaks HTTPS and `ca_file` names its authority; `tls_names`: names and
    addresses besides loopback that its certificate is for.
    """

    def __init__(
        self,
        *,
        profile: Profile = PROFILES["auto"],
        world: World | None = None,
        clock: Clock | None = None,
        tls: bool = False,
        tls_names: tuple[str, ...] = (),
        seed: int = 0,
        listen: Address = LOOPBACK,
        control_listen: Address | None = None,
        keep_audio_s: float = 600.0,
        company: Company | None = None,
        history: int = 0,
    ) -> None:
        self.profile = profile
        self.world = world or default_world()
        self.clock: Clock = clock or SystemClock()
        self._listen, self._control_listen = listen, control_listen
        self.board = Switchboard(new_pbx(self.world, profile, self.clock.now(), seed), self.clock)
        self.studio = Studio(self.board, self.clock, keep_audio_s)
        self.people = People(self.board, self.studio)
        self.desk = Desk(self.board, self.studio, self.clock)
        self.company = company or company_of(self.world, seed)
        past = History(self.world, self.company, history, self.clock.now())
        self.office = Office(self.board, self.company, past)
        self._web = PbxWeb(self.board, self.desk, self._transport, self.office)
        self.gate = Gate(self._web.app, self.clock.now, self._connection)
        self._folder = tempfile.TemporaryDirectory(prefix="threecx-simulator-") if tls else None
        self.ca_file: Path | None = None
        context = None
        if self._folder:
            self.ca_file, context = make_authority(Path(self._folder.name), self._names(tls_names))
        streams = StreamRoutes(self.board, self._web.calls, self.gate, self.desk)
        self._listener = Listener(self.gate, context, protocol_for(streams))
        self.control = Control(self.board, self._web, self.gate, Sound(self.studio, self.desk))
        offered = control_app(self.control, Stage(self.board, self.gate, self.control, self.clock))
        add_health(offered, self.office)
        self._control_listener = Listener(offered)
        self._running: list[asyncio.Task[None]] = []

    def _names(self, more: tuple[str, ...]) -> tuple[str, ...]:
        host = self._listen[0]
        return (self.world.fqdn, *more, *(() if host in _EVERYWHERE else (host,)))

    @property
    def url(self) -> str:
        """The PBX's base address, without a slash at the end."""
        return f"{'https' if self.ca_file else 'http'}://{self._listener.address}"

    @property
    def control_url(self) -> str:
        """The control API's base address."""
        return f"http://{self._control_listener.address}"

    def _transport(self, socket: WebSocket) -> asyncio.Transport | None:
        client = socket.client
        return self._connection((client.host, client.port)) if client else None

    def _connection(self, peer: Address) -> asyncio.Transport | None:
        return self._listener.transport(peer)

    async def __aenter__(self) -> Self:
        """Start; the addresses are known afterwards."""
        await self._listener.open(*self._listen)
        if self._control_listen:
            await self._control_listener.open(*self._control_listen)
        self._running = [
            asyncio.create_task(self.board.run(), name="switchboard"),
            asyncio.create_task(self.desk.run(), name="audio clock"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._control_listener.close()
        await self._listener.close()
        if self._folder:
            self._folder.cleanup()
