"""All running streams, and the one clock that sends what parties say to whoever has their GET open."""

import asyncio
import heapq
from asyncio import Transport
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from threecx_simulator.audio.pcm import FRAME, RATE
from threecx_simulator.audio.post import Post
from threecx_simulator.audio.studio import Studio
from threecx_simulator.clock import Clock
from threecx_simulator.pbx.effects import Effect, Removed
from threecx_simulator.pbx.ids import Dn, ParticipantId
from threecx_simulator.pbx.state import Leg, Pbx
from threecx_simulator.switchboard import Switchboard

_TICK = 0.02  # seconds; longer frames are spread over several ticks
_ASLEEP = 1.0  # seconds
_REMEMBERED = 10_000  # POSTs, running and ended
_MOST_AHEAD = 1.0  # seconds of sound waiting to be heard, above which the PBX reads no further (T: about 1 s)


@dataclass(slots=True, eq=False)
class Get:
    """One open GET. `close` ends it from our side."""

    leg: Leg
    client: Dn
    transport: Transport
    close: Callable[[], None]
    phase: int
    at: float
    """Up to where the party's voice was sent: a late desk neither repeats nor leaves out any of it."""
    dropped: int = 0
    blocked: bool = False


@dataclass(slots=True)
class Punctuality:
    """How late the desk itself was: seconds. A run that was late proves nothing about a client."""

    ticks: int = 0
    late_ticks: int = 0
    worst: float = 0.0


class Desk:
    """Streams by leg."""

    def __init__(self, board: Switchboard, studio: Studio, clock: Clock) -> None:
        self._board = board
        self._studio = studio
        self._clock = clock
        profile = board.pbx.profile
        self.rate = RATE * (1 + profile.clock_ppm / 1e6)
        self._frame_s = profile.stream_frame_ms / 1000
        self._phases = max(1, round(self._frame_s / _TICK))
        burst = profile.get_burst_ms / 1000
        self._together = max(1, round(burst / self._frame_s)) if burst else 1
        self._count = round(RATE * self._frame_s / 2) * 2
        self._silence = chunk(bytes(self._count))
        self._random = Random(0)  # noqa: S311 (lengths of frames)
        self._gets: list[set[Get]] = [set() for _ in range(self._phases)]
        self._by_leg: dict[ParticipantId, list[Get]] = {}
        self._posts: dict[ParticipantId, list[tuple[Post, Callable[[bool], None]]]] = {}
        self._opened = 0
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._busy = asyncio.Event()
        self.history: deque[Post] = deque(maxlen=_REMEMBERED)
        self.punctual = Punctuality()
        board.listen(self._on_effect)

    @property
    def _pbx(self) -> Pbx:
        return self._board.pbx

    def now(self) -> float:
        """Seconds of the PBX's clock."""
        return self._clock.monotonic()

    # --- opening and closing ---------------------------------------------------------------------------------

    def open_get(self, leg: Leg, client: Dn, transport: Transport, close: Callable[[], None]) -> Get:
        """Begin to send what the party of `leg` says."""
        self._opened += 1
        at = self.now() - self._frame_s * self._together
        get = Get(leg, client, transport, close, self._opened % self._phases, at)
        self._gets[get.phase].add(get)
        self._by_leg.setdefault(leg.id, []).append(get)
        self._busy.set()
        return get

    def close_get(self, get: Get) -> None:
        """The client has gone, or we have ended it."""
        self._gets[get.phase].discard(get)
        if get in self._by_leg.get(get.leg.id, ()):
            self._by_leg[get.leg.id].remove(get)

    def open_post(self, leg: Leg, close: Callable[[bool], None]) -> Post:
        """Begin to hear what an application says on `leg`. `close` ends it from our side; True = the connection breaks."""
        track = self._studio.voice(leg.uid)
        profile, now = self._pbx.profile, self.now()
        post = Post(leg.id, leg.uid, now, track, self.rate, last=now)
        post.unheard, post.burst = profile.post_unheard, profile.post_buffer_ms / 1000
        post.hold = profile.post_jitter_ms / 1000
        self._posts.setdefault(leg.id, []).append((post, close))
        self.history.append(post)
        self._busy.set()
        return post

    def close_post(self, post: Post) -> None:
        """Its body has ended, or the connection has."""
        post.ended = self.now()
        self._posts[post.leg] = [one for one in self._posts.get(post.leg, []) if one[0] is not post]

    def most_ahead(self) -> float:
        """Seconds of sound that may wait to be heard."""
        return _MOST_AHEAD

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Run `then` at the first tick after so many seconds."""
        self._opened += 1
        heapq.heappush(self._later, (self.now() + seconds, self._opened, then))

    def open_streams(self) -> tuple[int, int]:
        """How many GETs and POSTs are open."""
        return sum(map(len, self._gets)), sum(map(len, self._posts.values()))

    def cut(self, client: Dn | None = None) -> None:
        """End the streams of a client (None = of everybody), as a newly minted token does."""
        for leg, gets in list(self._by_leg.items()):
            for get in [one for one in gets if client in {None, one.client}]:
                get.close()
            on = self._pbx.legs.get(leg)
            if on is not None and client in {None, on.dn}:
                self._end_posts(leg)
        for leg in list(self._posts):
            on = self._pbx.legs.get(leg)
            if on is None or client in {None, on.dn}:
                self._end_posts(leg)

    def _on_effect(self, effect: Effect) -> None:
        if isinstance(effect, Removed) and (effect.leg in self._by_leg or effect.leg in self._posts):
            for get in self._by_leg.pop(effect.leg, []):
                get.close()
            self._end_posts(effect.leg)

    def _end_posts(self, leg: ParticipantId) -> None:
        for post, close in self._posts.pop(leg, []):
            close(False)
            post.ended = post.ended or self.now()

    # --- sending ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Send a frame to every GET in its turn, until cancelled."""
        due = self.now()
        turn = 0
        while True:
            if not self._later and not any(self._gets) and not any(self._posts.values()):
                self._busy.clear()
                await self._busy.wait()
                due = self.now()
            due += _TICK * RATE / self.rate
            await self._clock.sleep(due - self.now())
            late = self.now() - due
            self._judge(late)
            if late > _ASLEEP:  # a machine that slept: no flood of frames that nobody could have heard
                due = self.now()
            while self._later and self._later[0][0] <= self.now():
                heapq.heappop(self._later)[2]()
            self._cut_idle()
            turn = (turn + 1) % self._phases
            if self._gets[turn]:
                self._send(list(self._gets[turn]))

    def _cut_idle(self) -> None:
        """A proxy gives up on a silent client: to both sides its connection breaks."""
        idle = self._pbx.profile.stream_idle_cut_s
        if not idle:
            return
        for posts in list(self._posts.values()):
            for post, close in [one for one in posts if self.now() - one[0].last > idle]:
                post.last = self.now()
                close(True)

    def _judge(self, late: float) -> None:
        self.punctual.ticks += 1
        self.punctual.late_ticks += late > _TICK
        self.punctual.worst = max(self.punctual.worst, late)

    def _send(self, gets: list[Get]) -> None:
        burst = self._pbx.profile.get_burst_ms / 1000
        for get in gets:
            if not burst or self.now() - get.at >= burst:
                self._frames(get, self._together)

    def _frames(self, get: Get, frames: int) -> None:
        seconds = self._frame_s * frames
        start = get.at if self.now() - get.at < _ASLEEP + seconds else self.now() - seconds
        get.at = start + seconds * RATE / self.rate
        if get.blocked:
            get.dropped += frames
            return
        peer = self._pbx.legs.get(get.leg.peer) if get.leg.peer is not None else None
        voice = self._studio.heard_of(peer.uid) if peer else None
        said = voice.read(start, self._count * frames) if voice else None
        if said is None and frames == 1:
            get.transport.write(self._silence)
            return
        self._write(get, said or bytes(self._count * frames))

    def _write(self, get: Get, pcm: bytes) -> None:
        if not self._pbx.profile.get_odd_lengths:
            get.transport.write(chunk(pcm))
            return
        while pcm:
            length = self._random.randrange(1, FRAME * 2)
            get.transport.write(chunk(pcm[:length]))
            pcm = pcm[length:]


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
