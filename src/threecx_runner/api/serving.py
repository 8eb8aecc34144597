"""The API on its socket: from listening to a drained end."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from types import TracebackType

import structlog
import uvicorn

from threecx_runner.api.app import create_app
from threecx_runner.api.gate import Gate
from threecx_runner.api.services import Services
from threecx_runner.errors import SettingWrong
from threecx_runner.settings import Listen
from threecx_runner.state_folder import StateFolder

_log = structlog.get_logger(__name__)

DRAIN_S = 30
"""So long may running operations go on after SIGTERM (architecture 4)."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """Signals are ours: they end the whole runner, in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Api:
    """Serves while it is entered. Leaving refuses new work and drains what runs."""

    def __init__(self, services: Services, state: StateFolder) -> None:
        listen = services.settings.listen
        gate = Gate(state.token, state.token_configured, listen.loopback)
        self._services = services
        self._app = create_app(services, gate)
        self._stop = asyncio.Event()

    async def __aenter__(self) -> "Api":
        """Raises SettingWrong when the address or the certificate cannot be used."""
        self._server = _Server(self._config())
        self._socket = _listening(self._services.settings.listen)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="api")
        while not self._server.started:  # uvicorn has no event for it
            if self._serving.done():
                self._serving.result()
            await asyncio.sleep(0.01)
        self._hear_signals()
        _log.info("the runner listens", address=self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        await self._serving
        self._ignore_signals()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:5690`; with the port that the system chose."""
        host, port = self._socket.getsockname()[:2]
        scheme = "http" if self._services.settings.tls_cert is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    async def stopped(self) -> None:
        """Returns at SIGTERM or Ctrl-C; a second Ctrl-C ends without draining."""
        await self._stop.wait()
        _log.info("the runner stops; running operations may end", within_s=DRAIN_S)

    def _hear_signals(self) -> None:
        """From the first moment: one that comes while calls are resumed must not end the process at once."""
        if threading.current_thread() is threading.main_thread():
            for sign in _SIGNALS:
                asyncio.get_running_loop().add_signal_handler(sign, self._signalled)

    def _ignore_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for sign in _SIGNALS:
                asyncio.get_running_loop().remove_signal_handler(sign)

    def _signalled(self) -> None:
        if self._stop.is_set():
            self._server.force_exit = True
        self._stop.set()

    def _config(self) -> uvicorn.Config:
        settings = self._services.settings
        config = uvicorn.Config(
            self._app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
        try:
            config.load()
        except (ssl.SSLError, OSError) as error:
            raise SettingWrong(
                "The files of --tls-cert and --tls-key are no certificate and its key.",
                hint="Give both in PEM form; the certificate first, then those of its authorities.",
            ) from error
        return config


def _listening(where: Listen) -> socket.socket:
    try:
        family = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(family[4][:2], family=family[0], backlog=2048)
        # inherited by connections; asyncio leaves it to us when the socket is ours, and an answer in two writes is 40 ms late
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise SettingWrong(
            f"The address {where.host}:{where.port} cannot be listened on: {os.strerror(error.errno or 0)}.",
            hint="Stop what listens there, or choose another with --listen or N8N_3CX_RUNNER_LISTEN.",
        ) from error
    listening.setblocking(False)
    return listening
