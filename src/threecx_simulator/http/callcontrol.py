"""`/callcontrol`: the REST side of the Call Control API."""

import json
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from threecx_simulator.http.refusals import answer, empty
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.http.verbs import Reply, Verbs
from threecx_simulator.pbx import views
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard

_JSON = "json"


class CallControl:
    """The endpoints of 3CX's page, complete."""

    def __init__(self, board: Switchboard, tokens: TokenOffice) -> None:
        self._board = board
        self._tokens = tokens
        self._verbs = Verbs(board)

    def routes(self) -> list[Route]:
        """In the order of matching: device ids may hold odd characters."""
        dn, one = "/callcontrol/{dn}", "/callcontrol/{dn}/participants/{id}"
        return [
            Route("/callcontrol", self._all, methods=["GET"]),
            Route("/callcontrol/ws", self._no_upgrade, methods=["GET"]),
            Route(dn, self._dn, methods=["GET"]),
            Route(dn + "/devices", self._devices, methods=["GET"]),
            Route(dn + "/devices/{device:path}/makecall", self._make_call, methods=["POST"]),
            Route(dn + "/devices/{device:path}", self._device, methods=["GET"]),
            Route(dn + "/participants", self._participants, methods=["GET"]),
            Route(one, self._participant, methods=["GET"]),
            Route(one + "/{action}", self._action, methods=["POST"]),
            Route(dn + "/makecall", self._make_call, methods=["POST"]),
        ]

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
        if isinstance(client, int):
            return empty(client)
        pbx = self._board.pbx
        seen = sorted(pbx.monitored[client.client_id], key=lambda dn: (dn != client.dn, dn))
        return JSONResponse([views.dn_view(pbx, client.client_id, dn) for dn in seen])

    async def _no_upgrade(self, request: Request) -> Response:
        """The socket's address without an upgrade: no DN, and nothing to answer with (400: G)."""
        client = self._admit(request)
        return empty(client if isinstance(client, int) else 400)

    async def _dn(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        return JSONResponse(views.dn_view(self._board.pbx, client.client_id, request.path_params["dn"]))

    async def _devices(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        return JSONResponse(views.devices(self._board.pbx, request.path_params["dn"]))

    async def _device(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        dn, wanted = request.path_params["dn"], request.path_params["device"]
        found = [one for one in self._board.pbx.devices(dn) if one.device_id == wanted]
        return JSONResponse(views.device(dn, found[0])) if found else empty(404)

    async def _participants(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        pbx = self._board.pbx
        legs = views.legs_on(pbx, client.client_id, request.path_params["dn"])
        return JSONResponse([views.shown(pbx, leg) for leg in legs])

    async def _participant(self, request: Request) -> Response:
        client = self._admit(request)
        if isinstance(client, int):
            return empty(client)
        leg = self._verbs.leg(client, request.path_params["dn"], request.path_params["id"])
        if isinstance(leg, int):
            return empty(leg)
        pbx = self._board.pbx
        race = timedelta(milliseconds=pbx.profile.get_404_race)
        if race and self._board.clock.now() < leg.born + race:
            return empty(404)
        return JSONResponse(views.shown(pbx, leg))

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
    """The JSON of a POST. A body without content type is refused (T): 415; what is not a JSON object: 400."""
    raw = await request.body()
    if _JSON not in request.headers.get("content-type", ""):
        return empty(415)
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return empty(400)
    return data if isinstance(data, dict) else empty(400)
