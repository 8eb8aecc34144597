"""Routes of the control API that make the PBX ill."""

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from threecx_simulator.control.handle import Control
from threecx_simulator.control.model import (
    CallLimit,
    IllnessOrder,
    Merge,
    Monitoring,
    NewParty,
    Restart,
    SocketCut,
    Switch,
)
from threecx_simulator.control.openapi import NO_CLIENT, NOT_FOUND, RUNNING


def fault_routes(app: FastAPI, control: Control) -> None:
    """Add them to the control API."""

    @app.post("/faults/cut-sockets", tags=["faults"])
    async def cut_sockets(cut: SocketCut) -> dict[str, int]:
        """End every socket."""
        return {"cut": await control.cut_sockets(cut.code)}

    @app.post("/faults/cut-requests", tags=["faults"])
    async def cut_requests(path: str = "") -> dict[str, int]:
        """Break the connections of requests that wait for their answer; what they asked for goes on."""
        return {"cut": control.cut_requests(path)}

    @app.post("/faults/half-open", status_code=204, tags=["faults"])
    async def half_open() -> None:
        """Open sockets answer pings and say nothing more."""
        control.half_open()

    @app.post("/faults/answers", status_code=204, tags=["faults"])
    async def answer_next(order: IllnessOrder) -> None:
        """The next requests that match get an error status, the upgrade of a socket among them."""
        control.answer_next(**order.model_dump())

    @app.post("/faults/invalidate-tokens", status_code=204, tags=["faults"])
    async def invalidate_tokens() -> None:
        """Every token is worthless from now on."""
        control.invalidate_tokens()

    @app.post("/faults/licence", status_code=204, tags=["faults"])
    async def licence(switch: Switch) -> None:
        """With or without the licence for the Call Control API."""
        control.licence(switch.on)

    @app.post("/faults/monitor", status_code=204, tags=["faults"], responses=NO_CLIENT)
    async def monitor(order: Monitoring) -> Response:
        """Tick or untick a DN for an API client."""
        try:
            control.monitor(order.client, order.dn, order.on)
        except KeyError:
            return JSONResponse({"detail": f"There is no client {order.client}"}, 404)
        return Response(status_code=204)

    @app.post("/faults/call-limit", status_code=204, tags=["faults"])
    async def limit_calls(limit: CallLimit) -> None:
        """The licence allows so many calls at a time."""
        control.limit_calls(limit.calls)

    @app.post("/calls/{call}/haunt", status_code=204, tags=["faults"], responses=NOT_FOUND | RUNNING)
    async def haunt(call: str) -> None:
        """An ended call stays in `ActiveCalls` as a ghost."""
        control.haunt(call)

    @app.post("/calls/{call}/party", status_code=204, tags=["faults"], responses=NOT_FOUND)
    async def new_party(call: str, party: NewParty) -> None:
        """Somebody else takes the caller's place; the other leg keeps its id."""
        control.new_party(call, party.number, party.name)

    @app.post("/calls/{call}/merge", tags=["faults"], responses=NOT_FOUND)
    async def merge(call: str, order: Merge) -> dict[str, bool]:
        """A telephone with a leg in both calls joins them and leaves."""
        return {"merged": control.merge(call, order.other, order.keep_first)}

    @app.post("/faults/register-anew/{dn}", tags=["faults"])
    async def register_anew(dn: str) -> list[str]:
        """The devices of an extension register again, under new ids."""
        return control.register_anew(dn)

    @app.post("/faults/restart", status_code=204, tags=["faults"])
    async def restart(order: Restart) -> None:
        """The PBX restarts: calls, streams, sockets and tokens are gone."""
        await control.restart(order.reuse_ids)

    @app.post("/faults/cut-streams", status_code=204, tags=["faults"])
    async def cut_streams() -> None:
        """End every audio stream."""
        control.cut_streams()
