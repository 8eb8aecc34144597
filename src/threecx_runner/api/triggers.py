"""/v1/subscriptions/{id}: what a trigger wants, made and renewed by PUT."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from threecx_runner.api.headers import login_reader
from threecx_runner.api.proof import own_subscription
from threecx_runner.api.protocol import refuse_newer
from threecx_runner.api.services import Services
from threecx_runner.api.wire import Login, SubscriptionAnswer, SubscriptionBody
from threecx_runner.subscriptions.lease import state_of
from threecx_runner.subscriptions.model import Subscription, SubscriptionId

Id = Annotated[SubscriptionId, Path(pattern="^[0-9a-f]{32}$")]


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["triggers"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    @router.put("/v1/subscriptions/{wanted}")
    async def put(wanted: Id, body: SubscriptionBody, login: TheLogin) -> SubscriptionAnswer:
        """Makes a subscription or renews its lease."""
        refuse_newer(body.protocol)
        return _answer(await services.subscriptions.put(wanted, body, login), services.clock.now())

    @router.get("/v1/subscriptions/{wanted}")
    async def get(wanted: Id, login: TheLogin) -> SubscriptionAnswer:
        """The state of its lease."""
        live = await own_subscription(services, wanted, login)
        return _answer(live.subscription, services.clock.now())

    @router.delete("/v1/subscriptions/{wanted}", status_code=204)
    async def delete(wanted: Id, login: TheLogin) -> Response:
        """Ends a subscription; its live calls stay with their executions."""
        await own_subscription(services, wanted, login)
        await services.subscriptions.remove(wanted)
        return Response(status_code=204)

    return router


def _answer(wish: Subscription, now: datetime) -> SubscriptionAnswer:
    state = state_of(wish, now)
    return SubscriptionAnswer(id=wish.id, state=state.value, lease_seconds=wish.lease.total_seconds())
