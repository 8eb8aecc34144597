"""A listening socket with uvicorn's protocols on the loop of whoever opens it: no signal handlers, no polling."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from threecx_simulator.http.http1 import Http1Protocol
from threecx_simulator.http.upgrade import UpgradeProtocol


class _Expected(logging.Filter):
    """Keeps two things out of uvicorn's error log that are no errors: a refused socket (it misses the handshake
    that a denial response replaces), and requests cancelled because the simulator stops."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cancelled and "without completing handshake" not in record.msg


_RECEIVED = (
    1 << 14
)  # bytes (Linux doubles it) the system may hold unread: 2 s of sound, so that back-pressure is felt


_EXPECTED = _Expected()


class Listener:
    """One address that serves one application."""

    def __init__(
        self,
        app: ASGIApp,
        tls: ssl.SSLContext | None = None,
        protocol: Callable[..., Http1Protocol] = Http1Protocol,
    ) -> None:
        self._tls = tls
        self._protocol = protocol
        self._config = Config(
            app,
            http="httptools",
            ws=UpgradeProtocol,
            ws_ping_interval=None,
            ws_per_message_deflate=False,  # frames are written past uvicorn, uncompressed as by ASP.NET
            ws_max_size=1 << 20,  # "message size is limited" (D); how far is not told
            lifespan="off",
            timeout_keep_alive=120,  # seconds, as Kestrel keeps idle connections
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self.address = ""

    async def open(self, host: str, port: int) -> None:
        """Listen; port 0 lets the system choose, `address` tells which."""
        logging.getLogger("uvicorn.error").addFilter(_EXPECTED)  # the same filter is added once
        if not self._config.loaded:
            self._config.load()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=2048)
        # inherited by connections; asyncio leaves it to us when the socket is ours, and an answer in two writes is 40 ms late
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED)
        make = partial(
            self._protocol,
            config=self._config,
            server_state=self._state,
            app_state={},
        )
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(make, sock=listening, ssl=self._tls)
        known, at = listening.getsockname()[:2]
        self.address = f"[{known}]:{at}" if ":" in known else f"{known}:{at}"

    def transport(self, peer: tuple[str, int]) -> asyncio.Transport | None:
        """The connection of this peer address; None = it has gone."""
        for connection in self._state.connections:
            transport = connection.transport
            known = transport.get_extra_info(
                "peername"
            )  # None on uvloop when a TLS connection is being closed
            if known is not None and known[:2] == peer:
                return transport
        return None

    async def close(self) -> None:
        """Stop at once: connections break, running requests are cancelled."""
        if self._server is None:
            return
        await self._stop_accepting(self._server)
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports run connection_lost
        await self._server.wait_closed()
        self._server = None

    @staticmethod
    async def _stop_accepting(server: asyncio.Server) -> None:
        """asyncio attaches an accepted connection one turn later; a server closed in between leaves it open."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop):
            for listening in server.sockets:
                loop.remove_reader(listening)
        for _ in range(2):
            await asyncio.sleep(0)
