"""What was heard is matched by its sound (issue 5, point 5)."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from threecx_simulator.audio.match import earliest, match
from threecx_simulator.audio.pcm import RATE, NotAudio, read_wav, samples, to_wav, tone
from threecx_simulator.audio.speech import speech
from threecx_simulator.scenarios.load import BadScenario, load, loads
from threecx_simulator.scenarios.play import Player

pytestmark = pytest.mark.proves("simulator.expectations")


def voice(seed: int, seconds: float = 3.0) -> bytes:
    """Something like speech: noise of changing colour and loudness, different for each seed."""
    random = np.random.default_rng(seed)
    count = int(seconds * 8000)
    noise = np.convolve(
        random.normal(size=count + 40), np.hanning(24) * np.cos(np.arange(24) * random.uniform(0.4, 1.4))
    )
    envelope = np.repeat(random.uniform(0.2, 1.0, size=count // 800 + 1), 800)[:count]
    wave = noise[:count] * envelope
    return bytes((wave / np.abs(wave).max() * 0.5 * 32767).astype("<i2").tobytes())


def packed(numbers: Any) -> bytes:
    return bytes((np.clip(numbers, -1, 1) * 32767).astype("<i2").tobytes())


def louder(pcm: bytes, gain: float) -> bytes:
    return packed(samples(pcm) * gain)


MENU, OTHER = voice(1), voice(2)
SILENCE = bytes(RATE)


def test_the_right_prompt_is_found_wherever_and_however_loud_it_was_played() -> None:
    found = match(SILENCE + louder(MENU, 0.4) + SILENCE + OTHER, MENU)
    assert found.clean()
    assert (found.start, found.share, found.clicks, found.breaks) == (1.0, 1.0, 0, 0)


def test_the_first_time_a_prompt_was_heard_counts_though_it_was_clearer_later() -> None:
    random = np.random.default_rng(5)
    noisy = packed(samples(MENU) + random.normal(scale=0.01, size=len(MENU) // 2))
    assert earliest(SILENCE + noisy + MENU + SILENCE + MENU, MENU).start == pytest.approx(1.0, abs=0.001)
    assert earliest(SILENCE + MENU[: len(MENU) // 2] + SILENCE + MENU, MENU).start == pytest.approx(
        3.5, abs=0.001
    )


def test_another_prompt_is_not_taken_for_it() -> None:
    assert match(SILENCE + OTHER + SILENCE, MENU).share < 0.1
    assert match(SILENCE, MENU).share == 0
    assert match(b"", MENU).share == 0


def test_half_a_prompt_is_half_a_prompt() -> None:
    found = match(SILENCE + MENU[: len(MENU) // 2] + SILENCE * 2, MENU)
    assert 0.4 < found.share < 0.6
    assert not found.clean()
    assert found.clean(share=0.4)


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.3), (7.0, 7.4), (14.7, 15.0)])
def test_a_long_prompt_without_one_of_its_words_is_not_the_prompt(start: float, end: float) -> None:
    long = voice(3, 15.0)
    first, last = int(start * 8000) * 2, int(end * 8000) * 2
    found = match(SILENCE + long[:first] + bytes(last - first) + long[last:] + SILENCE, long)
    assert found.share >= 0.95
    assert not found.clean()
    assert "missing in one piece" in found.verdict()
    assert found.clean(share=0.9) or found.clicks


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (SILENCE * 3, "heard only silence"),
        (b"", "heard only silence"),
        (SILENCE + OTHER, "heard something else (0% of it)"),
        (
            MENU[len(MENU) // 2 :] + SILENCE,
            "heard 55% of it from 0.00 s on, 0 clicks, 0 breaks; wanted 95%; 1.5 s",
        ),
        (
            SILENCE + MENU[: len(MENU) // 2] + SILENCE + MENU[len(MENU) // 2 :],
            "heard 55% of it from 2.00 s on",
        ),
        (SILENCE + MENU, "heard 100% of it from 1.00 s on, 0 clicks, 0 breaks"),
    ],
)
def test_the_verdict_says_what_a_person_would_say(heard: bytes, words: str) -> None:
    assert match(heard, MENU).verdict().startswith(words)


@pytest.mark.parametrize("speed", [0.97, 1.03])
def test_a_prompt_that_runs_too_fast_or_too_slow_is_told_as_such(speed: float) -> None:
    played = samples(MENU)
    changed = np.interp(np.arange(0, len(played) - 1, speed), np.arange(len(played)), played)
    found = match(SILENCE + packed(changed), MENU)
    assert not found.clean()
    assert found.verdict() == f"heard it at {speed:.1%} of its speed"


def test_a_prompt_over_noise_is_heard_until_the_noise_drowns_it() -> None:
    random, played = np.random.default_rng(5), samples(MENU)
    loudness = float(np.sqrt((played**2).mean()))
    for below, heard in ((20, True), (0, False)):
        noise = random.normal(0, loudness * 10 ** (-below / 20), len(played))
        found = match(SILENCE + packed(played + noise) + SILENCE, MENU)
        assert found.clean() is heard, (below, found)


async def test_a_sound_may_be_expected_after_a_moment(start: Any, tmp_path: Path) -> None:
    text = """
people: {101: {says: "tone:900:1", answers_after: 1}}
calls:
  - caller: "+49"
    calls: "+4930555101"
    steps: [{until: connected 101}, {press: "1"}, {wait: 3}, {press: "2"}, {hang_up: true}]
    expects:
      - {hears: "tone:900:1", after: connected 101, within: 0.5}
      - {hears: "tone:900:1", after: pressed 2}
      - {hears: "tone:900:1", after: pressed 3}
"""
    app = await start("auto")
    async with Player(app.sim.control, app.sim.clock, [loads(text)]) as player:
        first, late, never = await player.done()
    assert (first.met, late.met, never.met) == (True, False, False), (first.why, late.why, never.why)
    assert late.why.startswith("heard only silence")
    assert never.why.startswith("'pressed 3' is not in the timeline")


async def test_sounds_are_expected_one_behind_the_other(start: Any, tmp_path: Path) -> None:
    for name, sound in (("menu", MENU), ("other", OTHER)):
        (tmp_path / f"{name}.wav").write_bytes(to_wav(sound))
    (tmp_path / "turns.yaml").write_text("""
calls:
  - caller: "+49"
    calls: "+4930555001"
    steps: [{listen: prompt}, {hang_up: true}]
    expects:
      - {hears: [menu.wav, other.wav, menu.wav], within: 1}
      - {hears: [other.wav, menu.wav]}
      - {hears: [other.wav, other.wav]}
      - {hears: [menu.wav, menu.wav, other.wav]}
""")
    app = await start("auto")
    async with Player(app.sim.control, app.sim.clock, [load(tmp_path / "turns.yaml")]) as player:
        leg = await app.leg()

        async def blocks() -> AsyncIterator[bytes]:
            yield MENU + OTHER + MENU

        await app.ask("POST", f"/callcontrol/8001/participants/{leg['id']}/stream", data=blocks())
        verdicts = await player.done()
    assert [verdict.met for verdict in verdicts] == [True, True, False, False], verdicts
    assert verdicts[0].expectation == "hears menu.wav then other.wav then menu.wav, within 1.0"
    assert verdicts[2].why.count("other.wav: heard") == 2


@pytest.mark.parametrize(
    ("hears", "complaint"),
    [
        ("[]", "calls.0.expects.0.hears: is empty"),
        ("{a: 1}", "calls.0.expects.0.hears: should be a list"),
        ("[menu.wav, nowhere.wav]", "calls.0.expects.0.hears.1: "),
    ],
)
def test_a_list_of_sounds_that_cannot_be_is_refused_at_its_line(
    hears: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "menu.wav").write_bytes(to_wav(MENU))
    text = f"calls:\n  - caller: '+49'\n    calls: '100'\n    expects:\n      - hears: {hears}\n"
    with pytest.raises(BadScenario, match="line 5, " + complaint):
        loads(text, folder=tmp_path)


def test_a_click_is_heard() -> None:
    spoilt = bytearray(MENU)
    spoilt[RATE : RATE + 16] = b"\xff\x7f" * 4 + b"\x01\x80" * 4
    found = match(SILENCE + bytes(spoilt), MENU)
    assert found.share > 0.9
    assert found.clicks >= 1
    assert not found.clean()


def test_a_prompt_that_stops_and_goes_on_has_a_break() -> None:
    found = match(SILENCE + MENU[:RATE] + bytes(160) + MENU[RATE:], MENU)
    assert found.breaks + found.clicks >= 1
    assert not found.clean()


@pytest.mark.parametrize("hole", [0.04, 0.06, 0.3, -0.04])
def test_a_hole_in_a_prompt_is_a_break_and_not_half_a_prompt(hole: float) -> None:
    half = len(MENU) // 2
    onward = MENU[half - min(0, int(hole * RATE)) :]
    found = match(SILENCE + MENU[:half] + bytes(max(0, int(hole * RATE))) + onward + SILENCE, MENU)
    assert found.breaks == 1
    assert found.share > 0.9
    assert not found.clean()


def test_a_clock_that_runs_a_little_faster_does_no_harm() -> None:
    wave = samples(MENU)
    faster = np.interp(np.arange(0, len(wave) - 1, 1.0001), np.arange(len(wave)), wave)
    assert match((faster * 32767).astype("<i2").tobytes(), MENU).clean()


async def test_a_scenario_judges_what_was_heard_and_where_the_call_went(start: Any, tmp_path: Path) -> None:
    (tmp_path / "menu.wav").write_bytes(to_wav(MENU))
    (tmp_path / "other.wav").write_bytes(to_wav(OTHER))
    (tmp_path / "talk.yaml").write_text(
        """
people:
  101: {answers_after: 1, says: "tone:900:1"}
calls:
  - caller: "+49301234567"
    calls: "+4930555001"
    steps:
      - {listen: prompt}
      - {say: "tone:300:0.5"}
      - {press: "1"}
      - {until: connected 101}
      - {wait: 2}
      - {hang_up: true}
    expects:
      - {hears: menu.wav, within: 2}
      - {hears: other.wav}
      - {hears: "tone:900:1"}
      - {connected_to: "101", after: "pressed 1", within: 5}
      - {connected_to: "102"}
      - {ended_by: caller}
"""
    )
    app = await start("auto")
    async with Player(app.sim.control, app.sim.clock, [load(tmp_path / "talk.yaml")]) as player:
        leg = await app.leg()

        async def blocks() -> AsyncIterator[bytes]:
            yield MENU

        await app.ask("POST", f"/callcontrol/8001/participants/{leg['id']}/stream", data=blocks())
        await app.seen(lambda frames: any(one["event"]["event_type"] == 2 for one in frames))
        await app.verb(leg, "routeto", destination="101")
        verdicts = await player.done()
    assert [verdict.met for verdict in verdicts] == [True, False, True, True, False, True], verdicts
    assert "0% of it" in verdicts[1].why
    assert "'connected 102' is not in the timeline" in verdicts[4].why


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
async def test_callers_and_those_they_call_can_speak_text_when_espeak_is_there(start: Any) -> None:
    hello, goodbye = speech("Hello, this is a test"), speech("Goodbye and thank you")
    assert len(hello) > RATE / 2
    assert match(SILENCE + hello, hello).clean()
    assert match(SILENCE + goodbye, hello).share < 0.5
    text = """
people: {101: {answers_after: 1, says: "text:Sales, good morning"}}
calls:
  - caller: "+49"
    calls: "+4930555101"
    steps: [{listen: prompt}, {say: "text:Hello, this is a test"}, {hang_up: yes}]
    expects: [{hears: "text:Sales, good morning"}, {hears: "text:Goodbye"}]
"""
    app = await start("auto")
    async with Player(app.sim.control, app.sim.clock, [loads(text)]) as player:
        assert [verdict.met for verdict in await player.done()] == [True, False]


@pytest.mark.parametrize(("name", "pcm"), [("empty", b""), ("silent", bytes(RATE))])
def test_a_sound_in_which_nothing_can_be_heard_cannot_be_expected(
    tmp_path: Path, name: str, pcm: bytes
) -> None:
    (tmp_path / f"{name}.wav").write_bytes(to_wav(pcm))
    text = f"calls: [{{caller: '1', calls: '2', expects: [{{hears: {name}.wav}}]}}]"
    with pytest.raises(BadScenario, match=f"line 1, calls.0.expects.0.hears: .* in {name}.wav"):
        loads(text, folder=tmp_path)


def paused() -> Any:
    """Two words and a pause of half a second between them."""
    return np.concatenate([samples(MENU), np.zeros(4000), samples(OTHER)])


@pytest.mark.parametrize(
    ("at", "length", "height"), [(25_000, 1, 0.4), (26_000, 40, 0.3), (27_000, 1, 0.9), (4_000, 1, 0.4)]
)
def test_a_click_is_heard_in_a_pause_and_however_short_it_is(at: int, length: int, height: float) -> None:
    clicking = paused()
    clicking[at : at + length] += height * np.resize([1, -1], length)
    found = match(SILENCE + packed(clicking) + SILENCE, packed(paused()))
    assert (found.share, found.clicks) == (1.0, 1)
    assert not found.clean()


def test_a_click_that_drowns_a_soft_piece_is_heard() -> None:
    soft = paused()
    soft[24_800:27_200] = 0.02 * samples(OTHER)[:2_400]
    clicking = soft.copy()
    clicking[26_000] = 0.9
    assert match(SILENCE + packed(soft) + SILENCE, packed(soft)).clean()
    assert match(SILENCE + packed(clicking) + SILENCE, packed(soft)).clicks == 1


def test_noise_in_a_pause_and_a_word_that_comes_a_little_early_are_no_clicks() -> None:
    noisy = paused() + np.random.default_rng(5).normal(0, 0.01, len(paused()))
    early = np.delete(paused(), np.s_[25_000:25_080])
    for heard in (noisy, early):
        assert match(SILENCE + packed(heard) + SILENCE, packed(paused())).clicks == 0


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "calls:\n  - {caller: '1', calls: '2', steps: [{wait: 1, press: '2'}]}\n",
            "line 2, calls.0.steps.0: exactly one of",
        ),
        (
            "calls:\n  - caller: '1'\n    calls: '2'\n    expects:\n      - {within: 2}\n",
            "line 5, calls.0.expects.0: exactly one of",
        ),
    ],
)
def test_a_step_does_one_thing_and_an_expectation_expects_one(text: str, where: str) -> None:
    with pytest.raises(BadScenario) as wrong:
        loads(text, "x.yaml")
    assert str(wrong.value).startswith(f"x.yaml, {where}")


@pytest.mark.parametrize("coding", ["pcm_mulaw", "pcm_alaw", "pcm_s24le", "pcm_f32le"])
@pytest.mark.parametrize("rate", [8000, 44_100])
def test_a_wav_of_any_coding_is_read(coding: str, rate: int) -> None:
    kept = io.BytesIO()
    with av.open(kept, mode="w", format="wav") as file:
        stream = file.add_stream(coding, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        spoken = np.frombuffer(tone(440, 2.0), "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(spoken, format="s16", layout="mono")
        frame.sample_rate = 8000
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    read = read_wav(kept.getvalue())
    assert len(read) == pytest.approx(len(tone(440, 2.0)), rel=0.01)
    assert match(read, tone(440, 1.9)).clean()


def test_what_is_no_wav_is_refused() -> None:
    with pytest.raises(NotAudio, match="Not a WAV file: Invalid data"):
        read_wav(b"this is a text")


def test_a_pure_tone_matches_itself_only_for_as_long_as_it_sounds() -> None:
    assert match(SILENCE + tone(440, 1) + SILENCE, tone(440, 1)).clean()
    assert match(SILENCE + tone(440, 1) + SILENCE, tone(500, 1)).share < 0.2


async def test_a_caller_who_waits_in_vain_hangs_up_and_is_disappointed(start: Any) -> None:
    text = """
calls:
  - {caller: "+49", calls: "+4930555001", steps: [{listen: prompt}], expects: [{connected_to: "101"}]}
"""
    app = await start()
    async with Player(app.sim.control, app.sim.clock, [loads(text)], patience=0.2) as player:
        (verdict,) = await player.done()
    assert not verdict.met
    assert "left +49" in verdict.why
