"""All task brokers of this runner: one connection to each n8n process, kept for ever."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any

import structlog
from aiohttp import ClientSession
from pydantic import SecretStr

from threecx_pbx.clock import Clock
from threecx_pbx.watching import backoff
from threecx_runner.api.ports import Dispatching
from threecx_runner.broker.connection import Connection
from threecx_runner.broker.done import Outcome, Result
from threecx_runner.broker.joining import BrokerAway, joined
from threecx_runner.broker.pieces import is_about_file, piece_of
from threecx_runner.broker.work import lines_of, request_of
from threecx_runner.files import Files
from threecx_runner.n8n import n8n_session
from threecx_runner.settings import Settings

DRAIN_S = 30
"""So long may running operations go on after SIGTERM (architecture 4)."""

_LONGEST_PAUSE_S = 5.0
"""A node waits meanwhile; the broker bears five tries a second."""

_HELD = timedelta(seconds=30)
"""A connection that lasted so long was a good one: the next try comes at once again."""

_log = structlog.get_logger(__name__)


class Brokers:
    """Connects while it is entered; without N8N_RUNNERS_TASK_BROKER_URI it does nothing. Leaving it drains."""

    def __init__(self, dispatcher: Dispatching, files: Files, settings: Settings, clock: Clock) -> None:
        self._dispatcher = dispatcher
        self._files = files
        self._settings = settings
        self._clock = clock
        self._connections: dict[str, Connection] = {}
        self._away: dict[str, str] = {}
        self._drained: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Brokers":
        uris = self._settings.task_broker_uris
        self._http = n8n_session(self._settings.ca_file)
        self._away = dict.fromkeys(uris, "it is not connected yet")
        self._keeping = [asyncio.create_task(self._keep(uri), name=f"broker {uri}") for uri in uris]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        assert self._drained is not None
        await self._drained
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await self._http.close()

    def refuse(self) -> None:
        """No further task is taken from now on; those that run may end within DRAIN_S."""
        for connection in self._connections.values():
            connection.refuse()
        if self._drained is None:
            self._drained = asyncio.create_task(self._drain(), name="drain tasks")

    def troubles(self) -> Sequence[str]:
        """One sentence for each broker without a connection."""
        return [f"n8n's task broker at {uri} is not connected: {why}." for uri, why in self._away.items()]

    async def _drain(self) -> None:
        idle = asyncio.create_task(self._all_idle(), name="all tasks done")
        late = asyncio.create_task(self._clock.sleep(DRAIN_S), name="deadline of the drain")
        try:
            await asyncio.wait({idle, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()
            late.cancel()

    async def _all_idle(self) -> None:
        for connection in list(self._connections.values()):
            await connection.idle.wait()

    async def _keep(self, uri: str) -> None:
        """The outermost loop of one broker."""
        tries = 0
        while self._drained is None:
            began = self._clock.now()
            try:
                await self._connected(self._http, uri, self._settings.task_broker_token)
                self._is_away(uri, "it has closed the connection")
            except BrokerAway as away:
                self._is_away(uri, str(away))
            except Exception as error:  # noqa: BLE001 - the outermost loop: what ends a connection is logged, and it goes on
                _log.error("unexpected error at n8n's task broker", broker=uri, exc_info=error)
                self._is_away(uri, f"the runner failed in a way it was not made for ({type(error).__name__})")
            tries = 0 if self._clock.now() - began > _HELD else tries
            await self._clock.sleep(min(_LONGEST_PAUSE_S, backoff(tries)))
            tries += 1

    async def _connected(self, http: ClientSession, uri: str, token: SecretStr) -> None:
        """Serves one connection until its end. Raises BrokerAway."""
        async with joined(http, uri, token) as socket:
            if self._drained is not None:
                return
            connection = Connection(socket, self._work, self._clock)
            self._connections[uri] = connection
            telling = asyncio.create_task(self._tell(uri, connection), name="registered")
            try:
                await connection.serve()
            finally:
                telling.cancel()
                del self._connections[uri]
        if not connection.registered.is_set():
            raise BrokerAway("it has not registered the runner")

    async def _tell(self, uri: str, connection: Connection) -> None:
        await connection.registered.wait()
        self._away.pop(uri, None)
        _log.info("tasks are taken from n8n's task broker", broker=uri)

    def _is_away(self, uri: str, why: str) -> None:
        if self._away.get(uri) != why and self._drained is None:
            _log.warning("n8n's task broker is not connected", broker=uri, why=why)
        self._away[uri] = why

    async def _work(self, settings: Any) -> Result:
        if is_about_file(settings):
            return await piece_of(self._files, settings)
        request = request_of(settings, self._settings)
        return Outcome(await lines_of(self._dispatcher, request, self._clock))
