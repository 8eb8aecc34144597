"""Requests under `/xapi/v1`: rights, paths with keys and functions, OData answers."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from threecx_simulator.http.callcontrol import body
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.http.verbs import Ask, Verbs
from threecx_simulator.pbx.attempts import end
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi import rows
from threecx_simulator.xapi.filter import BadQuery
from threecx_simulator.xapi.odata import SET_LIMIT, Query, collection, error, shaped

PREFIX = "/xapi/v1"
_KEYED = re.compile(r"(?P<set>\w+)\((?:(?P<name>\w+)=)?(?P<quote>')?(?P<key>[^']*)'?\)")
_FOR_USERS = {"Defs"}  # what role `users` may read (T)
_METADATA = f"{PREFIX}/$metadata#"


class Xapi:
    """The configuration API for clients that are logged in."""

    def __init__(self, board: Switchboard, tokens: TokenOffice) -> None:
        self._board = board
        self._tokens = tokens
        self._verbs = Verbs(board)

    def routes(self) -> list[Route]:
        """One route: OData paths are not made of plain segments."""
        return [
            Route(PREFIX + "/{path:path}", self._serve, methods=["GET", "POST", "PATCH", "DELETE", "PUT"])
        ]

    async def _serve(self, request: Request) -> Response:
        client = self._tokens.who(request.headers.get("authorization"))
        if client is None:
            return empty(401)
        path = request.path_params["path"]
        first = re.split(r"[/(]", path, maxsplit=1)[0]
        if (
            not client.xapi
            or not self._board.pbx.licensed
            or (client.role == "users" and first not in _FOR_USERS)
        ):
            return self._versioned(empty(403))
        try:
            answer = await self._find(request, path, client)
        except BadQuery as wrong:
            answer = JSONResponse(error(str(wrong)), 400)
        return self._versioned(answer)

    def _versioned(self, answer: Response) -> Response:
        answer.headers["X-3CX-Version"] = self._board.pbx.profile.version
        return answer

    async def _find(self, request: Request, path: str, client: ApiClient) -> Response:
        if request.method == "GET":
            return self._get(request, path)
        actions: dict[str, Callable[[], Awaitable[Response]]] = {
            "Users/Pbx.MakeCall": partial(self._make_call, request, client)
        }
        if request.method == "POST" and path in actions:
            return await actions[path]()
        dropped = re.fullmatch(r"ActiveCalls\((\d+)\)/Pbx\.DropCall", path)
        if request.method == "POST" and dropped:
            return self._drop_call(int(dropped[1]))
        return empty(405 if path in rows.SETS else 404)

    def _get(self, request: Request, path: str) -> Response:
        pbx = self._board.pbx
        if path == "Defs":
            return self._entity(request, "Defs", {"Id": 0})
        if path == "SystemStatus":
            return self._entity(request, "SystemStatus", rows.system_status(pbx))
        if path == "OutboundRules/Pbx.GetEmergencyOutboundRules()":
            found = rows.emergency_rules(pbx)
            return self._collection(request, path, "OutboundRules", found)
        if path in rows.SETS:
            return self._collection(request, path, path, rows.SETS[path](pbx))
        keyed = _KEYED.fullmatch(path)
        if keyed and keyed["set"] in rows.SETS:
            wanted = keyed["name"] or "Id"
            key: Any = (
                keyed["key"] if keyed["quote"] else int(keyed["key"]) if keyed["key"].isdecimal() else None
            )
            for row in rows.SETS[keyed["set"]](pbx):
                if row.get(wanted) == key:
                    return self._entity(request, f"{keyed['set']}/$entity", row)
        return empty(404)

    def _collection(self, request: Request, path: str, name: str, found: Sequence[rows.Row]) -> Response:
        query = Query.of(request.query_params, SET_LIMIT)
        base = f"{request.url.scheme}://{request.url.netloc}"
        context = f"{base}{_METADATA}{name}{_selected(query)}"
        return JSONResponse(collection(found, query, f"{base}{PREFIX}/{path}", context, SET_LIMIT))

    def _entity(self, request: Request, name: str, row: rows.Row) -> Response:
        query = Query.of(request.query_params, SET_LIMIT)
        base = f"{request.url.scheme}://{request.url.netloc}"
        kind, _, suffix = name.partition("/")
        context = f"{base}{_METADATA}{kind}{_selected(query)}{'/' + suffix if suffix else ''}"
        return JSONResponse({"@odata.context": context} | shaped(row, query.select))

    def _drop_call(self, number: int) -> Response:
        pbx = self._board.pbx
        call = next((call for call in pbx.calls.values() if call.active_id == number), None)
        if call is None:
            return empty(404)
        self._board.do(lambda pbx: end(pbx, call, ": dropped by the administrator"))
        if pbx.profile.dropcall_answer == "204":
            return empty(204)
        return JSONResponse({"value": True})

    async def _make_call(self, request: Request, client: ApiClient) -> Response:
        data = await body(request)
        if isinstance(data, Response):
            return data
        asked = Ask.of(data)
        dn = str(data.get("dn") or client.dn) if isinstance(data, dict) else ""
        if dn not in self._board.pbx.directory.inside:
            return empty(404)
        reply = await self._verbs.call_from(dn, asked)
        return JSONResponse(_pascal(reply.body), reply.status)


def _selected(query: Query) -> str:
    return f"({','.join(query.select)})" if query.select else ""


def _pascal(result: dict[str, Any]) -> dict[str, Any]:
    """The XAPI spells a result in PascalCase (swagger, `Pbx.CallControlResultResponse`)."""
    leg = result["result"]
    shown = leg and {"Id": leg["id"], "Status": leg["status"], "DN": leg["dn"], "PartyDn": leg["party_dn"]}
    plain = {
        "FinalStatus": result["finalstatus"],
        "Reason": result["reason"],
        "ReasonText": result["reasontext"],
    }
    return plain | ({"Result": shown} if shown else {})
