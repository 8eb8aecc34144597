"""The guard at work: asks the PBX what its numbers are, remembers what was dialled, and raises what `allowed` refuses."""

import asyncio
import logging
import re
from dataclasses import replace
from datetime import datetime, time, timedelta

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.clock import Clock
from threecx_pbx.errors import BadParameter, DestinationRefused, LicenceFull, ThreeCxError
from threecx_pbx.reports.directory import emergency_numbers
from threecx_pbx.reports.licence import room
from threecx_pbx.session import PbxSession
from threecx_pbx.xapi.client import Xapi
from threecx_runner.care.allowed import Guard, Refusal, allowed, cleaned, is_internal
from threecx_runner.journal import Journal

_FRESH = timedelta(minutes=10)
_MIDNIGHT = "00:00"
_CAN_MATCH = re.compile(r"[+*\d\s()./-]*[*\d][+*\d\s()./-]*")
"""A pattern of numbers has a digit or a star, and nothing that is not written in numbers."""

log = logging.getLogger(__name__)


class Numbers:
    """What the PBX says of its numbers, ten minutes old at most. One per session."""

    def __init__(self, session: PbxSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._read: datetime | None = None
        self._reading: asyncio.Task[None] | None = None
        self.dialling = 0
        """Outside calls that are allowed and not yet written down: the next one counts them."""
        self.internal: frozenset[str] | None = None
        self.emergency: frozenset[str] = frozenset()

    def forget(self) -> None:
        """The next `refresh` asks the PBX."""
        self._read = None

    async def refresh(self) -> None:
        """An API client without XAPI rights leaves them unknown: the guard is then stricter, not broken."""
        now = self._clock.now()
        if self._read is not None and now - self._read < _FRESH:
            return
        if self._reading is None:
            self._reading = asyncio.create_task(self._refresh(), name="the PBX's numbers")
            self._reading.add_done_callback(self._refreshed)
        await asyncio.shield(self._reading)

    def _refreshed(self, _: "asyncio.Task[None]") -> None:
        self._reading = None

    async def _refresh(self) -> None:
        try:
            self.internal = frozenset(
                entry.number for entry in await self._session.directory() if entry.kind != "ExternalLine"
            )
            self.emergency = await emergency_numbers(self._session.xapi)
        except ThreeCxError as error:
            log.info("the PBX's numbers could not be read: %s", error)
        self._read = self._clock.now()


class CredentialGuard:
    """One credential's guard at one PBX."""

    def __init__(
        self,
        login: Login,
        numbers: Numbers,
        journal: Journal,
        clock: Clock,
        pbx_session: PbxSession,
        xapi: Xapi,
        *,
        care: bool = False,
    ) -> None:
        """`xapi` reads how full the licence is; `care`: the fallback of callers, who must reach a number of the PBX in a dry run too."""
        self._login = login
        self._numbers = numbers
        self._journal = journal
        self._clock = clock
        self._pbx = pbx_session.account.pbx
        self._xapi = xapi
        self._care = care

    async def check(self, destination: str) -> str:
        """See `sdk.Guarding`."""
        to = cleaned(destination)
        if not to:
            raise BadParameter("The target is empty.", hint="Choose an extension, or enter a number.")
        await self._numbers.refresh()
        now = self._clock.now()
        dialled = await self._journal.count_dials(self._pbx, now - timedelta(hours=1))
        guard = guard_of(self._login, self._numbers)
        if self._care and is_internal(to, guard):
            guard = replace(guard, dry_run=False)
        refusal = allowed(to, guard, [now] * (dialled + self._numbers.dialling), now.astimezone())
        if refusal is not None:
            raise DestinationRefused(refusal.message, hint=refusal.hint)
        if not is_internal(to, guard):
            await self._note(now)
        return to

    async def never(self, destination: str) -> Refusal | None:
        """Why this number would be refused at any hour, if so; whether it can be called now is another question."""
        refusal = await self._refused_always(destination)
        if refusal is not None:
            self._numbers.forget()  # an extension may have been made a moment ago
            refusal = await self._refused_always(destination)
        return refusal

    async def _refused_always(self, destination: str) -> Refusal | None:
        await self._numbers.refresh()
        guard = replace(guard_of(self._login, self._numbers), per_hour=0, hours=None, dry_run=False)
        return allowed(cleaned(destination), guard, (), self._clock.now().astimezone())

    async def room(self) -> None:
        """See `sdk.Guarding`."""
        reserve = self._login.reserve_calls
        if not reserve:
            return
        now = await room(self._xapi)
        if now.left is not None and now.left <= reserve:
            raise LicenceFull(
                f"{now.active} of the licence's {now.most} simultaneous calls are in use, and the credential keeps {reserve} free."
            )

    async def _note(self, now: datetime) -> None:
        self._numbers.dialling += 1
        try:
            await self._journal.note_dial(self._pbx, now)
        finally:
            self._numbers.dialling -= 1


def check_guards(login: Login) -> None:
    """Whether the guard can work with the credential's fields. Raises BadParameter."""
    _hours(login.calling_hours)
    for number, pattern in enumerate(_patterns(login), 1):
        if not _CAN_MATCH.fullmatch(pattern):
            raise BadParameter(
                f"Entry {number} of Allowed Destinations of the credential can match no number.",
                hint="Write patterns with commas between them, such as +49*, +4312345.",
            )


def guard_of(login: Login, numbers: Numbers) -> Guard:
    """The credential's fields as a value."""
    return Guard(
        patterns=_patterns(login),
        per_hour=login.max_calls_per_hour,
        hours=_hours(login.calling_hours),
        dry_run=login.dry_run,
        internal=numbers.internal,
        emergency=numbers.emergency,
    )


def _patterns(login: Login) -> tuple[str, ...]:
    return tuple(part.strip() for part in login.allowed_destinations.split(",") if part.strip())


def _hours(text: str) -> tuple[time, time] | None:
    if not text:
        return None
    begin, end = (_MIDNIGHT if part == "24:00" else part for part in text.split("-", 1))
    try:
        return time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError as error:
        raise BadParameter(
            f"Calling Hours '{text}' of the credential are no times of day.",
            hint="Write them like 08:00-18:00.",
        ) from error
