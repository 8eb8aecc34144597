"""The PBX's web application: every route, and answers for what has none."""

import logging
from asyncio import Transport
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from threecx_simulator.audio.desk import Desk
from threecx_simulator.http.callcontrol import CallControl
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.routing import PbxRoute, PbxSocket, plain
from threecx_simulator.http.socket import Sockets
from threecx_simulator.http.tokens import WRONG_SECRET, TokenOffice, basic_credentials
from threecx_simulator.http.webclient import REFRESH_COOKIE, WebClient
from threecx_simulator.pbx.ids import Dn
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.routes import Xapi

logging.getLogger("python_multipart").addHandler(logging.NullHandler())  # half a form is the client's matter


class PbxWeb:
    """Routes of one PBX; `sockets` and `tokens` are what faults act upon."""

    def __init__(
        self,
        board: Switchboard,
        desk: Desk,
        transport_of: Callable[[WebSocket], Transport | None],
        office: Office,
    ) -> None:
        pbx = board.pbx
        self._board, self._desk = board, desk
        self.office = office
        self.tokens = TokenOffice(pbx, board.clock)
        self.calls = CallControl(board, self.tokens)
        self.sockets = Sockets(board, self.calls.admit, self.tokens.life, transport_of)
        routes = [
            PbxRoute("/connect/token", self._token, ["POST"], pbx.profile),
            PbxSocket("/callcontrol/ws", self.sockets.serve, pbx.profile),
            *WebClient(board, self.tokens, office).routes(),
            *self.calls.routes(),
            *Xapi(board, self.tokens, office).routes(),
            WebSocketRoute("/{path:path}", _nowhere),
        ]
        self.app = Starlette(
            routes=routes,
            exception_handlers={HTTPException: plain, ClientDisconnect: _gone, Exception: _broken},
        )
        self.app.router.redirect_slashes = False

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if fields.get("grant_type") == "refresh_token" or (REFRESH_COOKIE in request.cookies and not fields):
            refresh = fields.get("refresh_token") or request.cookies.get(REFRESH_COOKIE, "")
            status, body = self.tokens.refreshed(refresh)
            return JSONResponse(body, status)
        fields = basic_credentials(request.headers.get("authorization")) | fields
        if not {"client_id", "client_secret"} <= fields.keys():
            return JSONResponse(WRONG_SECRET, 401)
        before = self.tokens.minted.get(fields["client_id"], 0)
        status, body = self.tokens.mint(
            fields["client_id"], fields["client_secret"], fields.get("grant_type", "")
        )
        if self.tokens.minted.get(fields["client_id"], 0) > before:
            await self.sockets.superseded(fields["client_id"])
            if self._board.pbx.profile.mint_kills_streams:
                self._desk.cut(Dn(fields["client_id"]))
        return JSONResponse(body, status)


async def _nowhere(socket: WebSocket) -> None:
    """No socket is served on this path: it is unknown, as over HTTP."""
    await socket.send_denial_response(empty(404))


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client has left in the middle of its request: nobody reads this."""
    return empty(400)


async def _broken(_request: Request, _error: Exception) -> Response:
    """A bug of ours; its traceback is in the log."""
    return empty(500)
