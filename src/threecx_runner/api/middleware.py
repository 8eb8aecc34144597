"""Pure ASGI middleware: Starlette's BaseHTTPMiddleware hides the client's disconnect (measured, architecture 6)."""

import time
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from threecx_pbx.errors import ThreeCxError
from threecx_runner.api.gate import Gate
from threecx_runner.api.race import ClientGone
from threecx_runner.errors import problem_of

_log = structlog.get_logger(__name__)

LARGEST_BODY_BYTES = 32_000_000
Count = Callable[[str, int, float], None]
"""Route, status, seconds."""


def problem_response(error: BaseException) -> JSONResponse:
    """Our Problem, whatever failed."""
    problem = problem_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if problem.http_status == 401 else None
    return JSONResponse(problem.model_dump(by_alias=True), status_code=problem.http_status, headers=headers)


class Outermost:
    """Counts and logs each request, and turns what nobody caught into a Problem."""

    def __init__(self, app: ASGIApp, count: Count) -> None:
        self._app = app
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientGone:
            _log.info("the client has gone", path=_route(scope))
        except Exception as error:  # noqa: BLE001  # the outermost place: a Problem for the client, the traceback for the log
            if status == 0:
                await problem_response(error)(scope, receive, sent)
            elif not isinstance(error, ThreeCxError):
                problem_of(error)
        finally:
            self._count(_route(scope), status, time.perf_counter() - began)


class Gated:
    """Refuses who may not ask, before a byte of the body is read."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._gate.check(scope["path"], Headers(scope=scope))
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses bodies that would fill the memory; files are streamed to disk and have a limit of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limited = scope["type"] == "http" and scope["path"] != "/v1/files"
        await self._app(scope, _limited(receive) if limited else receive, send)


def _limited(receive: Receive) -> Receive:
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY_BYTES:
            raise HTTPException(413)  # FastAPI turns all other exceptions of a body into a 400
        return message

    return received


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path", "other")
