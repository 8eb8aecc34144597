"""`/callcontrol`: the REST side of the Call Control API."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from threecx_simulator.http.reading import Reading
from threecx_simulator.http.refusals import answer, empty
from threecx_simulator.http.routing import PbxRoute
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.http.verbs import Reply, Verbs
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard

_JSON = "json"


class CallControl:
    """The endpoints of 3CX's page, complete."""

    def __init__(self, board: Switchboard, tokens: TokenOffice) -> None:
        self._board = board
        self._tokens = tokens
        self._verbs = Verbs(board)
        self._reading = Reading(board)

    def routes(self) -> list[PbxRoute]:
        """In the order of matching: device ids may hold odd characters."""
        dn, one = "/callcontrol/{dn}", "/callcontrol/{dn}/participants/{id}"
        devices, participants = partial(self._read, kind="devices"), partial(self._read, kind="participants")
        table: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/callcontrol", self._all),
            ("GET", "/callcontrol/ws", self._no_upgrade),
            ("GET", dn, self._read),
            ("GET", dn + "/devices", devices),
            ("POST", dn + "/devices/{device:path}/makecall", self._make_call),
            ("GET", dn + "/devices/{id:path}", devices),
            ("GET", dn + "/participants", participants),
            ("GET", one, participants),
            ("POST", one + "/{action}", self._action),
            ("POST", dn + "/makecall", self._make_call),
        ]
        profile = self._board.pbx.profile
        return [PbxRoute(path, endpoint, [method], profile) for method, path, endpoint in table]

    def admit(self, authorization: str | None, dn: str | None = None) -> ApiClient | int:
        """The client behind a request, or the status that turns it away."""
        client = self._tokens.who(authorization)
        if client is None:
            return 401
        if not self._board.pbx.licensed:
            return int(self._board.pbx.profile.licence_missing)
        if not client.call_control or (dn is not None and not self._verbs.sees(client, dn)):
            return 403
        return client

    def _admit(self, request: Request) -> ApiClient | int:
        return self.admit(request.headers.get("authorization"), request.path_params.get("dn"))

    async def _all(self, request: Request) -> Response:
        client = self._admit(request)
        return empty(client) if isinstance(client, int) else self._answer(self._reading.all(client))

    async def _read(self, request: Request, kind: str = "") -> Response:
        """One DN; or all of its devices or participants; or one of them."""
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        path = request.path_params
        below = [one for one in (kind, path.get("id", "")) if one]
        return self._answer(self._reading.at(client, path["dn"], *below))

    async def _no_upgrade(self, request: Request) -> Response:
        """The socket's address without an upgrade: no DN, and nothing to answer with (400: G)."""
        client = self._admit(request)
        return empty(client if isinstance(client, int) else 400)

    async def _action(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        data = await body(request)
        if isinstance(data, Response):
            return data
        path = request.path_params
        return self._answer(await self._verbs.act(client, path["dn"], path["id"], path["action"], data))

    async def _make_call(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        data = await body(request)
        if isinstance(data, Response):
            return data
        path = request.path_params
        return self._answer(await self._verbs.make_call(client, path["dn"], path.get("device"), data))

    def _answer(self, reply: Reply) -> Response:
        return answer(self._board.pbx.profile, reply.status, reply.body, refused=reply.refused)


async def body(request: Request) -> object | Response:
    """The JSON of a POST. A body without content type is refused (T): 415; what is not a JSON object, half a
    surrogate pair in it included (System.Text.Json refuses that too): 400. Nothing at
    all counts as an empty object when its type is told: third-party code drops calls in that way."""
    raw = await request.body()
    if _JSON not in request.headers.get("content-type", ""):
        return empty(415)
    try:
        data = orjson.loads(raw or b"{}")
    except ValueError:
        return empty(400)
    return data if isinstance(data, dict) else empty(400)
