"""The control API over HTTP, with its OpenAPI page at `/docs`."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from threecx_simulator.audio.pcm import NotAudio
from threecx_simulator.control import __doc__ as about
from threecx_simulator.control.fault_routes import fault_routes
from threecx_simulator.control.faults import Impossible, StillRunning, UnknownCall
from threecx_simulator.control.handle import Control
from threecx_simulator.control.model import (
    BehaviourPatch,
    CallOrder,
    CallReport,
    ClientRights,
    ClientView,
    Complaint,
    Heard,
    Keys,
    PostTimes,
    Requests,
    Said,
    Streams,
    VerdictView,
)
from threecx_simulator.control.openapi import (
    A_RECORDING,
    A_SCENARIO,
    A_WAV,
    LATE,
    LINES,
    NO_AUDIO,
    NO_CLIENT,
    NO_SCENARIO,
    NO_TRACE,
    NOT_FOUND,
    WAV,
)
from threecx_simulator.control.phone import phone
from threecx_simulator.control.stage import Stage
from threecx_simulator.scenarios.complaints import in_words
from threecx_simulator.scenarios.load import BadScenario
from threecx_simulator.trace.replay import BadTrace

Seconds = Annotated[float, Query(ge=0, le=600, description="How long to wait at most")]


def control_app(control: Control, stage: Stage) -> FastAPI:
    """The application that offers what `Control` does."""
    app: FastAPI = FastAPIOffline(
        title="3CX simulator: control",
        version="1",
        description=about or "",
        responses={422: {"model": Complaint, "description": "Something in the request cannot be"}},
    )
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(400, _no_json)
    app.add_exception_handler(405, _other_method)
    app.add_exception_handler(UnknownCall, _unknown)
    app.add_exception_handler(StillRunning, _too_early)
    app.add_exception_handler(TimeoutError, _late)
    for wrong in (NotAudio, BadScenario, BadTrace, Impossible):
        app.add_exception_handler(wrong, _no_audio)
    _calls(app, control)
    _waits(app, control)
    _sound(app, control)
    _stage(app, stage)
    phone(app, control)
    app.add_api_route("/", _to_docs, include_in_schema=False)
    _people(app, control)
    fault_routes(app, control)
    return app


async def _to_docs() -> Response:
    return RedirectResponse("/docs")


async def _unknown(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 404)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(str(part) for part in one['loc'])}: {in_words(one)}" for one in error.errors()]
    return JSONResponse({"detail": "; ".join(told)}, 422)


async def _no_json(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "body: is no JSON"}, 422)


async def _other_method(request: Request, _error: Exception) -> Response:
    """With the methods of the path itself, or else of the pattern that it fits."""
    routes = [route for route in request.app.routes if isinstance(route, APIRoute)]
    path = request.url.path
    fitting = [one for one in routes if one.path == path] or [
        one for one in routes if one.path_regex.match(path)
    ]
    methods = sorted({method for one in fitting for method in one.methods or ()})
    return JSONResponse({"detail": f"There are {', '.join(methods)}"}, 405, {"Allow": ", ".join(methods)})


async def _no_audio(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 422)


async def _too_early(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 409)


async def _late(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error) or "It was not over within the time given"}, 408)


def _calls(app: FastAPI, control: Control) -> None:
    @app.post("/calls", status_code=201, tags=["calls"])
    async def place_call(order: CallOrder) -> CallReport:
        """Place a call."""
        call = control.call(
            order.from_,
            order.to,
            name=order.name,
            hangup_after=order.hangup_after,
            hangup_when=order.hangup_when,
            hangup_delay=order.hangup_delay,
        )
        return control.report(call)

    @app.get("/calls", tags=["calls"])
    async def list_calls() -> list[CallReport]:
        """Every call since the last reset, the oldest first."""
        return control.calls()

    @app.get("/calls/{call}", tags=["calls"], responses=NOT_FOUND)
    async def get_call(call: str) -> CallReport:
        """One call with its timeline."""
        return control.report(call)

    @app.post("/calls/{call}/hangup", tags=["calls"], responses=NOT_FOUND)
    async def hang_up(call: str, party: str | None = None) -> CallReport:
        """The caller (or another party: a DN or an outside number) hangs up."""
        control.hang_up(call, party)
        return control.report(call)

    @app.post("/calls/{call}/keys", tags=["calls"], responses=NOT_FOUND)
    async def press_keys(call: str, keys: Keys) -> CallReport:
        """The caller (or another party) presses keys."""
        control.press(call, keys.keys, keys.party)
        return control.report(call)


def _sound(app: FastAPI, control: Control) -> None:
    @app.get("/calls/{call}/heard", tags=["sound"], responses=NOT_FOUND)
    async def heard(call: str, party: str | None = None) -> Heard:
        """What the caller (or another party) heard, as sound and silence."""
        return control.heard(call, party)

    @app.get("/calls/{call}/heard.wav", tags=["sound"], responses=NOT_FOUND | WAV, response_class=Response)
    async def heard_wav(call: str, party: str | None = None) -> Response:
        """What the caller (or another party) heard, as a WAV file."""
        return Response(control.heard_wav(call, party), media_type="audio/wav")

    @app.post("/calls/{call}/say", tags=["sound"], responses=NOT_FOUND | NO_AUDIO, openapi_extra=A_WAV)
    async def say(call: str, request: Request, party: str | None = None) -> Said:
        """The caller (or another party) says the WAV file in the body."""
        return Said(seconds=control.say(call, await request.body(), party))

    @app.get("/streams", tags=["sound"])
    async def streams() -> Streams:
        """How the audio streams ran since the last reset."""
        return control.streams()

    @app.get("/streams/{participant}", tags=["sound"])
    async def posts(participant: int) -> list[PostTimes]:
        """What was posted on a leg, and when it arrived."""
        return control.posts(participant)

    @app.post("/streams/reset", status_code=204, tags=["sound"])
    async def count_streams_anew() -> None:
        """Begin to count underruns and lateness from now on."""
        control.count_streams_anew()


def _stage(app: FastAPI, stage: Stage) -> None:
    @app.post("/scenarios", tags=["scenarios"], responses=NO_SCENARIO | LATE, openapi_extra=A_SCENARIO)
    async def play_scenario(
        request: Request, folder: str = "", within: Seconds = 60, name: str = "the scenario"
    ) -> list[VerdictView]:
        """Play the YAML in the body, wait until it is over, and tell what became of its expectations. `name` stands
        for its file in complaints, its sounds lie in `folder`."""
        text = (await request.body()).decode(errors="replace")
        async with asyncio.timeout(within):
            verdicts = await stage.play(text, folder, name)
        return [
            VerdictView(call=one.call, expected=one.expectation, met=one.met, why=one.why) for one in verdicts
        ]

    @app.post("/recording", status_code=204, tags=["recordings"])
    async def record() -> None:
        """Begin a new recording of everything that happens."""
        stage.record()

    @app.get("/recording", tags=["recordings"], responses=LINES, response_class=Response)
    async def recording() -> Response:
        """What was recorded so far, as JSON lines; empty when nothing is being recorded."""
        return Response(stage.recorded(), media_type="application/jsonl")

    @app.post(
        "/replay",
        status_code=204,
        tags=["recordings"],
        responses=NO_TRACE | LATE,
        openapi_extra=A_RECORDING,
    )
    async def replay_recording(request: Request, within: Seconds = 60) -> None:
        """Play the recording in the body again, and wait until it is over."""
        async with asyncio.timeout(within):
            await stage.replay((await request.body()).decode(errors="replace"))


def _waits(app: FastAPI, control: Control) -> None:
    @app.get("/calls/{call}/ended", tags=["waiting"], responses=NOT_FOUND | LATE)
    async def wait_until_ended(call: str, within: Seconds = 30) -> CallReport:
        """Wait until the call has ended."""
        return await control.ended(call, within)

    @app.get("/calls/{call}/reached", tags=["waiting"], responses=NOT_FOUND | LATE)
    async def wait_until_reached(call: str, what: str, within: Seconds = 30) -> CallReport:
        """Wait until the timeline holds a line, e.g. `connected 101`."""
        return await control.reached(call, what, within)


def _people(app: FastAPI, control: Control) -> None:
    @app.get("/clients", tags=["clients"])
    async def list_clients() -> list[ClientView]:
        """The API clients and their rights."""
        return control.clients()

    @app.patch("/clients/{client}", status_code=204, tags=["clients"], responses=NO_CLIENT)
    async def set_rights(client: str, rights: ClientRights) -> Response:
        """Another role for an API client, or another tick in its boxes; it counts from the next request on."""
        try:
            control.set_rights(client, rights.role, rights.call_control, rights.xapi)
        except KeyError:
            return JSONResponse({"detail": f"There is no client {client}"}, 404)
        return Response(status_code=204)

    @app.patch("/behaviours/{number}", tags=["people"])
    async def set_behaviour(number: str, patch: BehaviourPatch) -> BehaviourPatch:
        """What a number does when it rings; missing fields stay as they are."""
        now = control.behave(number, **patch.model_dump(exclude_unset=True))
        return BehaviourPatch.model_validate(now, from_attributes=True)

    @app.get("/requests", tags=["observing"])
    async def requests() -> Requests:
        """Everything that was asked of the PBX since the last reset."""
        return control.requests()

    @app.post("/reset", status_code=204, tags=["observing"])
    async def reset() -> None:
        """End all calls; forget everything that happened and every fault."""
        control.reset()
