"""What the runner says of itself: liveness, readiness, metrics, calls, events."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from threecx_runner.api.metrics import Metrics
from threecx_runner.api.services import Services
from threecx_runner.api.shown import CallsAnswer, EventsAnswer, ReadyAnswer, shown_call, shown_event
from threecx_runner.subscriptions.subscriptions import troubles


def routes(services: Services, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["state"])

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        """The loop turns."""
        return PlainTextResponse("ok")

    @router.get("/readyz")
    async def readyz() -> ReadyAnswer:
        """It serves; lapsed and suspended subscriptions and PBXs out of reach are named."""
        subscribed = troubles(services.subscriptions.everything())
        away = services.broker_troubles()
        return ReadyAnswer(ready=True, troubles=[*services.view.troubles(), *subscribed, *away])

    @router.get("/metrics", response_class=PlainTextResponse)
    async def scrape() -> Response:
        """Prometheus."""
        return metrics.response()

    @router.get("/v1/calls")
    async def calls() -> CallsAnswer:
        """All calls that are up, on all PBXs."""
        return CallsAnswer(calls=[shown_call(pbx, call) for pbx, call in services.view.calls()])

    @router.get("/v1/events")
    async def events(
        most: Annotated[int, Query(alias="limit", ge=1, le=1000)] = 100, since: datetime | None = None
    ) -> EventsAnswer:
        """The newest events of the last seven days, oldest first."""
        return EventsAnswer(events=[shown_event(told) for told in await services.journal.events(most, since)])

    return router
