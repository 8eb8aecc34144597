"""Into a broker: the grant token, then the WebSocket (platform.md 3.3)."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSServerHandshakeError
from pydantic import BaseModel, SecretStr, ValidationError, field_validator

_WITHIN_S = 10.0
_PING_EVERY_S = 20.0
"""Our own pings find a broker that is gone without a word; its pings are answered by aiohttp."""


class BrokerAway(Exception):  # reported in /readyz and the log, never to a user of n8n
    """Why there is no connection: a sentence without its full stop."""


class _Grant(BaseModel):
    token: SecretStr

    @field_validator("token")
    @classmethod
    def _fits_into_a_header(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if not (token.isascii() and token.isprintable()):
            raise ValueError("must be printable ASCII")
        return value


class _GrantAnswer(BaseModel):
    data: _Grant


@asynccontextmanager
async def joined(http: ClientSession, uri: str, token: SecretStr) -> AsyncIterator[ClientWebSocketResponse]:
    """An open socket under a fresh runner id; a second one of the same id would evict the first. Raises BrokerAway."""
    headers = {"Authorization": f"Bearer {await _grant(http, uri, token)}"}
    try:
        async with asyncio.timeout(_WITHIN_S):
            socket = await http.ws_connect(
                f"{uri}/runners/_ws?id=threecx-{uuid.uuid4().hex}",
                headers=headers,
                max_msg_size=0,  # n8n's own bound is 1 GiB
                heartbeat=_PING_EVERY_S,
            )
    except WSServerHandshakeError as error:
        raise BrokerAway(f"it refused the connection with HTTP status {error.status}") from error
    except (ClientError, OSError, TimeoutError) as error:
        raise BrokerAway(f"it cannot be reached ({type(error).__name__})") from error
    try:
        yield socket
    finally:
        await socket.close()


async def _grant(http: ClientSession, uri: str, token: SecretStr) -> str:
    """Good for one connection within 30 s."""
    body = {"token": token.get_secret_value()}
    try:
        async with http.post(
            f"{uri}/runners/auth", json=body, allow_redirects=False, timeout=ClientTimeout(total=_WITHIN_S)
        ) as answer:
            if answer.status in (401, 403):
                raise BrokerAway("it does not take the token of N8N_RUNNERS_AUTH_TOKEN")
            if answer.status != 200:
                raise BrokerAway(f"it answered with HTTP status {answer.status}")
            return _GrantAnswer.model_validate_json(await answer.read()).data.token.get_secret_value()
    except ValidationError as error:
        raise BrokerAway("what answers there is no task broker of n8n") from error
    except (ClientError, OSError, TimeoutError) as error:
        raise BrokerAway(f"it cannot be reached ({type(error).__name__})") from error
