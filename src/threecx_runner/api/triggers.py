"""Subscriptions of triggers, and claims of calls."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from threecx_pbx.calls.model import EventId
from threecx_runner.api.headers import login_reader
from threecx_runner.api.protocol import refuse_newer
from threecx_runner.api.services import Services
from threecx_runner.api.wire import ClaimAnswer, ClaimBody, Login, SubscriptionAnswer, SubscriptionBody
from threecx_runner.errors import SubscriptionUnknown
from threecx_runner.login import pbx_id
from threecx_runner.subscriptions.lease import state_of
from threecx_runner.subscriptions.model import Live, Subscription, SubscriptionId

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["triggers"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    async def proved(live: Live, login: Login) -> None:
        """Who asks knows the subscription's secret, or one that the same PBX takes."""
        if not _same_secret(live.subscription.login, login) or live.subscription.pbx != pbx_id(login):
            await services.accounts.look(login)
            if live.subscription.pbx != pbx_id(login):
                raise SubscriptionUnknown("This login has no such subscription.")

    def answer(wish: Subscription) -> SubscriptionAnswer:
        state = state_of(wish, services.clock.now())
        return SubscriptionAnswer(id=wish.id, state=state.value, lease_seconds=wish.lease.total_seconds())

    @router.put("/v1/subscriptions/{wanted}")
    async def put(wanted: Id, body: SubscriptionBody, login: TheLogin) -> SubscriptionAnswer:
        """Makes a subscription or renews its lease."""
        refuse_newer(body.protocol)
        return answer(await services.subscriptions.put(SubscriptionId(wanted), body, login))

    @router.get("/v1/subscriptions/{wanted}")
    async def get(wanted: Id, login: TheLogin) -> SubscriptionAnswer:
        live = services.subscriptions.get(SubscriptionId(wanted))
        if live is None:
            raise SubscriptionUnknown("This trigger is not subscribed.")
        await proved(live, login)
        return answer(live.subscription)

    @router.delete("/v1/subscriptions/{wanted}", status_code=204)
    async def delete(wanted: Id, login: TheLogin) -> Response:
        """Ends a subscription; its live calls stay with their executions."""
        live = services.subscriptions.get(SubscriptionId(wanted))
        if live is None:
            raise SubscriptionUnknown("This trigger is not subscribed.")
        await proved(live, login)
        await services.subscriptions.remove(SubscriptionId(wanted))
        return Response(status_code=204)

    @router.post("/v1/deliveries/{event}/claim")
    async def claim(event: str, body: ClaimBody, login: TheLogin) -> ClaimAnswer:
        """Asks whether the call of an event is this subscription's; only the first claim is granted."""
        live = services.subscriptions.get(SubscriptionId(body.subscription_id))
        if live is None:
            return ClaimAnswer(claimed=False, reason="The trigger is not subscribed any more.")
        await proved(live, login)
        refused = await services.claims.claim(login, EventId(event), live.subscription.id)
        return ClaimAnswer(claimed=refused is None, reason=refused)

    return router


def _same_secret(one: Login, other: Login) -> bool:
    mine, theirs = one.client_secret.get_secret_value(), other.client_secret.get_secret_value()
    return hmac.compare_digest(mine.encode(), theirs.encode())
