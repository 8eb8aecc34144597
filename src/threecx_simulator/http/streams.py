"""`…/stream`, past ASGI: the connection itself carries the sound, so that a thousand streams cost little."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from threecx_simulator.audio.desk import Desk, Get
from threecx_simulator.audio.post import Post
from threecx_simulator.http.callcontrol import CallControl
from threecx_simulator.http.gate import Gate
from threecx_simulator.http.http1 import Http1Protocol
from threecx_simulator.http.routing import flags
from threecx_simulator.http.verbs import Verbs
from threecx_simulator.pbx.ids import Dn, DnType, Status
from threecx_simulator.pbx.legs import while_alive
from threecx_simulator.pbx.state import Leg, Pbx
from threecx_simulator.pbx.verbs import drop
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard

_STREAM = rb"^/callcontrol/([^/?]+)/participants/([^/?]+)/stream/?(?:\?.*)?$"
_LAST = b"Connection: close\r\n"
_OPEN = b"Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _hang_up(pbx: Pbx, leg: Leg) -> None:
    drop(leg, pbx)


class StreamRoutes:
    """Who may open a stream, and what then happens. One for the whole PBX."""

    def __init__(self, board: Switchboard, calls: CallControl, gate: Gate, desk: Desk) -> None:
        self.board = board
        self.gate = gate
        self.desk = desk
        self.path = re.compile(_STREAM, flags(board.pbx.profile))
        self._calls = calls
        self._verbs = Verbs(board)

    def find(
        self, headers: list[tuple[bytes, bytes]], dn: str, participant: str
    ) -> tuple[ApiClient, Leg] | int:
        """The leg to stream with, or the status that refuses it (api.md 12: 404 no leg, 424 no media, 403)."""
        given = next((value.decode("latin-1") for name, value in headers if name == b"authorization"), None)
        client = self._calls.admit(given, dn)
        if isinstance(client, int):
            return client
        leg = self._verbs.leg(client, dn, participant)
        if isinstance(leg, int):
            return leg
        own = leg.dn == client.dn and leg.who.type == DnType.ROUTE_POINT
        if not own or leg.status != Status.CONNECTED or leg.connected_at is None or leg.spent:
            return 424
        wait = timedelta(milliseconds=self.board.pbx.profile.media_after_ms)
        return 424 if self.board.clock.now() < leg.connected_at + wait else (client, leg)

    def ended(self, post: Post) -> None:
        """The body of a POST is complete."""
        self.desk.close_post(post)
        leg = self.board.pbx.legs.get(post.leg)
        if leg is not None and leg.uid == post.uid and self.board.pbx.profile.drop_on_post_end:
            self.board.do(while_alive(leg, _hang_up))


class StreamProtocol(Http1Protocol):
    """The stream routes; everything else goes to the application. `routes` is set by `protocol_for`.

    Answers keep the order of their requests (RFC 9112, 9.3.2): what a program asks on a connection behind a running GET,
    or a stream behind a request without answer yet, is left unanswered, and the connection ends with what runs.
    """

    routes: StreamRoutes
    _get: Get | None = None
    _post: Post | None = None
    _streaming = False
    _deaf = False
    _last = False

    def on_message_begin(self) -> None:
        """See httptools."""
        super().on_message_begin()
        self._streaming = False

    def begin(self) -> None:
        """A stream request is ours."""
        found = self.routes.path.match(self.url)
        method = self.parser.get_method().decode("ascii")
        stream = found is not None and method in {"GET", "POST"} and not self.parser.should_upgrade()
        if self._out_of_turn(stream):
            self._streaming = True
        elif found is not None and stream:
            self._streaming = True
            self._stream(method, unquote(found[1].decode("latin-1")), unquote(found[2].decode("latin-1")))
        else:
            super().begin()

    def _out_of_turn(self, stream: bool) -> bool:
        """Whether this request cannot be answered in its turn; nothing behind it can."""
        before: RequestResponseCycle | None = self.cycle
        if stream and not self._deaf and before is not None and not before.response_complete:
            before.keep_alive = False
            self._deaf = True
        self._deaf = self._deaf or self._get is not None
        return self._deaf

    def _stream(self, method: str, dn: str, participant: str) -> None:
        path = self.url.decode("latin-1").partition("?")[0]
        ill = self.routes.gate.strike(method, path)
        leg = ill or self.routes.find(self.headers, dn, participant)
        self.routes.gate.note(method, path, leg if isinstance(leg, int) else 200)
        if isinstance(leg, int):
            self._answer(leg)
        elif method == "GET":
            self._begin_get(*leg)
        else:
            self._begin_post(leg[1])

    def _answer(self, status: int) -> None:
        last = b"" if self.parser.should_keep_alive() else _LAST
        challenge = b"WWW-Authenticate: Bearer\r\n" if status == 401 else b""
        self.transport.write(STATUS_LINE[status] + challenge + last + b"Content-Length: 0\r\n\r\n")

    def _begin_get(self, client: ApiClient, leg: Leg) -> None:
        self._last = not self.parser.should_keep_alive()
        self.transport.write(STATUS_LINE[200] + (_LAST if self._last else b"") + _OPEN)
        self._get = self.routes.desk.open_get(leg, Dn(client.dn), self.transport, self._end_get)

    def _end_get(self) -> None:
        """The leg has ended (or the token was superseded): so does the GET. Its connection goes on: a program that
        asks for the next thing on it, as clients with a pool do, would meet a close that was never announced."""
        get, self._get = self._get, None
        if get is None:
            return
        self.routes.desk.close_get(get)
        self.transport.write(b"0\r\n\r\n")
        if self._deaf or self._last:
            self.transport.close()
        else:
            self._unset_keepalive_if_required()
            wait = self.timeout_keep_alive
            self.timeout_keep_alive_task = self.loop.call_later(wait, self.timeout_keep_alive_handler)

    def _begin_post(self, leg: Leg) -> None:
        if self.expect_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._post = self.routes.desk.open_post(leg, self._cut_post)

    def _cut_post(self, broken: bool) -> None:
        """The leg has ended under the POST: nobody is left to hear the rest. `broken`: the leg lives on, as after any
        connection that is lost (`connection_lost`)."""
        if broken:
            self.transport.abort()
            return
        self._post = None
        self.transport.write(STATUS_LINE[200] + _LAST + b"Content-Length: 0\r\n\r\n")
        self.transport.close()

    def on_body(self, body: bytes) -> None:
        """Sound arrives; when too much waits to be heard, the PBX stops reading for a while."""
        if not self._streaming:
            super().on_body(body)
            return
        post = self._post
        if post is None:
            return
        ahead = post.feed(self.routes.desk.now(), body)
        most = self.routes.desk.most_ahead()
        if ahead > most and not self.flow.read_paused:
            self.flow.pause_reading()
            self.routes.desk.later(ahead - most / 2, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def on_message_complete(self) -> None:
        """The body is complete; the connection may carry another request."""
        if not self._streaming:
            super().on_message_complete()
            return
        post, self._post = self._post, None
        if post is not None:
            self._answer(200)
            self.routes.ended(post)
        if self._get is None and not self._deaf and not self.parser.should_keep_alive():
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read: real time goes on, frames are dropped."""
        super().pause_writing()
        if self._get is not None:
            self._get.blocked = True

    def resume_writing(self) -> None:
        """See `pause_writing`."""
        super().resume_writing()
        if self._get is not None:
            self._get.blocked = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        if self._get is not None:
            self.routes.desk.close_get(self._get)
            self._get = None
        if self._post is not None:
            post, self._post = self._post, None
            self.routes.ended(post)
        super().connection_lost(exc)


def protocol_for(routes: StreamRoutes) -> Callable[..., Http1Protocol]:
    """The protocol class of one PBX."""
    return type("PbxProtocol", (StreamProtocol,), {"routes": routes})
