"""What programs ask of the web client's own API: to log in as a person (T), and a session in the name of an extension
(E, for API clients from V20 Update 8). The protocol behind a session is not documented and not here.
"""

import hmac
import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from threecx_simulator.http.callcontrol import body
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.pbx.ids import ClientId
from threecx_simulator.pbx.world import ApiClient, Extension, Role
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.membership import role_of
from threecx_simulator.xapi.office import Office

SESSION = "/webclient/api/MyPhone/session"
LOGIN = "/webclient/api/Login/GetAccessToken"
REFRESH_COOKIE = "RefreshTokenCookie"
_SINCE = (20, 0, 8)
_REFUSED = {"Status": "AuthFailed", "Token": None, "TwoFactorAuth": None}


class WebClient:
    """Logins by password, which is the API clients' secret, and sessions; each answer names a new one."""

    def __init__(self, board: Switchboard, tokens: TokenOffice, office: Office) -> None:
        self._board = board
        self._tokens = tokens
        self._office = office

    def routes(self) -> list[Route]:
        """Both requests."""
        return [
            Route(SESSION, self.session, methods=["POST"]),
            Route(LOGIN, self.log_in, methods=["POST"]),
        ]

    async def log_in(self, request: Request) -> Response:
        """`Username` is an extension's number or mail address; what it may do is its role in its department."""
        asked = await body(request)
        if isinstance(asked, Response):
            return asked
        person = self._person(asked if isinstance(asked, dict) else {})
        if person is None:
            return JSONResponse(_REFUSED, 401)
        token = self._tokens.admit(person)
        answer = JSONResponse({"Status": "AuthSuccess", "Token": token, "TwoFactorAuth": None})
        answer.set_cookie(REFRESH_COOKIE, token["refresh_token"], httponly=True, path="/connect/token")
        return answer

    def _person(self, asked: dict[str, object]) -> ApiClient | None:
        name, password = str(asked.get("Username", "")), str(asked.get("Password", ""))
        secrets = [client.secret for client in self._board.pbx.world.clients]
        if not any(hmac.compare_digest(one.encode(), password.encode()) for one in secrets):
            return None
        users = self._office.sets["Users"]
        row = users.find("Number", name) or users.find("EmailAddress", name)
        if row is None:
            return None
        role: Role = role_of(row)
        number = ClientId(str(row["Number"]))
        return ApiClient(
            client_id=number, name=str(row.get("DisplayName") or number), call_control=False, role=role
        )

    async def session(self, request: Request) -> Response:
        """`impersonate` names the extension, a person's own when it is left out; for anybody else, 403."""
        client = self._tokens.who(request.headers.get("authorization"))
        if client is None:
            return empty(401)
        pbx = self._board.pbx
        if pbx.profile.build < _SINCE:
            return empty(404)
        asked = await body(request)
        if isinstance(asked, Response):
            return asked
        wanted = asked.get("impersonate", client.dn) if isinstance(asked, dict) else None
        if not client.xapi or not isinstance(pbx.directory.inside.get(str(wanted)), Extension):
            return empty(403)
        return JSONResponse({"sessionKey": str(uuid.uuid4()), "pass": str(uuid.uuid4())})
