"""How much is written when, and how a leg keeps pace for an hour: no sockets, time is handed in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.media.mouth import Mouth
from threecx_pbx.media.pacing import BLOCK, LEAD, SILENT_LEAD, Drift, due_bytes
from threecx_pbx.media.playout import Layer, Prompt
from threecx_pbx.media.sound import Pcm, bytes_in
from threecx_pbx.media.speaking import SpeakStream

times = st.timedeltas(timedelta(0), timedelta(hours=2))


@given(st.integers(0, 2**31), times, st.timedeltas(timedelta(0), timedelta(seconds=2)))
def test_what_is_due_never_runs_further_ahead_than_the_lead(
    sent: int, playing: timedelta, lead: timedelta
) -> None:
    due = due_bytes(sent // 2 * 2, playing, lead)
    assert due >= 0
    assert due % 2 == 0
    if due:
        assert sent // 2 * 2 + due <= bytes_in(playing + lead)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(seconds=1)), max_size=50))
def test_however_late_one_asks_all_that_was_due_has_been_given(delays: list[timedelta]) -> None:
    sent, now = 0, timedelta(0)
    for delay in delays:
        now += delay
        sent += due_bytes(sent, now, LEAD)
        assert sent == bytes_in(now + LEAD)


def gained_after(ppm: float, minutes: int, burst_s: float) -> tuple[float, float]:
    """Seconds that were learnt and that are true, for a GET in bursts from a clock that runs so fast."""
    drift = Drift()
    drift.listen()
    at, heard = 0.0, 0.0
    while at < minutes * 60:
        at += burst_s
        heard_to = at * (1 + ppm * 1e-6) * 16_000
        drift.heard(round(heard_to - heard), timedelta(seconds=at))
        heard += round(heard_to - heard)
    end = timedelta(minutes=minutes)
    return (drift.gained(end) - drift.gained(timedelta(0))).total_seconds(), minutes * 60 * ppm * 1e-6


@pytest.mark.parametrize("ppm", [-100.0, 0.0, 100.0])
@pytest.mark.parametrize("burst_s", [0.02, 0.256])
def test_an_hour_of_drift_is_followed_within_30_ms(ppm: float, burst_s: float) -> None:
    learnt, true = gained_after(ppm, 60, burst_s)
    assert learnt == pytest.approx(true, abs=0.03)


def test_a_gap_in_the_callers_sound_is_no_drift() -> None:
    drift = Drift()
    drift.listen()
    for tick in range(50 * 600):
        if tick not in range(5_000, 5_100):
            drift.heard(320, timedelta(milliseconds=20 * (tick + 1)))
    assert abs(drift.gained(timedelta(minutes=10)).total_seconds()) < 0.02


class Pbx(SpeakStream):
    """A POST that counts instead of sending, and a PBX that plays with a clock of its own."""

    def __init__(self, began: datetime, ppm: float) -> None:
        self.ready = True
        self.began = began
        self.rate = 16_000 * (1 + ppm * 1e-6)
        self.got = 0
        self.slipped = 0.0
        self.most_ahead = 0.0
        self.ran_dry = 0
        self.now = began

    def write(self, block: bytes | memoryview) -> None:
        played = self.played(self.now)
        if played > self.got:
            self.ran_dry += self.got > 0
            self.slipped += (played - self.got) / self.rate
        self.got += len(block)
        self.most_ahead = max(self.most_ahead, (self.got - self.played(self.now)) / self.rate)

    def played(self, now: datetime) -> float:
        return ((now - self.began).total_seconds() - self.slipped) * self.rate


AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
def test_an_hour_of_sound_neither_runs_dry_nor_too_far_ahead_while_someone_listens(ppm: float) -> None:
    pbx = Pbx(AT, ppm)
    mouth = Mouth(AT, lambda: None)
    mouth.playout.set_layer(Layer.BACKGROUND, Pcm(b"\1\0" * 80_000))
    mouth.drift.listen()
    mouth.attach(pbx, AT)
    for tick in range(1, 60 * 60 * 50):
        mouth.listened(320, AT + timedelta(milliseconds=20 * tick) / (1 + ppm * 1e-6))
        pbx.now = AT + timedelta(milliseconds=20 * tick)
        if tick % 3 == 0:
            mouth.tick(pbx.now)
    assert pbx.ran_dry == 0
    assert pbx.most_ahead <= 0.205
    assert (pbx.got - pbx.played(pbx.now)) / 16_000 >= 0.1


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
def test_after_an_hour_of_silence_that_nobody_listened_to_a_prompt_is_neither_late_nor_broken(
    ppm: float,
) -> None:
    pbx = Pbx(AT, ppm)
    mouth = Mouth(AT, lambda: None)
    mouth.attach(pbx, AT)
    for tick in range(1, 60 * 60 * 50 // 3):
        pbx.now = AT + timedelta(milliseconds=60 * tick)
        mouth.tick(pbx.now)
    assert pbx.got - pbx.played(pbx.now) <= bytes_in(SILENT_LEAD + timedelta(milliseconds=10))
    pbx.ran_dry, pbx.most_ahead = 0, 0.0
    mouth.playout.begin(Prompt(Pcm(b"\1\0" * 80_000), times=30))
    for more in range(1, 60 * 50 // 3):
        pbx.now = AT + timedelta(milliseconds=60 * (tick + more))
        mouth.tick(pbx.now)
    assert pbx.ran_dry <= 1  # the end of the last rest
    assert pbx.most_ahead <= 0.2


def test_a_late_clock_does_not_make_up_for_what_the_pbx_has_waited_for() -> None:
    pbx = Pbx(AT, 0)
    mouth = Mouth(AT, lambda: None)
    mouth.playout.begin(Prompt(Pcm(b"\1\0" * 80_000)))
    mouth.attach(pbx, AT)
    pbx.now = AT + timedelta(seconds=2)
    mouth.tick(pbx.now)
    assert pbx.ran_dry == 1
    assert pbx.most_ahead <= LEAD.total_seconds()


def test_silence_runs_less_far_ahead_so_that_the_next_prompt_comes_sooner() -> None:
    pbx = Pbx(AT, 0)
    mouth = Mouth(AT, lambda: None)
    mouth.attach(pbx, AT)
    for tick in range(100):
        pbx.now = AT + timedelta(milliseconds=20 * tick)
        mouth.tick(pbx.now)
    assert pbx.got > 0
    assert pbx.most_ahead <= SILENT_LEAD.total_seconds() + 0.001


def test_what_a_refused_stream_took_is_played_again_on_the_next() -> None:
    mouth = Mouth(AT, lambda: None)
    prompt = Prompt(Pcm(bytes(range(256)) * 100))
    mouth.playout.begin(prompt)
    mouth.attach(Pbx(AT, 0), AT)
    assert prompt.position >= BLOCK
    mouth.detach(AT + timedelta(milliseconds=40), unheard=True)
    assert prompt.position == 0


def test_what_was_written_ahead_of_a_cut_is_played_again_on_the_next_stream() -> None:
    mouth = Mouth(AT, lambda: None)
    prompt = Prompt(Pcm(bytes(range(256)) * 100))
    mouth.playout.begin(prompt)
    mouth.attach(Pbx(AT, 0), AT)
    mouth.detach(AT + timedelta(milliseconds=40), unheard=False)
    assert prompt.position == bytes_in(timedelta(milliseconds=40))


def test_a_prompt_is_over_when_its_last_byte_was_heard_not_when_it_was_written() -> None:
    over: list[datetime] = []
    pbx = Pbx(AT, 0)
    mouth = Mouth(AT, lambda: over.append(pbx.now))
    mouth.playout.begin(Prompt(Pcm(bytes(1600))))
    mouth.attach(pbx, AT)
    for tick in range(1, 20):
        pbx.now = AT + timedelta(milliseconds=20 * tick)
        mouth.tick(pbx.now)
        if over:
            break
    assert over == [AT + timedelta(milliseconds=100)]
