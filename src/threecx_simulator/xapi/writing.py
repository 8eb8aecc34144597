"""POST, PATCH, DELETE: entities made, changed and taken away; actions; calls made and dropped."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from threecx_simulator.http.callcontrol import body
from threecx_simulator.http.refusals import empty
from threecx_simulator.http.verbs import Ask, Verbs
from threecx_simulator.pbx.attempts import end
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.actions import ACTIONS
from threecx_simulator.xapi.answers import Page, answer, collection, refusal, shaped
from threecx_simulator.xapi.check import checked
from threecx_simulator.xapi.model import Call, EntitySet, Type, model
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.preferences import returned
from threecx_simulator.xapi.query import Query
from threecx_simulator.xapi.reading import PREFIX
from threecx_simulator.xapi.resource import Resource
from threecx_simulator.xapi.shape import Shape
from threecx_simulator.xapi.values import BadQuery, Row, named

Json = dict[str, Any]


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
        if found.singleton:
            return await self._change_singleton(request, found)
        assert found.set is not None
        if found.key is None:
            return await self._create(request, found.set)
        return await self._change(request, found.set, found.key)

    async def _change(self, request: Request, known: EntitySet, key: tuple[str, str | int]) -> Response:
        rows = self._office.sets[known.name]
        row = rows.find(*key)
        if row is None:
            return empty(404)
        if request.method == "DELETE":
            rows.delete(row)
            return empty(204)
        data = await _json(request, known.type)
        if isinstance(data, Response):
            return data
        rows.change(row, data)
        if self._wish(request) != "representation":
            return empty(204)
        name = known.keys[0]
        changed = rows.find(name, row[name]) or row
        return answer(
            self._entity(request, known, changed), 200, {"Preference-Applied": "return=representation"}
        )

    async def _change_singleton(self, request: Request, found: Resource) -> Response:
        assert found.type is not None
        data = await _json(request, found.type)
        if isinstance(data, Response):
            return data
        self._office.change_singleton(found.singleton, data)
        return empty(204)

    async def _create(self, request: Request, known: EntitySet) -> Response:
        data = await _json(request, known.type)
        if isinstance(data, Response):
            return data
        data.pop("Id", None)
        row = self._office.sets[known.name].create(data)
        where = _address(request, known, row)
        if self._wish(request) != "minimal":
            return answer(self._entity(request, known, row), 201, {"Location": where})
        told = {"Location": where, "OData-EntityId": where, "Preference-Applied": "return=minimal"}
        return Response(status_code=204, headers={"OData-Version": "4.0", **told})

    def _wish(self, request: Request) -> str:
        return returned(request) if self._board.pbx.profile.prefer_return == "honoured" else ""

    def _entity(self, request: Request, known: EntitySet, row: Row) -> Json:
        context = f"{_base(request)}/$metadata#{known.name}/$entity"
        return {"@odata.context": context} | shaped(row, Shape(known.type))

    # --- actions -------------------------------------------------------------------------------------------------

    async def _act(self, request: Request, client: ApiClient, found: Resource, call: Call) -> Response:
        if call.name == "ActiveCalls()/Pbx.DropCall":
            return self._drop_call(found)
        data: object = {}
        if call.parameters or await request.body():
            data = await _read(request)
            if isinstance(data, Response):
                return data
        assert isinstance(data, Mapping)
        if call.name == "Users/Pbx.MakeCall":
            _only_parameters(call, data)
            return await self._make_call(client, data)
        action = ACTIONS.get(call.name)
        row = self._office.sets[found.set.name].find(*found.key) if found.set and found.key else None
        if action is None or (found.key and row is None):
            return empty(404)
        _only_parameters(call, data)
        return self._acted(request, call, action(self._office, row, data))

    def _acted(self, request: Request, call: Call, value: Any) -> Response:
        if value is None:
            return empty(204)
        context = f"{_base(request)}/$metadata#{named(call.answer)}"
        if call.rows in model().types:
            query = Query(Shape(model().types[call.rows]))
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
        self._board.do(
            lambda pbx: end(pbx, call, ": dropped by the administrator") if call.ended is None else None
        )
        return empty(204) if pbx.profile.dropcall_answer == "204" else answer({})

    async def _make_call(self, client: ApiClient, data: Mapping[str, Any]) -> Response:
        dn = str(data.get("dn") or client.dn)
        if dn not in self._board.pbx.directory.inside:
            return empty(404)
        reply = await self._verbs.call_from(dn, Ask.of(data))
        return answer(_pascal(reply.body), reply.status)


def _only_parameters(call: Call, data: Mapping[str, Any]) -> None:
    unknown = [name for name in data if name not in call.parameters and "@" not in name]
    if unknown:
        raise BadQuery(
            f"The parameter '{unknown[0]}' in the request payload is not a valid parameter for the operation '{call.name.rpartition('.')[2]}'."
        )


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{PREFIX}"


def _address(request: Request, known: EntitySet, row: Row) -> str:
    key = row[known.keys[0]]
    literal = str(key) if isinstance(key, int) else "'" + str(key).replace("'", "''") + "'"
    return f"{_base(request)}/{known.name}({quote(literal)})"


async def _read(request: Request) -> object | Response:
    """The body; what is no JSON object is told as every other 400 of the XAPI (S: its default answer)."""
    data = await body(request)
    unreadable = isinstance(data, Response) and data.status_code == 400
    return refusal(400, "The input was not valid.") if unreadable else data


async def _json(request: Request, type_: Type) -> Json | Response:
    """The properties of a body. None at all is a missing `delta`, as 3CX calls what it is to create or change (T)."""
    if "json" in request.headers.get("content-type", "") and not await request.body():
        raise BadQuery("The delta field is required.")
    data = await _read(request)
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
