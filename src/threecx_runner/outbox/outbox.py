"""The outbox: one lane for each subscription and call; in order inside a lane, parallel across."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol

import structlog

from threecx_pbx.calls.model import CallId
from threecx_pbx.clock import Clock
from threecx_runner.n8n import n8n_session
from threecx_runner.outbox.delivery import Answer, Dead, Delivered, Delivery, DeliveryId, Fate, after
from threecx_runner.outbox.post import TIMEOUT_S, post
from threecx_runner.subscriptions.model import Live, SubscriptionId

_log = structlog.get_logger(__name__)

MOST_IN_A_POST = 100
MOST_POSTS_AT_ONCE = 64

_LaneKey = tuple[SubscriptionId, CallId | None]


class Shelf(Protocol):
    """Where deliveries outlive the runner: the journal."""

    async def due(self) -> tuple[Delivery, ...]: ...
    async def settle(
        self, delivered: Sequence[DeliveryId], later: Sequence[Delivery], given_up: Sequence[Dead]
    ) -> None: ...
    async def cancel_claims(self, call: CallId) -> None: ...


class Addressees(Protocol):
    """Who the deliveries go to: the subscriptions."""

    def get(self, wanted: SubscriptionId) -> Live | None: ...
    async def heard(self, wanted: SubscriptionId, answered: bool) -> None:
        """n8n answered a post of this subscription with an echo, or did not."""

    def on_revived(self, callback: Callable[[SubscriptionId], None]) -> None:
        """Told when a subscription that failed has been renewed or was heard again."""


@dataclass(slots=True)
class _Lane:
    key: _LaneKey
    waiting: deque[Delivery] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def together(self) -> list[Delivery]:
        """What travels in the next post."""
        most = MOST_IN_A_POST if self.waiting[0].batch else 1
        return [one for one, _ in zip(self.waiting, range(most), strict=False)]

    def put(self, fates: Iterable[Fate]) -> None:
        """What was settled leaves; what is tried again keeps its place. A cancelled one does not come back."""
        by_id = {_delivery(fate).id: fate for fate in fates}
        kept = (by_id.get(one.id, one) for one in self.waiting)
        self.waiting = deque(one for one in kept if isinstance(one, Delivery))

    def drop(self, unwanted: Callable[[Delivery], bool]) -> None:
        self.waiting = deque(one for one in self.waiting if not unwanted(one))
        self.wake.set()


class Outbox:
    """Sends what the journal has promised. Belongs to the loop."""

    def __init__(self, shelf: Shelf, to: Addressees, clock: Clock, *, ca_file: Path | None = None) -> None:
        self._shelf = shelf
        self._to = to
        self._clock = clock
        self._ca_file = ca_file
        self._lanes: dict[_LaneKey, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_POSTS_AT_ONCE)
        self._closing = False
        self._accepted: list[Callable[[Delivery], None]] = []
        self._dead: list[Callable[[Delivery, str], None]] = []
        self.counts: Counter[str] = Counter()
        """`delivered`, `retried`, `dead` since the start."""

    async def __aenter__(self) -> "Outbox":
        self._http = n8n_session(self._ca_file)
        self._to.on_revived(self.hurry)
        due = await self._shelf.due()
        # callers who still wait are offered anew by their session: it knows whether they are there (features.md 1.4)
        stale = [Dead(one, "The runner was restarted.") for one in due if one.claim]
        await self._shelf.settle([], [], stale)
        self.offer([one for one in due if not one.claim])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Posts on their way may end; the rest stays in the journal."""
        self._closing = True
        for lane in self._lanes.values():
            lane.wake.set()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=TIMEOUT_S)
            for task in late:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    def on_accepted(self, callback: Callable[[Delivery], None]) -> None:
        """Told once n8n has taken a delivery."""
        self._accepted.append(callback)

    def on_dead(self, callback: Callable[[Delivery, str], None]) -> None:
        """Told with the reason once a delivery is given up."""
        self._dead.append(callback)

    def offer(self, due: Sequence[Delivery]) -> None:
        """Takes up what has just been committed to the journal."""
        for one in due if not self._closing else ():
            key = (one.subscription, None if one.batch else one.call)
            lane = self._lanes.get(key) or self._start(key)
            if all(other.id != one.id for other in lane.waiting):
                lane.waiting.append(one)

    async def cancel(self, call: CallId) -> None:
        """The leg is gone: a Receiver's deliveries of this call are never sent again."""
        for (_, of), lane in self._lanes.items():
            if of == call:
                lane.drop(lambda one: one.claim)
        await self._shelf.cancel_claims(call)

    def hurry(self, subscription: SubscriptionId) -> None:
        """Its lanes try again at once: n8n is back."""
        for (of, _), lane in self._lanes.items():
            if of == subscription:
                lane.wake.set()

    def waiting(self) -> int:
        """How many deliveries are on their way."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def _start(self, key: _LaneKey) -> _Lane:
        lane = self._lanes[key] = _Lane(key)
        task = asyncio.create_task(self._work(lane), name=f"lane {key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return lane

    async def _work(self, lane: _Lane) -> None:
        await asyncio.sleep(0)  # `offer` fills the lane first
        while lane.waiting and not self._closing:
            try:
                await self._until_due(lane)
                if lane.waiting and not self._closing:
                    await self._send(lane)
            except Exception:  # noqa: BLE001  # the outermost loop: a bug or a full disk must not end the lane
                _log.exception("a delivery failed in the runner", subscription=lane.key[0])
                await self._clock.sleep(1)
        self._lanes.pop(lane.key, None)

    async def _until_due(self, lane: _Lane) -> None:
        """The head of the lane is due, or something woke it."""
        wait = (lane.waiting[0].due - self._clock.now()).total_seconds()
        if wait <= 0:
            return
        alarms = {asyncio.create_task(self._clock.sleep(wait)), asyncio.create_task(lane.wake.wait())}
        try:
            await asyncio.wait(alarms, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for alarm in alarms:
                alarm.cancel()
            await asyncio.gather(*alarms, return_exceptions=True)
        lane.wake.clear()

    async def _send(self, lane: _Lane) -> None:
        together = lane.together()
        live = self._to.get(lane.key[0])
        if live is None:
            lane.put([Dead(one, "The trigger was removed.") for one in together])
            return
        late = [one for one in together if one.expires is not None and one.expires <= self._clock.now()]
        if late:
            await self._settle(lane, [Dead(one, "The caller had waited too long.") for one in late])
            return
        async with self._room:
            answer = await post(self._http, self._clock, live.subscription, together)
        await self._settle(lane, [after(one, answer, self._clock.now()) for one in together])
        self._log_failure(live, together, answer)
        await self._to.heard(lane.key[0], answer.accepted is not None)

    async def _settle(self, lane: _Lane, fates: list[Fate]) -> None:
        delivered = [fate for fate in fates if isinstance(fate, Delivered)]
        given_up = [fate for fate in fates if isinstance(fate, Dead)]
        later = [fate for fate in fates if isinstance(fate, Delivery)]
        await self._shelf.settle([fate.delivery.id for fate in delivered], later, given_up)
        lane.put(fates)
        self.counts.update(delivered=len(delivered), retried=len(later), dead=len(given_up))
        for done in delivered:
            for accepted in self._accepted:
                accepted(done.delivery)
        for lost in given_up:
            for dead in self._dead:
                dead(lost.delivery, lost.reason)

    def _log_failure(self, live: Live, together: list[Delivery], answer: Answer) -> None:
        if answer.accepted is None:
            _log.warning(
                "n8n did not take a delivery",
                workflow=live.subscription.workflow_name,
                event_ids=[one.event for one in together[:5]],
                attempt=together[0].attempt + 1,
                reason=answer.reason,
            )


def _delivery(fate: Fate) -> Delivery:
    return fate if isinstance(fate, Delivery) else fate.delivery
