"""`/callcontrol/ws`: says that something changed, never what. No replay; requests are answered by event 4."""

import asyncio
import json
from asyncio import Transport
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from urllib.parse import quote, unquote

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from threecx_simulator.http.reading import Reading
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.verbs import Reply, Verbs, gather_quietly
from threecx_simulator.pbx.effects import DeviceChanged, Effect, Keyed, Removed, Upserted
from threecx_simulator.pbx.ids import ClientId
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard

_PASCAL = ("RequestID", "Path", "StatusCode", "Response")
_SNAKE = ("request_id", "path", "status_code", "response")
ABNORMAL = 1006  # never on the wire: the connection just breaks


class EventType(IntEnum):
    """`event_type` of a frame."""

    UPSERT = 0
    REMOVE = 1
    DTMF = 2
    RESPONSE = 4


class Connection:
    """One socket. `mute`: half open, pings are answered and nothing is sent."""

    def __init__(self, socket: WebSocket, client: ApiClient, transport: Transport, sequence: int) -> None:
        self.socket = socket
        self.client = client
        self.transport = transport
        self.mute = False
        self.sequence = sequence

    def send(self, event: str) -> None:
        """Send a frame around this event (JSON text), now."""
        if self.mute or self.transport.is_closing():
            return
        self.sequence += 1
        self.transport.write(_text_frame(f'{{"sequence":{self.sequence},"event":{event}}}'.encode()))


def _text_frame(text: bytes) -> bytes:
    """RFC 6455, 5.2: a final, unmasked text frame. Built here because thousands are sent in a second."""
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


class Sockets:
    """All open sockets."""

    def __init__(
        self,
        board: Switchboard,
        admit: Callable[[str | None], ApiClient | int],
        life: Callable[[str | None], float],
        transport_of: Callable[[WebSocket], Transport | None],
    ) -> None:
        self._board = board
        self._admit = admit
        self._life = life
        self._transport_of = transport_of
        self._verbs = Verbs(board)
        self._reading = Reading(board)
        self.open: set[Connection] = set()
        self.opened = 0
        self._ended_at: dict[ClientId, int] = {}
        self._late: deque[tuple[str, str, ClientId | None]] = deque()
        board.pbx.attended = self._attended
        board.listen(self._on_effect)

    def _attended(self, client: ClientId) -> bool:
        """Whether a program of that client listens."""
        return any(one.client.client_id == client for one in self.open)

    def _on_effect(self, effect: Effect) -> None:
        match effect:
            case Upserted():
                self._later(_event(EventType.UPSERT, effect.dn, effect.leg), effect.dn, effect.also)
            case Removed():
                self._later(_event(EventType.REMOVE, effect.dn, effect.leg), effect.dn, effect.also)
            case DeviceChanged():
                kind = EventType.UPSERT if effect.here else EventType.REMOVE
                entity = f"/callcontrol/{effect.dn}/devices/{quote(effect.device_id, safe='')}"
                self._later(_framed(kind, entity), effect.dn, None)
            case Keyed():  # only the application itself hears the keys (D)
                keys = {"dtmf_input": effect.keys}
                event = _event(EventType.DTMF, effect.dn, effect.leg, keys)
                for connection in [one for one in self.open if one.client.dn == effect.dn]:
                    connection.send(event)

    def _later(self, event: str, dn: str, also: ClientId | None) -> None:
        """At once, or as late as the profile has it; always in order."""
        delay = self._board.pbx.profile.upsert_delay_ms / 1000
        if not delay:
            self._tell(event, dn, also)
            return
        self._late.append((event, dn, also))
        self._board.pbx.after(delay, lambda _pbx: self._tell_next())

    def _tell_next(self) -> None:
        if self._late:
            self._tell(*self._late.popleft())

    def refresh(self) -> None:
        """Tell at once whatever is late, for the timers are about to be forgotten; half-open sockets speak again."""
        while self._late:
            self._tell_next()
        for connection in self.open:
            connection.mute = False

    def _tell(self, event: str, dn: str, also: ClientId | None) -> None:
        monitored = self._board.pbx.monitored
        for connection in self.open:
            client = connection.client.client_id
            if client == also or dn in monitored.get(client, ()):
                connection.send(event)

    async def serve(self, socket: WebSocket) -> None:
        """One connection from upgrade to end."""
        client = self._admit(socket.headers.get("authorization"))
        if isinstance(client, int):
            await socket.send_denial_response(empty(client))
            return
        await socket.accept()
        transport = self._transport_of(socket)
        if transport is None:
            return
        connection = Connection(socket, client, transport, self._ended_at.get(client.client_id, 0))
        self.open.add(connection)
        self.opened += 1
        requests: set[asyncio.Task[None]] = set()
        if self._board.pbx.profile.expiry_closes_sockets:
            requests.add(asyncio.create_task(self._expire(connection), name="socket expiry"))
        try:
            await self._receive(connection, requests)
        except WebSocketDisconnect:
            pass  # the client has gone; nothing to tell it
        finally:
            self.open.discard(connection)
            if self._board.pbx.profile.sequence == "client":
                self._ended_at[client.client_id] = connection.sequence
            await gather_quietly(requests)

    async def _expire(self, connection: Connection) -> None:
        """Close when the token that opened the socket is worthless."""
        header = connection.socket.headers.get("authorization")
        await self._board.clock.sleep(self._life(header))
        self.open.discard(connection)
        await connection.socket.close(1001)

    async def _receive(self, connection: Connection, requests: set[asyncio.Task[None]]) -> None:
        while True:
            text = await _message(connection.socket)
            task = asyncio.create_task(self._request(connection, text), name="socket request")
            requests.add(task)
            task.add_done_callback(requests.discard)

    async def _request(self, connection: Connection, text: str | bytes) -> None:
        try:
            parsed = orjson.loads(text)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            return  # 3CX says nothing about malformed requests; there is no id to answer to
        fields = {str(key).lower(): value for key, value in parsed.items()}
        path = str(fields.get("path") or "")
        reply = await self._perform(connection.client, path, fields.get("requestdata"))
        snake = self._board.pbx.profile.response_keys == "snake_case"
        values = (fields.get("requestid"), path, reply.status, reply.body)
        data = dict(zip(_SNAKE if snake else _PASCAL, values, strict=True))
        connection.send(json.dumps({"event_type": EventType.RESPONSE, "entity": path, "attached_data": data}))

    async def _perform(self, client: ApiClient, path: str, data: object) -> Reply:
        """As over HTTP; a path that HTTP would GET is read (programs do so: third-party code)."""
        refused = self._refused(client)
        if refused is not None:
            return Reply(refused)
        match self._parts(path):
            case ["callcontrol", dn, "makecall"]:
                return await self._verbs.make_call(client, dn, None, data)
            case ["callcontrol", dn, "devices", device, "makecall"]:
                return await self._verbs.make_call(client, dn, device, data)
            case ["callcontrol", dn, "participants", participant, action]:
                return await self._verbs.act(client, dn, participant, action, data)
            case ["callcontrol", *rest]:
                return self._reading.at(client, *rest) if rest else self._reading.all(client)
        return Reply(404)

    def _parts(self, path: str) -> list[str]:
        """The segments of a path; its fixed words, which are every other one, in lower case where case means nothing."""
        parts = [unquote(part) for part in path.partition("?")[0].strip("/").split("/")]
        if self._board.pbx.profile.path_case == "any":
            parts[::2] = [word.lower() for word in parts[::2]]
        return parts

    def _refused(self, client: ApiClient) -> int | None:
        """The status for a client that has lost its rights, or the PBX its licence, since the socket was opened."""
        pbx = self._board.pbx
        now = pbx.directory.client(client.client_id)
        if not pbx.licensed:
            return int(pbx.profile.licence_missing)
        return 403 if now is None or not now.call_control else None

    async def superseded(self, client_id: str) -> None:
        """A new token was minted for this client."""
        if not self._board.pbx.profile.mint_closes_sockets:
            return
        for connection in [one for one in self.open if one.client.client_id == client_id]:
            self.open.discard(connection)
            await connection.socket.close(1001)

    async def close(self, code: int) -> int:
        """End every socket with `code`; 1006 breaks the connection. The number of sockets ended."""
        ended = list(self.open)
        self.open.clear()
        for connection in ended:
            if code == ABNORMAL:
                connection.transport.abort()
            else:
                await connection.socket.close(code)
        return len(ended)


async def _message(socket: WebSocket) -> str | bytes:
    """The next request, from a text or a binary frame alike: programs send JSON as bytes too (Node's `ws`, C#)."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    found: str | bytes | None = message.get("text")
    return found if found is not None else bytes(message.get("bytes") or b"")


def _event(kind: EventType, dn: str, leg: int, data: object = None) -> str:
    return _framed(kind, f"/callcontrol/{dn}/participants/{leg}", data)


def _framed(kind: EventType, entity: str, data: object = None) -> str:
    return json.dumps({"event_type": kind, "entity": entity, "attached_data": data}, separators=(",", ":"))
