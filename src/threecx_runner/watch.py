"""One PBX login as the runner keeps it: its session, its guard, its callers, and what is told of them."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.events import AnyEvent, CallReceived
from threecx_pbx.calls.model import Call, CallId, EventId
from threecx_pbx.clock import Clock
from threecx_pbx.errors import DestinationRefused, ExtensionIsUser
from threecx_pbx.session import Change, PbxSession
from threecx_pbx.xapi.client import Xapi
from threecx_runner.care.comfort import Comfort
from threecx_runner.care.fetching import Fetching
from threecx_runner.care.guarding import CredentialGuard, Numbers
from threecx_runner.care.keeper import Keeper
from threecx_runner.care.next_care import REPUBLISH, Owner
from threecx_runner.journal import Journal
from threecx_runner.outbox import Delivery, Outbox, delivery_of
from threecx_runner.sdk import Filing, Result, Sounding, Wishes
from threecx_runner.subscriptions.checks import destinations_of
from threecx_runner.subscriptions.model import Live, SubscriptionId
from threecx_runner.subscriptions.subscriptions import Subscriptions

CLAIM_WITHIN = timedelta(seconds=10)
"""A Receiver's delivery is worth nothing after that (architecture 7)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What all logins of a runner share."""

    journal: Journal
    outbox: Outbox
    subscriptions: Subscriptions
    clock: Clock
    fallback: str
    sounds: Sounding
    files: Filing
    xapi_per_second: float = 20.0
    """Requests to the XAPI of one login, on average; 0 sets no limit."""


class Watch:
    """Book changes come in by `told`, in order, and go out written down: events, deliveries and calls at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._changes: asyncio.Queue[Change] = asyncio.Queue()
        self._offers: list[Delivery] = []
        self._arrivals: dict[CallId, CallReceived] = {}
        self._tested: set[SubscriptionId] = set()
        self._login_kept: bool | None = None
        """None: not known of an earlier life of the runner."""
        self._removed_at = parts.clock.now() - timedelta(days=1)
        self.session: PbxSession
        self.login: Login
        self.numbers: Numbers
        self.keeper: Keeper

    def begin(self, session: PbxSession, tasks: asyncio.TaskGroup, login: Login) -> None:
        """The session is up; before this, nothing of it is told."""
        parts = self._parts
        self.session = session
        self.login = login
        self.numbers = Numbers(session, parts.clock)
        comfort = Comfort(session, parts.sounds)
        self.keeper = Keeper(
            session, parts.clock, tasks, parts.fallback, comfort, self._offer, self._keep_login
        )
        self.keeper.guard = self.guard(login, care=True)

    def guard(self, login: Login, reports: Xapi | None = None, *, care: bool = False) -> CredentialGuard:
        """The guard of one credential: two credentials of one API client may allow different things."""
        parts, xapi = self._parts, reports or self.session.xapi
        return CredentialGuard(login, self.numbers, parts.journal, parts.clock, self.session, xapi, care=care)

    async def check(self, live: Live, *, changed: bool) -> None:
        """Raises ExtensionIsUser, and if `changed` DestinationRefused for a number that the guard never lets through."""
        wanted = getattr(live.want, "extension", "")
        own = self.session.own
        if live.trigger.claims and wanted not in ("", own):
            raise ExtensionIsUser(
                f"Calls at '{wanted}' cannot be received: this API client's route point is {own}.",
                hint=f"Leave Extension empty, or enter {own}.",
            )
        if changed:
            await self._check_destinations(live)

    async def _check_destinations(self, live: Live) -> None:
        guard = self.guard(live.subscription.login, care=True)
        for name, destination in destinations_of(live.want).items():
            refusal = await guard.never(destination)
            if refusal is not None:
                raise DestinationRefused(f"The parameter {name}: {refusal.message}", hint=refusal.hint)

    def sounds(self, id_: CallId) -> Sounding:
        """What an operation on this call plays."""
        return Fetching(self._parts.sounds, lambda: self.keeper.fetching(id_))

    def told(self, change: Change) -> None:
        """Called by the session for each sighting that changed something."""
        self._changes.put_nowait(change)

    def subscribed(self, live: Live) -> None:
        """A Receiver came, came back or renewed its lease."""
        self.keeper.subscribed(live, lambda call: self._wants(live, call))

    def removed(self, live: Live) -> None:
        """Callers who arrive now wait a little: publishing anew is delete, then create (features.md 1.9)."""
        if live.trigger.claims:
            self._removed_at = self._parts.clock.now()
            self._tested.discard(live.subscription.id)
        self._keep_login()

    def _keep_login(self) -> None:
        """While callers are looked after the login outlives the runner; mostly a stored subscription brings it."""
        wanted = self.keeper.needed and not any(
            one.subscription.login.client_secret == self.login.client_secret and not one.subscription.test
            for one in self._lives()
        )
        if wanted is not self._login_kept:
            self._login_kept = wanted
            self._parts.journal.keep_login(self.session.account.pbx, self.login if wanted else None)

    def _wants(self, live: Live, call: Call) -> bool:
        arrival = self._arrivals.get(call.id)
        return arrival is not None and _match(live, arrival, call) is not None

    async def resume(self, calls: Iterable[Call]) -> None:
        """Looks after the callers of an earlier life again: for their owners, or as arrived just now where none claimed."""
        for call in self.session.calls_now():
            if call.own_leg is not None and call.own_leg.calling:
                self.keeper.placed(call.id)
        for call in calls:
            arrival = await self._parts.journal.arrival(call.id)
            if arrival is None or call.own_leg is None or call.own_leg.calling:
                continue
            owner = await self._parts.journal.owner(arrival.id)
            now = self.session.look(call.id)
            if now is None or now.own_leg is None or call.id in self._arrivals:
                continue  # gone meanwhile, or arrived anew
            if owner is None:
                self._arrived(arrival, now)
                continue
            live = self._parts.subscriptions.get(owner)
            wishes = live.trigger.wishes(live.want) if live else Wishes()
            self.keeper.resumed(call, arrival.id, Owner(owner, self._parts.clock.now(), wishes))
        self._keep_login()

    def end(self) -> None:
        """Nobody is looked after any more: the session ends."""
        self.keeper.end()

    async def keep_telling(self) -> None:
        """Writes down and sends what there is to tell; all that has gathered in one transaction."""
        while True:
            changes = [await self._changes.get()]
            while not self._changes.empty():
                changes.append(self._changes.get_nowait())
            due = [delivery for change in changes for delivery in self._read(change)]
            await self._write(changes, due)
            await self._end_claims({call.id for one in changes for call in (*one.calls, *one.ended)})

    def _read(self, change: Change) -> list[Delivery]:
        """Deliveries for Monitors, and callers for Receivers."""
        calls = {call.id: call for call in (*change.calls, *change.ended)}
        due: list[Delivery] = []
        for event in change.events:
            call = calls[event.call]
            due += self._monitored(event, call)
            if isinstance(event, CallReceived):
                self._arrived(event, call)
        offers, self._offers = self._offers, []
        return due + offers

    def _monitored(self, event: AnyEvent, call: Call) -> list[Delivery]:
        found = [(live, _match(live, event, call)) for live in self._lives() if not live.trigger.claims]
        return [self._delivery(live, event.id, call.id, item) for live, item in found if item is not None]

    def _arrived(self, event: CallReceived, call: Call) -> None:
        wanting = [
            live for live in self._lives() if live.trigger.claims and _match(live, event, call) is not None
        ]
        tests = [
            live for live in wanting if live.subscription.test and live.subscription.id not in self._tested
        ]
        self._tested |= {live.subscription.id for live in tests[:1]}
        production = [live for live in wanting if not live.subscription.test]
        since_removed = self._parts.clock.now() - self._removed_at
        patience = max(REPUBLISH - since_removed, timedelta(0))
        self._arrivals[call.id] = event
        self.keeper.arrived(call, event.id, [*tests[:1], *production[:1]], patience)

    def _offer(self, call: Call, event: EventId, live: Live) -> None:
        """The keeper wants this Receiver to hear of the call."""
        arrival = self._arrivals.get(call.id)
        item = _match(live, arrival, call) if arrival is not None else None
        if item is None:
            return
        expires = self._parts.clock.now() + CLAIM_WITHIN
        delivery = self._delivery(live, event, call.id, item, expires)
        self._offers.append(delivery)
        self._changes.put_nowait(Change((), (), ()))

    def _delivery(
        self, live: Live, event: EventId, call: CallId, item: Result, expires: datetime | None = None
    ) -> Delivery:
        shown = item.model_dump(mode="json", by_alias=True)
        batch = bool(getattr(live.want, "batch_mode", False))
        now = self._parts.clock.now()
        return delivery_of(live.subscription.id, event, call, shown, now, expires=expires, batch=batch)

    async def _write(self, changes: Sequence[Change], due: Sequence[Delivery]) -> None:
        calls = {call.id: call for change in changes for call in change.calls}
        over = [call.id for change in changes for call in change.ended]
        events = [event for change in changes for event in change.events]
        kept = [call for id_, call in calls.items() if id_ not in over]
        await self._parts.journal.commit(self.session.account.pbx, kept, over, events, due)
        self._parts.outbox.offer(due)

    async def _end_claims(self, changed: set[CallId]) -> None:
        """A Receiver's delivery dies with its leg (features.md 1.4)."""
        now = {id_: self.session.look(id_) for id_ in changed & self._arrivals.keys()}
        for id_ in [id_ for id_, call in now.items() if call is None or call.own_leg is None]:
            del self._arrivals[id_]
            await self._parts.outbox.cancel(id_)

    def _lives(self) -> tuple[Live, ...]:
        return self._parts.subscriptions.of(self.session.account.pbx)


def _match(live: Live, event: AnyEvent, call: Call) -> Result | None:
    return live.trigger.matches(live.want, event, call)
