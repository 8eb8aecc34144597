"""POST /v1/deliveries/{eventId}/claim: a Receiver's webhook asks for the call."""

from typing import Annotated

from fastapi import APIRouter, Depends

from threecx_pbx.calls.model import EventId
from threecx_runner.api.headers import login_reader
from threecx_runner.api.proof import prove
from threecx_runner.api.services import Services
from threecx_runner.api.wire import ClaimAnswer, ClaimBody, Login
from threecx_runner.subscriptions.model import SubscriptionId


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["triggers"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    @router.post("/v1/deliveries/{event}/claim")
    async def claim(event: str, body: ClaimBody, login: TheLogin) -> ClaimAnswer:
        """Asks whether the call of an event is this subscription's; only the first claim is granted."""
        live = services.subscriptions.get(SubscriptionId(body.subscription_id))
        if live is None:
            return ClaimAnswer(claimed=False, reason="The trigger is not subscribed any more.")
        await prove(services, live, login)
        refused = await services.claims.claim(login, EventId(event), live.subscription.id)
        return ClaimAnswer(claimed=refused is None, reason=refused)

    return router
