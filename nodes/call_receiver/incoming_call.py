"""Starts one execution for each call that reaches the client's route point."""

import asyncio
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.calls.events import CallEvent, CallReceived
from threecx_pbx.calls.model import Call, Direction, Party
from threecx_pbx.calls.patterns import any_match, can_both_match, numbers_of, plain, withheld
from threecx_pbx.errors import BadParameter
from threecx_runner.sdk import (
    Attending,
    Field,
    IdleAudio,
    Located,
    Locator,
    NumberList,
    OnStop,
    Params,
    Result,
    Wishes,
    trigger,
)


class CallType(StrEnum):
    """Where callers come from."""

    INBOUND = "inbound"
    INTERNAL = "internal"


class OnTimeout(StrEnum):
    """What becomes of a call that nobody answered in time."""

    DROP = "drop"
    DIVERT = "divert"
    LEAVE = "leave"


class IncomingCallParams(Params):
    """Parameters of the Call Receiver."""

    extension: str = ""
    call_types: list[CallType] = [CallType.INBOUND, CallType.INTERNAL]
    caller_filter: NumberList = []
    did_filter: NumberList = []
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    auto_answer: bool = True
    timeout: Annotated[int, Field(ge=0, le=600)] = 30
    on_timeout: OnTimeout = OnTimeout.LEAVE
    timeout_destination: Located = Locator()
    if_workflow_stops: OnStop = OnStop.FALLBACK
    idle_timeout: Annotated[int, Field(ge=5, le=3600)] = 30
    idle_audio: IdleAudio = IdleAudio.RING_BACK
    fallback_destination: Located = Locator()

    def check(self) -> None:
        """Raises BadParameter for what can never work."""
        if not self.call_types:
            raise BadParameter(
                "The parameter callTypes is empty, so no call would ever start the workflow.",
                hint="Choose at least one call type.",
            )
        _check_patterns("callerFilter", self.caller_filter)
        _check_patterns("didFilter", self.did_filter)
        if self._diverts and not self.timeout_destination.value.strip():
            raise BadParameter(
                "The parameter timeoutDestination is empty, and that is where an unanswered call shall be diverted to.",
                hint="Choose an extension or enter a number, or let On Timeout drop or leave the call.",
            )
        if self.if_workflow_stops is OnStop.TRANSFER and not self.fallback_destination.value.strip():
            raise BadParameter(
                "The parameter fallbackDestination is empty, and that is where callers shall be transferred to.",
                hint="Choose an extension or enter a number, or choose another If Workflow Stops.",
            )

    def destinations(self) -> dict[str, str]:
        """Where callers may be sent, by the parameter's name."""
        wanted = {"fallbackDestination": self.fallback_destination.value}
        if self._diverts:
            wanted["timeoutDestination"] = self.timeout_destination.value
        return {name: number for name, number in wanted.items() if number.strip()}

    @property
    def _diverts(self) -> bool:
        return self.on_timeout is OnTimeout.DIVERT and self.timeout > 0


_PATTERN = re.compile(r"[\w\s+*#@.()/-]+")
"""What is written in numbers, in the names of SIP phones, and a star for any digits."""


def _check_patterns(name: str, patterns: list[str]) -> None:
    wrong = next((pattern for pattern in patterns if not _PATTERN.fullmatch(pattern)), None)
    if wrong is not None:
        raise BadParameter(
            f"The parameter {name} has '{wrong}', which no number can match.",
            hint="Write patterns with commas between them, such as +49*, 0301234*; only * has a meaning of its own.",
        )


class IncomingCall(Result):
    """The call, as the workflow gets it. What the PBX does not tell is left empty, never guessed."""

    call_id: str
    participant_id: int
    from_number: str
    from_e164: Annotated[str, Field(alias="fromE164")]
    from_name: str
    anonymous: bool
    to_number: str
    did: str
    did_known: bool
    direction: Direction
    timestamp: datetime
    extension: str
    on_behalf_of: str
    originated_by: str
    referred_by: str


async def attend(on: Attending, want: IncomingCallParams) -> None:
    """Answers if asked to; else, or when that fails, acts on the time-out while the leg still rings."""
    async with asyncio.TaskGroup() as both:
        if want.auto_answer:
            both.create_task(on.answer(), name="answer")
        if want.timeout and want.on_timeout is not OnTimeout.LEAVE:
            both.create_task(_time_out(on, want), name="time-out of the answer")


async def _time_out(on: Attending, want: IncomingCallParams) -> None:
    try:
        await on.answered_or_gone(within=want.timeout)
    except TimeoutError:
        await _after_timeout(on, want)


async def _after_timeout(on: Attending, want: IncomingCallParams) -> None:
    if want.on_timeout is OnTimeout.DIVERT:
        await on.divert(want.timeout_destination.value)
    else:
        await on.drop()


def overlaps(one: IncomingCallParams, other: IncomingCallParams) -> bool:
    """Whether both could want the same call: same extension, a call type in common, filters that can both match."""
    return (
        (one.extension == other.extension or "" in (one.extension, other.extension))
        and bool(set(one.call_types) & set(other.call_types))
        and can_both_match(one.caller_filter, other.caller_filter)
        and can_both_match(one.did_filter, other.did_filter)
    )


def wishes(want: IncomingCallParams) -> Wishes:
    """How the callers are looked after."""
    return Wishes(
        on_stop=want.if_workflow_stops,
        destination=want.fallback_destination.value,
        idle=timedelta(seconds=want.idle_timeout),
        audio=want.idle_audio,
        rings=not want.auto_answer,
    )


def priority(want: IncomingCallParams) -> int:
    """The higher one wins a call that two Receivers want."""
    return want.priority


@trigger(output=IncomingCall, claims=True, attend=attend, overlaps=overlaps, wishes=wishes, priority=priority)
def matches(want: IncomingCallParams, seen: CallEvent, call: Call) -> IncomingCall | None:
    """A call that began with a leg on our own route point, from the wanted side."""
    if not isinstance(seen, CallReceived) or want.extension not in ("", seen.extension):
        return None
    if seen.direction.value not in want.call_types or not _wanted(want, seen.caller):
        return None
    return IncomingCall(
        call_id=seen.call,
        participant_id=seen.participant,
        from_number=seen.caller.number,
        from_e164=_e164(seen.caller),
        from_name=seen.caller.name,
        anonymous=withheld(seen.caller.number),
        to_number=seen.caller.did or seen.extension,
        did=seen.caller.did,
        did_known=bool(seen.caller.did),
        direction=seen.direction,
        timestamp=seen.at,
        extension=seen.extension,
        on_behalf_of=seen.on_behalf_of,
        originated_by=seen.originated_by,
        referred_by=seen.referred_by,
    )


def _e164(caller: Party) -> str:
    """Empty unless the number is international already: the PBX does not tell its country."""
    if caller.number.startswith("00"):
        return "+" + caller.number[2:]
    return caller.e164


def _wanted(want: IncomingCallParams, caller: Party) -> bool:
    """An unknown DID counts as wanted: the PBX often tells none, and `didKnown` says so (api.md 3.1)."""
    did_fits = not caller.did or any_match(want.did_filter, [plain(caller.did)])
    return did_fits and any_match(want.caller_filter, numbers_of(caller))
