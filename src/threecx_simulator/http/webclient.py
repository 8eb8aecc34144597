"""The one request of the web client that an API client may make: a session in the name of an extension (E, from V20
Update 8). The protocol behind it is not documented and not here.
"""

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from threecx_simulator.http.callcontrol import body
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.pbx.world import Extension
from threecx_simulator.switchboard import Switchboard

SESSION = "/webclient/api/MyPhone/session"
_SINCE = (20, 0, 8)


class WebClient:
    """Sessions for clients that are logged in; each answer names a new one."""

    def __init__(self, board: Switchboard, tokens: TokenOffice) -> None:
        self._board = board
        self._tokens = tokens

    async def session(self, request: Request) -> Response:
        """`impersonate` names the extension; without XAPI rights, or for anybody else, 403."""
        client = self._tokens.who(request.headers.get("authorization"))
        if client is None:
            return empty(401)
        pbx = self._board.pbx
        if pbx.profile.build < _SINCE:
            return empty(404)
        asked = await body(request)
        if isinstance(asked, Response):
            return asked
        wanted = asked.get("impersonate") if isinstance(asked, dict) else None
        if not client.xapi or not isinstance(pbx.directory.inside.get(str(wanted)), Extension):
            return empty(403)
        return JSONResponse({"sessionKey": str(uuid.uuid4()), "pass": str(uuid.uuid4())})
