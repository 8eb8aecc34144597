"""The audible part of the control verbs: what was heard, what parties say, how the streams ran."""

from threecx_simulator.audio.desk import Desk, Punctuality
from threecx_simulator.audio.pcm import RATE, read_wav, spans, to_wav
from threecx_simulator.audio.post import Post
from threecx_simulator.audio.studio import Studio
from threecx_simulator.control.model import Arrival, GapView, Heard, HeardSpan, PostTimes, PostView, Streams
from threecx_simulator.pbx.ids import CallKey

_LATEST = 0.5  # seconds


class Sound:
    """Sits between the control API and the audio."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self.studio = studio
        self.desk = desk

    def heard(self, call: CallKey, party: str, age: float) -> Heard:
        """Sound and silence in turn, in seconds since the call began (`age` seconds ago)."""
        pcm = self.pcm(call, party, age)
        posts = [post for post in self.desk.history if post.uid in self.studio.speakers(call, party)]
        return Heard(
            party=party,
            seconds=len(pcm) / RATE,
            spans=[HeardSpan(start=s.start, end=s.end, sound=s.sound, level=s.level) for s in spans(pcm)],
            underruns=sum(post.underruns for post in posts),
        )

    def pcm(self, call: CallKey, party: str, age: float) -> bytes:
        """What that party heard since the call began."""
        return self.studio.heard(call, party, self.desk.now() - age)

    def wav(self, call: CallKey, party: str, age: float) -> bytes:
        """The same as a WAV file."""
        return to_wav(self.pcm(call, party, age))

    def say(self, uid: str, wav: bytes) -> float:
        """A party says this WAV; its length in seconds."""
        pcm = read_wav(wav)
        self.studio.say(uid, pcm)
        return len(pcm) / RATE

    def speak(self, uid: str, pcm: bytes) -> None:
        """Sound from a microphone, whose clock is not ours: what would come more than half a second late is dropped."""
        if self.studio.voice(uid).end - self.desk.now() < _LATEST:
            self.studio.say(uid, pcm[: len(pcm) // 2 * 2])

    def forget(self) -> None:
        """Forget every sound and counter."""
        self.studio.forget()
        self.desk.history.clear()
        self.desk.punctual = Punctuality()

    def count_anew(self) -> None:
        """Forget the counters, not the streams."""
        self.desk.punctual = Punctuality()
        for post in self.desk.history:
            post.max_ahead, post.underruns, post.longest_gap = 0.0, 0, 0.0
            post.gaps.clear()

    def posts(self, participant: int) -> list[PostTimes]:
        """Every POST on the legs with that id, the oldest first, and when its sound arrived."""
        return [_timed(post) for post in self.desk.history if post.leg == participant]

    def streams(self) -> Streams:
        """How all streams ran since the last reset."""
        gets, posts = self.desk.open_streams()
        punctual = self.desk.punctual
        return Streams(
            gets_open=gets,
            posts_open=posts,
            posts=[_view(post) for post in self.desk.history],
            underruns=sum(post.underruns for post in self.desk.history),
            ticks=punctual.ticks,
            late_ticks=punctual.late_ticks,
            worst_late_ms=punctual.worst * 1000,
        )


def _timed(post: Post) -> PostTimes:
    times = [
        Arrival(at=at - post.opened, bytes=size) for at, size in zip(post.times, post.sizes, strict=True)
    ]
    return PostTimes(**_view(post).model_dump(), arrivals=times)


def _view(post: Post) -> PostView:
    end = post.ended if post.ended is not None else post.track.end
    return PostView(
        participant=post.leg,
        received=post.received,
        seconds=max(0.0, end - post.opened),
        max_ahead_ms=post.max_ahead * 1000,
        underruns=post.underruns,
        longest_gap_ms=post.longest_gap * 1000,
        gaps=[
            GapView(at=gap.at - post.opened, ms=gap.seconds * 1000, underrun=gap.underrun)
            for gap in post.gaps
        ],
    )
