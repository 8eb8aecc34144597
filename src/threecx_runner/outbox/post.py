"""One post to n8n's webhook: its body, and what the answer means (delivery.json)."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from pydantic import BaseModel, ValidationError

from threecx_pbx.calls.model import EventId
from threecx_pbx.clock import Clock
from threecx_runner.api.wire import PROTOCOL
from threecx_runner.outbox.delivery import Answer, Delivery
from threecx_runner.outbox.signature import signature, signing_key
from threecx_runner.subscriptions.model import Subscription

TIMEOUT_S = 10.0
TIMEOUT_OF_A_CLAIM_S = 3.0
"""After it the caller's fallback takes over (features.md 1.2)."""
_LONGEST_ECHO = 1_000_000


class _Echo(BaseModel):
    accepted: list[EventId]


async def post(http: ClientSession, clock: Clock, to: Subscription, together: Sequence[Delivery]) -> Answer:
    """Never raises for what n8n or the network does."""
    within = TIMEOUT_OF_A_CLAIM_S if together[0].claim else TIMEOUT_S
    body = body_of(to, together)
    headers = {
        "Content-Type": "application/json",
        "X-3CX-Signature": signature(signing_key(to.login.client_secret, to.webhook_id), body, clock.now()),
    }
    try:
        async with http.post(
            to.webhook_url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=ClientTimeout(total=within),
        ) as response:
            return await _answer(response)
    except TimeoutError:
        return Answer(f"no answer within {within:g} s")
    except (ClientError, OSError, asyncio.IncompleteReadError) as error:
        return Answer(f"n8n cannot be reached ({type(error).__name__})")


def body_of(to: Subscription, together: Sequence[Delivery]) -> bytes:
    """All deliveries in one post; each item is JSON already."""
    events = ",".join(f'{{"eventId":{json.dumps(one.event)},"item":{one.item}}}' for one in together)
    head = {
        "protocol": PROTOCOL,
        "deliveryId": together[0].id,
        "subscriptionId": to.id,
        "attempt": together[0].attempt + 1,
        "claim": together[0].claim,
    }
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"events":[{events}]}}'.encode()


async def _answer(response: ClientResponse) -> Answer:
    if response.status != 200:
        return Answer(f"n8n answered {response.status}", retry_after=_retry_after(response))
    try:
        echo = _Echo.model_validate_json(await response.content.read(_LONGEST_ECHO))
    except ValidationError:
        # n8n answers 200 to any path while it starts (measured, architecture 7).
        return Answer("n8n answered without an echo")
    return Answer("n8n did not take it", accepted=frozenset(echo.accepted))


def _retry_after(response: ClientResponse) -> timedelta | None:
    value = response.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(value), 3600)) if value.isdecimal() else None
