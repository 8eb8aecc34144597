"""Every voice of the PBX: which leg said what, and what the other side therefore heard."""

from dataclasses import dataclass

from threecx_simulator.audio.pcm import RATE, whole
from threecx_simulator.audio.track import Track
from threecx_simulator.clock import Clock
from threecx_simulator.pbx.effects import Effect, Joined
from threecx_simulator.pbx.ids import CallKey
from threecx_simulator.switchboard import Switchboard

_ROOM = 512 << 20  # bytes of sound kept in all: about nine hours


@dataclass(frozen=True, slots=True)
class Talk:
    """From `since` on, `hearer` hears `speaker` (uids of legs; None = nobody). Seconds of the clock."""

    hearer: str
    label: str
    speaker: str | None
    since: float


class Studio:
    """Tracks by the uid of the leg that speaks; who was joined with whom, and when."""

    def __init__(self, board: Switchboard, clock: Clock, keep: float) -> None:
        self._clock = clock
        self._keep = keep
        self._tracks: dict[str, Track] = {}
        self._talks: dict[CallKey, list[Talk]] = {}
        board.listen(self._on_effect)

    def _on_effect(self, effect: Effect) -> None:
        if isinstance(effect, Joined):
            if effect.call not in self._talks:
                self._make_room()
            talk = Talk(effect.hearer, effect.label, effect.speaker, self._clock.monotonic())
            self._talks.setdefault(effect.call, []).append(talk)

    def _make_room(self) -> None:
        """Forget the oldest calls when their sound has grown too large."""
        size = sum(track.size for track in self._tracks.values())
        for call in list(self._talks):
            if size <= _ROOM:
                return
            for uid in {talk.speaker for talk in self._talks[call] if talk.speaker}:
                forgotten = self._tracks.pop(uid, None)
                size -= forgotten.size if forgotten else 0
            del self._talks[call]

    def voice(self, uid: str) -> Track:
        """The track of the leg with this uid."""
        return self._tracks.setdefault(uid, Track(self._keep))

    def heard_of(self, uid: str) -> Track | None:
        """The track of that leg, if it ever spoke."""
        return self._tracks.get(uid)

    def say(self, uid: str, pcm: bytes) -> None:
        """A leg speaks, now or after what it is saying."""
        self.voice(uid).add(self._clock.monotonic(), pcm, len(pcm) / RATE)

    def heard(self, call: CallKey, label: str, start: float, end: float | None = None) -> bytes:
        """What the party called `label` (a DN, or the outside number) heard from `start` to `end`, silence included.

        Seconds of the PBX's clock; without `end` it is cut where the party was last connected, or now.
        """
        mine = [talk for talk in self._talks.get(call, []) if talk.label == label]
        now = self._clock.monotonic() if end is None else end
        sound = bytearray()
        for at, talk in enumerate(mine):
            since = max(talk.since, start)
            until = min(mine[at + 1].since if at + 1 < len(mine) else now, now)
            if until <= since or (talk.speaker is None and at + 1 == len(mine)):
                continue
            sound.extend(bytes(max(0, whole(since - start) - len(sound))))
            count = whole(until - start) - len(sound)
            track = self._tracks.get(talk.speaker) if talk.speaker else None
            sound += (track.read(since, count) if track else None) or bytes(count)
        return bytes(sound)

    def speakers(self, call: CallKey, label: str) -> set[str]:
        """Uids of the legs that this party heard."""
        return {talk.speaker for talk in self._talks.get(call, []) if talk.label == label and talk.speaker}

    def parties(self, call: CallKey) -> list[str]:
        """Labels of everybody who was connected in this call."""
        return list(dict.fromkeys(talk.label for talk in self._talks.get(call, [])))

    def forget(self) -> None:
        """Forget every sound."""
        self._tracks.clear()
        self._talks.clear()
