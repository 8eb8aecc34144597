"""What goes on at the PBX, as sightings in their order: socket, reads of legs, reconciliation (api.md 3)."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from threecx_pbx.callcontrol.client import CallControl
from threecx_pbx.callcontrol.socket import DTMF, REMOVE, UPSERT, Changed, Frames
from threecx_pbx.callcontrol.wire import DnInfo, Participant
from threecx_pbx.calls.model import Dn, LegState, ParticipantId, PartyKind
from threecx_pbx.calls.seeing import is_connected, kind_of, seen_leg, seen_legs
from threecx_pbx.calls.sightings import Digits, LegGone, LegSeen, SeenLeg, Sighting, Snapshot
from threecx_pbx.clock import Clock
from threecx_pbx.errors import PbxFailed, RateLimited, ThreeCxError, Unreachable

RECONCILE_S = 45.0
"""Half-open links answer pings and send nothing: everything is read again this often (api.md 3)."""

_AGAIN_S = (0.1, 0.2, 0.4)
"""A leg whose Upsert came before REST knew it answers 404 for a moment (api.md 12, race)."""

_ANEW_S = (0.25, 0.5, 1.0, 2.0)
"""Pauses before a leg is read once more when the PBX failed at it: nobody else will tell of the leg (api.md 9)."""

_SHOWN_S = 0.25
"""What an Upsert tells of while a leg is answered, the verb's result shows as well: so long the leg is not read for it."""

_NAMED_S = 2.0
"""So long a leg that may be one that we place waits for the answer that names it."""

_OFFERED = timedelta(seconds=1)
"""Many callers may hang up at once: so long the API is taken to be there after it was."""

Ref = tuple[str, int]

log = logging.getLogger(__name__)


class Watcher:
    """Turns frames and reads into sightings. Reads of one leg are single flight, with one follow-up at most."""

    def __init__(
        self,
        rest: CallControl,
        clock: Clock,
        own: Dn,
        see: Callable[[Sighting], None],
        knows: Callable[[Ref], bool],
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._own = own
        self._see = see
        self._knows = knows
        self._kinds: dict[str, PartyKind] = {}
        self._reading: dict[Ref, asyncio.Task[None]] = {}
        self._again: set[Ref] = set()
        self._gone: set[Ref] = set()
        """Removed while they were being read: what that reading brings is older."""
        self._overtaken: set[Ref] = set()
        """Shown by a verb's result while they were being read: which of the two is newer cannot be known."""
        self._expected: dict[Ref, datetime] = {}
        """Since when a verb's result is to show the leg, until its Upsert has come."""
        self._later: dict[Ref, asyncio.Task[None]] = {}
        self._outgoing: set[Ref] = set()
        """Placed by ourselves."""
        self._taken_again: set[Ref] = set()
        """Ids of legs that we have placed while the Remove of the leg before is still to come (api.md 11.8)."""
        self._placing: list[_Placing] = []
        self._doubt = asyncio.Lock()
        self._offered_until = clock.now()
        self._snapshots = 0
        self._early: dict[Ref, str] = {}
        self._held: list[Changed] | None = None
        self._tasks: asyncio.TaskGroup
        self.linked = asyncio.Event()
        """Set while the socket is open and everything has been read since it opened."""
        self.trouble: ThreeCxError | None = None
        """Why it is not, as far as known."""

    def learn(self, infos: list[DnInfo]) -> None:
        """What kind of DN each is."""
        self._kinds = {info.dn: kind_of(info.type) for info in infos}

    def sees(self, dn: str) -> bool:
        """Whether the legs of a DN are shown to this client."""
        return dn in self._kinds

    async def follow(self, frames: Frames) -> None:
        """One socket's life: reads everything, then applies what came meanwhile, then what comes. Returns when it closes."""
        self._held = []
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._reconcile_often(frames), name="reconcile")
            await self._listen(frames, tasks)
            self.linked.clear()
            for task in (reading, *self._reading.values(), *self._later.values()):
                task.cancel()
        self._reading.clear()
        self._gone.clear()
        self._expected.clear()

    async def reconcile(self) -> None:
        """Reads everything; frames that come meanwhile are applied after it."""
        self._held = self._held or []
        at = self._clock.now()
        infos = await self._rest.all()
        self.learn(infos)
        self._snapshots += 1
        self._see(
            Snapshot(at, tuple(self._told(leg) for info in infos for leg in seen_legs(info, self._own)))
        )

    async def _listen(self, frames: Frames, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        async for changed in frames:
            if self._held is not None:
                self._held.append(changed)
            else:
                self._apply(changed)

    async def _reconcile_often(self, frames: Frames) -> None:
        self._taken_again.clear()  # a Remove that was missed does not come any more
        while True:
            try:
                await self.reconcile()
                self.trouble = None
                self.linked.set()
            except ThreeCxError as error:
                self.trouble = error
                log.warning("all legs could not be read: %s", error)
                if not self.linked.is_set():
                    await frames.close()
                    return
            held, self._held = self._held or [], None
            for changed in held:
                self._apply(changed)
            await self._clock.sleep(RECONCILE_S)

    def _apply(self, changed: Changed) -> None:
        ref = (changed.dn, changed.participant)
        if changed.kind == REMOVE:
            if ref in self._reading:
                self._gone.add(ref)
            self._again.discard(ref)
            if ref not in self._taken_again:
                self._outgoing.discard(ref)
            self._taken_again.discard(ref)
            self._expected.pop(ref, None)
            self._see(LegGone(self._clock.now(), Dn(changed.dn), ParticipantId(changed.participant)))
        elif changed.kind != DTMF and self._is_expected(ref):
            self._read_later(ref)
        elif changed.kind != DTMF:
            self._read_soon(ref)
        elif ref in self._reading or not self._knows(ref):
            # keys may come before their leg's Upsert: they wait for its first reading
            self._early[ref] = self._early.get(ref, "") + changed.digits
            self._read_soon(ref)
        else:
            self._pressed(ref, changed.digits)

    def _pressed(self, ref: Ref, digits: str) -> None:
        self._see(Digits(self._clock.now(), Dn(ref[0]), ParticipantId(ref[1]), digits))

    def look_again(self, ref: Ref) -> None:
        """A leg may be gone though no frame has said so; while the socket is down everything is read anyway."""
        if self.linked.is_set():
            self._read_soon(ref)

    def outgoing(self, dn: str, participant: int, *, taken_again: bool = False) -> None:
        """A leg that we have placed. Read late it is connected already, and not every PBX says who has called (api.md 3.1).

        `taken_again`: another leg is still known by this id, whose Remove comes before the new one's Upsert.
        """
        self._outgoing.add((dn, participant))
        if taken_again:
            self._taken_again.add((dn, participant))
        elif self._knows((dn, participant)):
            self.look_again((dn, participant))

    @contextmanager
    def placing(self, dn: str, number: str) -> Iterator[None]:
        """A call is being placed: its leg may show, and be connected, before the answer that names it (api.md 2.3)."""
        self._placing.append(one := _Placing(dn, number))
        try:
            yield
        finally:
            self._placing.remove(one)
            one.answered.set()

    def _told(self, seen: SeenLeg) -> SeenLeg:
        placed = (seen.dn, seen.participant) in self._outgoing
        return replace(seen, originated_by=seen.dn) if placed else seen

    def connected(self, shape: Participant) -> bool:
        """A leg as the result of a verb shows it, a round trip before a reading would; only the way forward, to
        Connected, is taken from it: whether it was. The Upsert that follows has it read a little later.
        """
        ref = (shape.dn, shape.id)
        if self._held is not None or ref in self._gone or not self._knows(ref) or not is_connected(shape):
            return False
        if ref in self._reading:
            self._overtaken.add(ref)
        kind = self._kinds.get(shape.dn, PartyKind.UNKNOWN)
        self._see(LegSeen(self._clock.now(), self._told(seen_leg(shape, kind, shape.dn == self._own))))
        return True

    def expect(self, ref: Ref) -> None:
        """A verb is under way whose result will show the leg."""
        self._expected[ref] = self._clock.now()

    def unexpect(self, ref: Ref) -> None:
        """It has not shown it: what an Upsert told meanwhile is read at once."""
        self._expected.pop(ref, None)
        if later := self._later.get(ref):
            later.cancel()
            self._read_soon(ref)

    def _is_expected(self, ref: Ref) -> bool:
        """Of the first Upsert only: the next one tells of something else."""
        since = self._expected.pop(ref, None)
        return since is not None and self._clock.now() - since < timedelta(seconds=_SHOWN_S)

    def _read_later(self, ref: Ref) -> None:
        async def read() -> None:
            await self._clock.sleep(_SHOWN_S)
            if self._knows(ref):
                self._read_soon(ref)

        def over(task: asyncio.Task[None]) -> None:
            if self._later.get(ref) is task:
                del self._later[ref]

        self._later[ref] = task = self._tasks.create_task(read(), name=f"read leg {ref[1]} later")
        task.add_done_callback(over)

    def _read_soon(self, ref: Ref) -> None:
        if ref in self._reading:
            self._again.add(ref)
            return
        self._reading[ref] = self._tasks.create_task(self._read(ref), name=f"read leg {ref[1]}")

    async def _read(self, ref: Ref) -> None:
        try:
            await self._read_anew(ref)
            while ref in self._again:
                self._again.discard(ref)
                self._gone.discard(ref)
                await self._read_anew(ref)
        except ThreeCxError as error:
            # the next Upsert or reconciliation reads it again
            log.warning("a leg could not be read: %s", error)
        finally:
            # at once, not by a callback: a frame in between would be taken for one that this task still follows up
            self._reading.pop(ref, None)
            self._again.discard(ref)
            self._gone.discard(ref)
            self._overtaken.discard(ref)
            early = self._early.pop(ref, "")
            if early:
                self._pressed(ref, early)

    async def _read_anew(self, ref: Ref) -> None:
        for pause in _ANEW_S:
            try:
                return await self._read_once(ref)
            except (Unreachable, PbxFailed, RateLimited) as error:
                log.info("a leg is read once more: %s", error)
                await self._clock.sleep(pause)
        return await self._read_once(ref)

    async def _read_once(self, ref: Ref) -> None:
        snapshots = self._snapshots
        seen = await self._shown(ref)
        if seen is not None and not self._knows(ref):
            await self._may_be_placed(seen)
        if seen is None and self._knows(ref) and ref not in self._gone:
            await self._must_be_offered()
        if ref in self._gone:
            return
        if self._held is not None:
            # a snapshot is being taken: which of the two is newer cannot be known, so read again after it
            self._held.append(Changed(UPSERT, ref[0], ref[1], ""))
            return
        if snapshots != self._snapshots or self._is_behind(ref, seen):
            self._again.add(ref)
            return
        now = self._clock.now()
        if seen is None:
            self._outgoing.discard(ref)
            self._see(LegGone(now, Dn(ref[0]), ParticipantId(ref[1])))
            return
        self._see(LegSeen(now, self._told(seen)))

    async def _shown(self, ref: Ref) -> SeenLeg | None:
        """The leg as REST shows it now; one that is not known yet may need a moment."""
        shape = await self._rest.participant(*ref)
        for pause in _AGAIN_S:
            if shape is not None or self._knows(ref) or ref in self._gone:
                break
            await self._clock.sleep(pause)
            shape = await self._rest.participant(*ref)
        if shape is None:
            return None
        dn = shape.dn or ref[0]
        kind = self._kinds.get(dn, PartyKind.UNKNOWN)
        return seen_leg(shape.model_copy(update={"dn": dn}), kind, dn == self._own)

    async def _may_be_placed(self, seen: SeenLeg) -> None:
        """A leg that is connected at first sight is a caller's or ours, and not every PBX says who has called: where
        we place a call to its party, the answer will tell.
        """
        of = (one for one in self._placing if one.dn == seen.dn and seen.party.is_number(one.number))
        asked = next(of, None)
        if asked is not None and seen.state is LegState.CONNECTED and seen.originated_by != seen.dn:
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.answered.wait(), _NAMED_S)

    async def _must_be_offered(self) -> None:
        """Without a licence every leg looks as if it were gone, while the caller is still there. Raises LicenceMissing."""
        async with self._doubt:
            if self._clock.now() >= self._offered_until:
                await self._rest.is_offered(self._own)
                self._offered_until = self._clock.now() + _OFFERED

    def _is_behind(self, ref: Ref, seen: SeenLeg | None) -> bool:
        """Whether a verb has shown the leg connected while it was read, and the reading is of before that."""
        overtaken = ref in self._overtaken
        self._overtaken.discard(ref)
        return overtaken and (seen is None or seen.state is not LegState.CONNECTED)


@dataclass(frozen=True, slots=True, eq=False)
class _Placing:
    """A request to place a call that is not answered yet."""

    dn: str
    number: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)


def backoff(tries: int) -> float:
    """Seconds before the next try to connect: quick at first, then half a minute at most, with jitter."""
    longest: float = min(30.0, 0.5 * 2.0 ** min(tries, 6))
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - no secret hangs on it
