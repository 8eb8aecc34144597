"""POST /v1/nodes/{node}/{operation}: all items of one node in one execution."""

from typing import Annotated

from fastapi import APIRouter, Depends

from threecx_runner.api.headers import login_reader
from threecx_runner.api.lines import LinesResponse
from threecx_runner.api.protocol import refuse_newer
from threecx_runner.api.services import Services
from threecx_runner.api.wire import EndLine, Envelope, ErrorLine, ItemLine, Login, Request


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["nodes"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    @router.post(
        "/v1/nodes/{node}/{operation}",
        response_class=LinesResponse,
        responses={200: {"model": ItemLine | ErrorLine | EndLine, "description": "One JSON value per line."}},
    )
    async def run(node: str, operation: str, asked: Envelope, login: TheLogin) -> LinesResponse:
        """Runs an operation for each item."""
        refuse_newer(asked.protocol)
        request = Request(node=node, operation=operation, login=login, **dict(asked))
        indexes = [item.index for item in asked.items]
        return LinesResponse(
            services.dispatcher.run(request), indexes, asked.deadline_seconds, services.clock
        )

    return router
