"""Slack, HubSpot and a mail server, as far as n8n's own nodes reach them: nothing leaves this machine.

n8n is told of a proxy (`HTTPS_PROXY`) and of an authority (`NODE_EXTRA_CA_CERTS`); the proxy answers in the place of the host that
was asked for, over TLS with a certificate of that authority, and remembers what arrived.
"""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from lab.waiting import free_port
from threecx_simulator.authority import make_authority

HOSTS = ("slack.com", "api.hubapi.com")
Json = dict[str, Any]


@dataclass(frozen=True)
class Arrived:
    """One request to a third party."""

    host: str
    path: str
    authorization: str
    body: Json


@dataclass
class ThirdParties:
    """`answers`: what a path answers, given the body. What it does not know, and None, is 404."""

    proxy: str
    ca_file: Path
    mail_port: int
    arrived: list[Arrived] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, Callable[[Json], Json | None]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """n8n's settings by which it comes here."""
        return {
            "HTTPS_PROXY": self.proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "NODE_EXTRA_CA_CERTS": str(self.ca_file),
        }

    @property
    def smtp(self) -> Json:
        """n8n's credential for the mail server."""
        return {
            "host": "127.0.0.1",
            "port": self.mail_port,
            "secure": True,
            "user": "",
            "password": "",
            "hostName": "",
        }

    def bodies(self, path: str) -> list[Json]:
        """What arrived at a path, the first one first."""
        return [one.body for one in self.arrived if one.path == path]

    def forget(self) -> None:
        """As if nothing had arrived."""
        self.arrived.clear()
        self.mails.clear()


@contextmanager
def third_parties(folder: Path) -> Iterator[ThirdParties]:
    """Serves on free ports until the end of the block."""
    ca_file, context = make_authority(folder, HOSTS)
    server = _Server(("127.0.0.1", 0), _Proxy)
    there = ThirdParties(f"http://127.0.0.1:{server.server_address[1]}", ca_file, free_port())
    server.context, server.there = context, there
    mail = Controller(_Mailbox(there.mails), hostname="127.0.0.1", port=there.mail_port, ssl_context=context)
    mail.start()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        mail.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext
    there: ThirdParties


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _server(self) -> _Server:
        return cast(_Server, self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Not on the terminal."""


class _Proxy(_Handler):
    """n8n asks for a tunnel; behind it is ourselves."""

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        with self._server.context.wrap_socket(self.connection, server_side=True) as tunnel:
            _Api(tunnel, self.client_address, self.server)
        self.close_connection = True


class _Api(_Handler):
    """The third party's JSON."""

    def do_POST(self) -> None:
        there = self._server.there
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        asked = Arrived(
            self.headers["Host"], self.path.split("?")[0], self.headers.get("Authorization", ""), body
        )
        there.arrived.append(asked)
        known = there.answers.get(asked.path)
        answer = known(body) if known else None
        text = json.dumps(answer or {"message": f"no {asked.path} here"}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class _Mailbox(Message):
    def __init__(self, mails: list[EmailMessage]) -> None:
        super().__init__()
        self._mails = mails

    def prepare_message(self, session: Any, envelope: Any) -> Any:
        """Parsed by today's rules, so that texts and attachments come decoded."""
        return BytesParser(policy=SMTP).parsebytes(envelope.content)

    def handle_message(self, message: Any) -> None:
        """Keeps it."""
        self._mails.append(message)
