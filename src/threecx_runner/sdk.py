"""All that a node's file imports, beside the domain types of threecx_pbx.

A module `nodes/<node>/<operation>.py` holds one `Operation` (made by `@operation`) or one `Trigger` (made by `@trigger`);
its public name is its path. The runner and the generator find both by walking the package.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, cast, get_type_hints

from pydantic import Field

from threecx_pbx.calls.events import CallEvent
from threecx_pbx.calls.model import Call, CallId, Leg, LegState
from threecx_pbx.clock import Clock
from threecx_pbx.errors import CallEnded, NotConnected, NotOwnLeg
from threecx_pbx.media import Media, Pcm
from threecx_pbx.session import PbxSession
from threecx_pbx.xapi.client import Xapi
from threecx_runner.forms import (
    Attached,
    CallParams,
    CallResult,
    KeyText,
    Located,
    Locator,
    NumberList,
    OnHangUp,
    Params,
    Result,
    Rows,
    WhichCall,
    Wire,
)
from threecx_runner.naming import camel


class Effect(StrEnum):
    """What repeating an operation would do: decides about idempotency keys and the destination guard."""

    READ = "read"
    WRITE = "write"
    """Changes data of the PBX: never as an AI tool (features.md 2)."""
    CALL = "call"
    DIAL = "dial"


class Guarding(Protocol):
    """The credential's destination guard, asked before any leg goes anywhere."""

    async def check(self, destination: str) -> str:
        """The number to dial, cleaned of spaces and the like. Raises DestinationRefused, BadParameter."""

    async def room(self) -> None:
        """For a further call beside those that people have. Raises LicenceFull, and ThreeCxError where the PBX does not tell."""


class Sounding(Protocol):
    """Everything that callers can hear."""

    async def of(self, wanted: Locator, name: str) -> Pcm:
        """The sound that a parameter names: a prompt of the list, a path, a URL, a file of the item, a spoken text.

        Raises BadParameter when it is empty, naming the parameter, AudioMissing, AudioUnreadable, AudioTooLong,
        AudioRefused, AudioUnreachable, SpeechMissing, FileUnknown.
        """

    async def spoken(self, text: str, language: str, voice: str, speed: float) -> Pcm:
        """The text, spoken. Raises SpeechMissing, BadParameter."""

    async def save(self, name: str, wanted: Locator) -> str:
        """Puts a sound into the list of prompts; returns its name there. Raises as `of`."""

    async def prompts(self) -> list[str]:
        """The names of the list."""


class Filing(Protocol):
    """Binaries that an operation gives."""

    async def save(self, chunks: AsyncIterator[bytes], name: str, mime_type: str) -> Attached:
        """Takes the content as it comes; nothing is kept of one that breaks off. Raises TooLarge."""


_CONNECTING = timedelta(seconds=5)
"""An operation may come while the Receiver still answers the call."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an operation may use: its PBX, the call it was asked about, the clock."""

    session: PbxSession
    clock: Clock
    find_call: Callable[[], Call]
    """The call that the item means; raises CallUnknown or CallEnded."""
    guard: Guarding
    sounds: Sounding
    files: Filing
    reports: Xapi
    """The XAPI by the credential's second API client, where it has one, so that the first one can be a plain user."""
    data_changes: bool = False
    """Whether the credential lets `xapiRequest` write."""
    tool: bool = False
    """A model wrote some of the parameters."""
    call_id: CallId = CallId("")
    """Which call that is, also when it is over."""
    workflow_id: str = ""
    execution_id: str = ""

    @property
    def xapi(self) -> Xapi:
        """The XAPI by the credential's first API client."""
        return self.session.xapi

    def call(self) -> Call:
        """The call that this item is about. Raises CallUnknown, CallEnded."""
        return self.find_call()

    async def voice(self, doing: str) -> Media:
        """Sound and keys of the call's own leg, once it is connected; `doing` completes "… needs a connected call".

        Raises CallUnknown, CallEnded, NotOwnLeg, NotConnected.
        """
        call = self.call()
        if call.own_leg is None:
            where = ", ".join(sorted({leg.dn for leg in call.legs.values()}))
            raise NotOwnLeg(
                f"{doing} is impossible: 3CX gives sound and keys only at the client's own route point, and this call is at {where}."
            )
        try:
            leg = await self.session.until(call.id, _connected, _CONNECTING)
        except TimeoutError as error:
            raise NotConnected(f"{doing} needs a connected call, and this one still rings.") from error
        return self.session.media(leg)


def _connected(call: Call | None) -> Leg | None:
    if call is None or call.own_leg is None:
        raise CallEnded("The call has ended: the caller or the other side hung up.")
    return call.own_leg if call.own_leg.state is LegState.CONNECTED else None


class OnStop(StrEnum):
    """What becomes of an answered caller whom no operation looks after any more (features.md 1.3)."""

    FALLBACK = "fallback"
    TRANSFER = "transfer"
    HANG_UP = "hangUp"
    LEAVE = "leave"


class IdleAudio(StrEnum):
    """What a caller hears while no operation is on the call (features.md 1.3)."""

    RING_BACK = "ringBack"
    MUSIC = "music"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a Receiver wants its callers to be looked after. `destination` empty: the runner's own."""

    on_stop: OnStop = OnStop.FALLBACK
    destination: str = ""
    idle: timedelta = timedelta(seconds=30)
    audio: IdleAudio = IdleAudio.RING_BACK
    rings: bool = False
    """Ring-back until the first operation: the workflow answers by itself, whatever the PBX has connected (features.md 2)."""


WireItem = dict[str, Any]
"""An output item that stands as n8n gets it, spelled as the operation's result is: for streams of very many.
A list of them goes on at once."""
Streamed = AsyncIterator[Result | WireItem | list[WireItem]]

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Result)

Outputs = Mapping[str, Callable[[R], bool | str]]


@dataclass(frozen=True)
class Operation(Generic[P, R]):
    """One operation of an action node."""

    node: str
    name: str
    params: type[P]
    result: type[R]
    effect: Effect
    outputs: Outputs[R]
    """Output key → whether a result leaves there; the first that matches. Empty: a single output.
    `*choices`: one output for each row of the parameter `choices`; its function gives the row's key, or none.
    """
    run: Callable[[Context, P], Awaitable[R | list[R]] | Streamed]
    doc: str
    lasts: timedelta
    """How long it may take at most, beside its parameter `timeout`."""

    @property
    def streams(self) -> bool:
        """Whether results come one by one, so that memory stays flat however many there are."""
        return inspect.isasyncgenfunction(self.run)


def operation(
    *,
    result: type[R],
    effect: Effect,
    outputs: Outputs[R] | None = None,
    lasts: timedelta = timedelta(minutes=1),
) -> Callable[[Callable[[Context, P], Awaitable[R | list[R]] | Streamed]], Operation[P, R]]:
    """Makes the module's operation from its deed; the parameters are the type of the second argument.

    A deed that is an async generator gives its results one by one, and is a READ.
    """

    def made(
        run: Callable[[Context, P], Awaitable[R | list[R]] | Streamed],
    ) -> Operation[P, R]:
        node, name = run.__module__.rsplit(".", 2)[-2:]
        params = cast("type[P]", _second_argument(run))
        return Operation(
            camel(node), camel(name), params, result, effect, outputs or {}, run, run.__doc__ or "", lasts
        )

    return made


class Attending(Protocol):
    """What the task that attends one incoming call may do. A leg that is gone meanwhile is no error."""

    async def answer(self) -> None:
        """Answers the leg if it rings; a PBX that connects by itself is fine."""

    async def answered_or_gone(self, within: float) -> None:
        """Returns once the leg is connected or gone. Raises TimeoutError after that many seconds."""

    async def drop(self) -> None:
        """Ends the leg."""

    async def divert(self, destination: str) -> None:
        """Sends the ringing leg elsewhere, if the guard allows; else ends it."""


@dataclass(frozen=True)
class Trigger(Generic[P]):
    """One trigger node: a pure filter and shape, and for a Receiver the task that attends the call."""

    node: str
    name: str
    params: type[P]
    output: type[Result]
    claims: bool
    """Whether an event belongs to exactly one subscription (Receiver) or to all that match (Monitor)."""
    matches: Callable[[P, CallEvent, Call], Result | None]
    attend: Callable[[Attending, P], Awaitable[None]] | None
    overlaps: Callable[[P, P], bool] | None
    wishes: Callable[[P], Wishes]
    doc: str
    priority: Callable[[P], int] = lambda _: 0


def trigger(
    *,
    output: type[Result],
    claims: bool = False,
    attend: Callable[[Attending, P], Awaitable[None]] | None = None,
    overlaps: Callable[[P, P], bool] | None = None,
    wishes: Callable[[P], Wishes] = lambda _: Wishes(),
    priority: Callable[[P], int] = lambda _: 0,
) -> Callable[[Callable[[P, CallEvent, Call], Result | None]], Trigger[P]]:
    """Makes the module's trigger from its filter; the parameters are the type of the first argument."""

    def made(matches: Callable[[P, CallEvent, Call], Result | None]) -> Trigger[P]:
        node, name = matches.__module__.rsplit(".", 2)[-2:]
        params = cast("type[P]", _first_argument(matches))
        return Trigger(
            camel(node),
            camel(name),
            params,
            output,
            claims,
            matches,
            attend,
            overlaps,
            wishes,
            matches.__doc__ or "",
            priority,
        )

    return made


class Choice(Wire):
    """One entry of a dropdown."""

    name: str
    value: str


@dataclass(frozen=True)
class OptionList:
    """One list of the editor's dropdowns, at /v1/options/{name}."""

    name: str
    run: Callable[[Context, str], Awaitable[list[Choice]]]


def option_list(run: Callable[[Context, str], Awaitable[list[Choice]]]) -> OptionList:
    """Makes the module's list; its second argument is the text that the user has typed."""
    return OptionList(camel(run.__module__.rsplit(".", 1)[-1]), run)


def _first_argument(function: Callable[..., Any]) -> object:
    return _arguments(function)[0]


def _second_argument(function: Callable[..., Any]) -> object:
    return _arguments(function)[1]


def _arguments(function: Callable[..., Any]) -> list[object]:
    hints = get_type_hints(function)
    return [hint for name, hint in hints.items() if name != "return"]


__all__ = [
    "Attached",
    "Attending",
    "CallParams",
    "CallResult",
    "Choice",
    "Context",
    "Effect",
    "Field",
    "Filing",
    "Guarding",
    "IdleAudio",
    "KeyText",
    "Located",
    "Locator",
    "NumberList",
    "OnHangUp",
    "OnStop",
    "Operation",
    "OptionList",
    "Params",
    "Result",
    "Rows",
    "Sounding",
    "Streamed",
    "Trigger",
    "WhichCall",
    "Wire",
    "WireItem",
    "Wishes",
    "operation",
    "option_list",
    "trigger",
]
