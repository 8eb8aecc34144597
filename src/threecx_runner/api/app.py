"""The FastAPI application: routes, middleware, and our Problem for every failure."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response

from threecx_pbx.errors import ThreeCxError
from threecx_runner.api import account, binaries, claims, nodes, state, triggers
from threecx_runner.api.gate import Gate
from threecx_runner.api.metrics import Metrics
from threecx_runner.api.middleware import BodyLimit, Gated, Outermost, problem_response
from threecx_runner.api.protocol import refuse_newer
from threecx_runner.api.services import Services
from threecx_runner.api.wire import Problem
from threecx_runner.errors import BadRequest, MethodNotAllowed, NotFound, TooLarge

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "What is wrong, and what to do."},
    "5XX": {"model": Problem, "description": "What is wrong, and what to do."},
}


def create_app(services: Services, gate: Gate) -> FastAPI:
    """The API over the given parts."""
    metrics = Metrics(services)
    app: FastAPI = FastAPIOffline(title="3CX runner", redoc_url=None, responses=_PROBLEMS)
    for router in (
        nodes.routes(services),
        account.routes(services),
        triggers.routes(services),
        claims.routes(services),
        binaries.routes(services),
        state.routes(services, metrics),
    ):
        app.include_router(router)
    app.add_exception_handler(ThreeCxError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_middleware(BodyLimit)
    app.add_middleware(Gated, gate=gate)
    app.add_middleware(Outermost, count=metrics.count)
    return app


async def _ours(request: Request, error: Exception) -> Response:
    return problem_response(error)


async def _invalid(request: Request, error: Exception) -> Response:
    """FastAPI's own 422 would show a framework's words, and the value."""
    assert isinstance(error, RequestValidationError)
    try:
        refuse_newer(error.body.get("protocol") if isinstance(error.body, dict) else None)
    except ThreeCxError as newer:
        return problem_response(newer)
    return problem_response(_bad_request(error))


def _bad_request(error: RequestValidationError) -> BadRequest:
    first = error.errors()[0]
    where, *path = first["loc"]
    name = ".".join(str(part) for part in path if not isinstance(part, int))
    if first["type"] == "json_invalid" or not name:
        return BadRequest("The request's body is not the JSON object that is expected here.")
    return BadRequest(f"The request's {where} has a wrong or missing field: {name}.")


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    known: dict[int, ThreeCxError] = {
        404: NotFound(f"The runner has no address {path}."),
        405: MethodNotAllowed(f"The address {path} does not take {request.method}."),
        413: TooLarge("The request is larger than 32 MB."),
    }
    response = problem_response(known.get(error.status_code) or BadRequest("The request cannot be read."))
    response.headers.update(error.headers or {})
    return response
