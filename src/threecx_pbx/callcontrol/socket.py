"""The WebSocket: frames as they come, nothing remembered (3CX replays nothing: api.md 3)."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from threecx_pbx.account import Account
from threecx_pbx.auth import Tokens
from threecx_pbx.callcontrol.wire import Frame, lower_keys
from threecx_pbx.errors import PbxUnreachable, WrongCredentials
from threecx_pbx.transport.blocking import unreachable

UPSERT, REMOVE, DTMF = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Changed:
    """One frame about a leg."""

    kind: int
    dn: str
    participant: int
    digits: str


class Frames:
    """An open socket."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire

    async def __aiter__(self) -> AsyncIterator[Changed]:
        """Until the socket closes, for whatever reason."""
        try:
            async for message in self._wire:
                changed = parsed(message)
                if changed is not None:
                    yield changed
        except ConnectionClosed:
            return

    async def close(self) -> None:
        """Ends it."""
        await self._wire.close()


@asynccontextmanager
async def opened(account: Account, tokens: Tokens, context: ssl.SSLContext | None) -> AsyncIterator[Frames]:
    """A socket with a fresh enough token; 3CX takes it in the header only (api.md 1.2). Raises PbxUnreachable, TlsFailed."""
    token = await tokens.current()
    wire = await _connect(account, token, context)
    if wire is None:
        wire = await _connect(account, await tokens.instead_of(token), context)
    if wire is None:
        raise WrongCredentials("3CX does not accept this API client's log-in at its event socket.")
    try:
        yield Frames(wire)
    finally:
        await wire.close()


async def _connect(account: Account, token: str, context: ssl.SSLContext | None) -> ClientConnection | None:
    """None: the token was refused."""
    url = "ws" + account.origin.removeprefix("http") + "/callcontrol/ws"
    try:
        return await connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            ssl=context,
            ping_interval=5,
            ping_timeout=10,
            open_timeout=10,
            close_timeout=1,
            proxy=None,
        )
    except InvalidStatus as error:
        if error.response.status_code == 401:
            return None
        raise PbxUnreachable(
            f"The PBX's event socket answered HTTP {error.response.status_code}.",
            hint="A proxy between runner and PBX may not pass WebSockets on.",
        ) from error
    except (OSError, TimeoutError, WebSocketException) as error:
        raise unreachable(account.origin, error) from error


def parsed(message: str | bytes) -> Changed | None:
    """None for what is not about a leg: devices, answers to requests, event types that we do not know."""
    try:
        frame = Frame.model_validate(lower_keys(json.loads(message)))
    except (ValueError, ValidationError):
        return None
    # from the end, since device ids hold odd characters: api.md 3
    *_, dn, what, last = ["", "", "", *frame.event.entity.split("/")]
    if what != "participants" or not last.isdigit() or frame.event.event_type not in (UPSERT, REMOVE, DTMF):
        return None
    digits = frame.event.attached_data.dtmf_input if frame.event.attached_data else ""
    return Changed(frame.event.event_type, unquote(dn), int(last), digits)
