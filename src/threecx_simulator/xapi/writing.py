"""POST, PATCH, DELETE: entities made, changed and taken away; actions; calls made and dropped."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from threecx_simulator.http.callcontrol import body
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.verbs import Ask, Verbs
from threecx_simulator.pbx.attempts import end
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.actions import ACTIONS
from threecx_simulator.xapi.answers import Page, answer, collection, shaped
from threecx_simulator.xapi.check import checked
from threecx_simulator.xapi.filter import BadQuery, Row
from threecx_simulator.xapi.model import Call, EntitySet, Type, model
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.query import SET_LIMIT, Query, Shape
from threecx_simulator.xapi.reading import PREFIX
from threecx_simulator.xapi.resource import Resource

Json = dict[str, Any]
_VERBS = {"PATCH": "update", "DELETE": "delete"}


class Writer:
    """Answers to everything but GET."""

    def __init__(self, board: Switchboard, office: Office) -> None:
        self._board = board
        self._office = office
        self._verbs = Verbs(board)

    async def write(self, request: Request, client: ApiClient, found: Resource) -> Response:
        """The answer for a resource of the model."""
        if found.call is not None:
            return await self._act(request, client, found, found.call)
        if found.navigation is not None:
            return empty(
                404 if request.method == "POST" else 405
            )  # T: agents are changed through their queue
        if found.singleton:
            return await self._change_singleton(request, found)
        assert found.set is not None
        if found.key is None:
            return await self._create(request, found) if request.method == "POST" else empty(405)
        return await self._change(request, found.set, found.key)

    async def _change(self, request: Request, known: EntitySet, key: tuple[str, str | int]) -> Response:
        if _VERBS.get(request.method) not in known.verbs:
            return empty(405)
        row = self._office.sets[known.name].find(*key)
        if row is None:
            return empty(404)
        if request.method == "DELETE":
            self._office.sets[known.name].delete(row)
            return empty(204)
        data = await _json(request, known.type)
        if isinstance(data, Response):
            return data
        self._office.sets[known.name].change(row, data)
        return empty(204)

    async def _change_singleton(self, request: Request, found: Resource) -> Response:
        assert found.type is not None
        if request.method != "PATCH":
            return empty(405)
        data = await _json(request, found.type)
        if isinstance(data, Response):
            return data
        self._office.change_singleton(found.singleton, data)
        return empty(204)

    async def _create(self, request: Request, found: Resource) -> Response:
        assert found.set is not None
        if "create" not in found.set.verbs:
            return empty(405)
        data = await _json(request, found.set.type)
        if isinstance(data, Response):
            return data
        data.pop("Id", None)
        row = self._office.sets[found.set.name].create(data)
        base = f"{request.url.scheme}://{request.url.netloc}{PREFIX}"
        made = {"@odata.context": f"{base}/$metadata#{found.set.name}/$entity"} | shaped(
            row, Shape(found.set.type)
        )
        key = row[found.set.keys[0]]
        where = (
            f"{base}/{found.set.name}({key})" if isinstance(key, int) else f"{base}/{found.set.name}('{key}')"
        )
        return answer(made, 201, {"Location": where})

    # --- actions -------------------------------------------------------------------------------------------------

    async def _act(self, request: Request, client: ApiClient, found: Resource, call: Call) -> Response:
        if request.method != call.verb:
            return empty(405)
        if call.name == "ActiveCalls()/Pbx.DropCall":
            return self._drop_call(found)
        data: object = {}
        if call.parameters or await request.body():
            data = await body(request)
            if isinstance(data, Response):
                return data
        assert isinstance(data, Mapping)
        if call.name == "Users/Pbx.MakeCall":
            return await self._make_call(client, data)
        action = ACTIONS.get(call.name)
        row = self._office.sets[found.set.name].find(*found.key) if found.set and found.key else None
        if action is None or (found.key and row is None):
            return empty(404)
        unknown = [name for name in data if name not in call.parameters and "@" not in name]
        if unknown:
            raise BadQuery(
                f"The parameter '{unknown[0]}' in the request payload is not a valid parameter for the operation '{call.name.rpartition('.')[2]}'."
            )
        return self._acted(request, call, action(self._office, row, data))

    def _acted(self, request: Request, call: Call, value: Any) -> Response:
        if value is None:
            return empty(204)
        context = (
            f"{request.url.scheme}://{request.url.netloc}{PREFIX}/$metadata#Pbx.{call.answer.strip('[]')}"
        )
        if call.rows in model().types:
            query = Query.of((), model().types[call.rows], SET_LIMIT)
            return answer(collection(value, query, "", context, Page(len(value) + 1)))
        if isinstance(value, Mapping):
            return answer({"@odata.context": context} | shaped(value, Shape(model().types[call.answer])))
        return answer({"@odata.context": context, "value": value})

    def _drop_call(self, found: Resource) -> Response:
        pbx = self._board.pbx
        number = found.key[1] if found.key else None
        call = next((call for call in pbx.calls.values() if call.active_id == number), None)
        if call is None:
            return empty(404)
        self._board.do(lambda pbx: end(pbx, call, ": dropped by the administrator"))
        return empty(204) if pbx.profile.dropcall_answer == "204" else answer({})

    async def _make_call(self, client: ApiClient, data: Mapping[str, Any]) -> Response:
        dn = str(data.get("dn") or client.dn)
        if dn not in self._board.pbx.directory.inside:
            return empty(404)
        reply = await self._verbs.call_from(dn, Ask.of(data))
        return answer(_pascal(reply.body), reply.status)


async def _json(request: Request, type_: Type) -> Json | Response:
    data = await body(request)
    if isinstance(data, Response):
        return data
    assert isinstance(data, Mapping)
    return checked(data, type_)


def _pascal(result: Json) -> Row:
    """The XAPI spells a result in PascalCase (swagger, `Pbx.CallControlResultResponse`)."""
    leg = result["result"]
    shown = leg and {"Id": leg["id"], "Status": leg["status"], "DN": leg["dn"], "PartyDn": leg["party_dn"]}
    plain = {
        "FinalStatus": str(result["finalstatus"]),
        "Reason": result["reason"],
        "ReasonText": result["reasontext"],
    }
    return plain | ({"Result": shown} if shown else {})
