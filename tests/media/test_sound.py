"""Sounds, levels, mixing, keys and what follows what: values only."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.errors import BadParameter
from threecx_pbx.media import Key, Layer, Pcm, hold_music, keys_of, ringback, tone
from threecx_pbx.media.keys import KeyBuffer, pressed_in
from threecx_pbx.media.levels import PEAK, faded, levelled, limited, loudness, samples_of
from threecx_pbx.media.mixing import mix
from threecx_pbx.media.playout import Playout, Prompt

pcm = st.binary(max_size=4000).map(lambda data: Pcm(data[: len(data) // 2 * 2]))
frames = st.dictionaries(st.sampled_from("abcde"), st.binary(min_size=320, max_size=320))
MS = timedelta(milliseconds=1)


@given(pcm, st.integers(0, 5), st.integers(0, 400))
def test_repeating_and_cutting_keep_whole_samples(sound: Pcm, times: int, pause: int) -> None:
    repeated = sound.repeated(times, pause * MS)
    assert repeated.duration == sound.duration * times + pause * MS * max(0, times - 1)
    assert sound.cut(timedelta(0), sound.duration / 2) + sound.cut(sound.duration / 2) == sound


def test_half_a_sample_is_no_sound() -> None:
    with pytest.raises(ValueError, match="even"):
        Pcm(b"\0\0\0")


def sine(hz: float, amplitude: float, seconds: float = 5.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * 8000)) / 8000)


def test_loudness_is_that_of_bs_1770() -> None:
    assert loudness(sine(997, 1.0)) == pytest.approx(-3.01, abs=0.1)
    assert loudness(sine(997, 0.1)) == pytest.approx(-23.01, abs=0.1)
    assert loudness(np.zeros(8000)) == -np.inf


@given(st.floats(0.001, 1.0), st.floats(100, 3000), st.floats(0.05, 3))
def test_whatever_its_level_a_sound_comes_out_as_loud_as_the_others_and_below_the_peak(
    amplitude: float, hz: float, seconds: float
) -> None:
    out = levelled(sine(hz, amplitude, seconds))
    assert np.abs(out).max() <= PEAK + 1e-9
    assert loudness(out) < -18.5


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=3000))
def test_the_limiter_keeps_every_sample_below_the_peak_and_leaves_quiet_sounds_alone(
    values: list[float],
) -> None:
    samples = np.array(values)
    assert np.abs(limited(samples)).max() <= PEAK
    quiet = samples / 10
    assert np.array_equal(limited(quiet), quiet)


def test_a_fade_begins_and_ends_near_silence() -> None:
    out = faded(np.ones(400))
    assert out[0] == out[-1] < 0.01
    assert out[200] == 1.0


@given(frames)
def test_each_hears_all_but_itself(voices: dict[str, bytes]) -> None:
    heard = mix(voices)
    assert heard.keys() == voices.keys()
    for member, sound in heard.items():
        others = [np.frombuffer(voice, "<i2").astype(int) for name, voice in voices.items() if name != member]
        expected = np.clip(sum(others, np.zeros(160, dtype=int)), -32768, 32767)
        assert np.array_equal(np.frombuffer(sound, "<i2"), expected)


def test_frames_of_unequal_length_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="one length"):
        mix({"a": bytes(320), "b": bytes(160)})


def jumps(data: bytes) -> float:
    """The largest step from one sample to the next."""
    samples = samples_of(data)
    return float(np.abs(np.diff(samples)).max())


@pytest.mark.parametrize("sound", [ringback(), hold_music()])
def test_background_sounds_loop_without_a_click(sound: Pcm) -> None:
    assert jumps(sound.data + sound.data) < 0.4
    assert sound.data[:2] == sound.data[-2:] or abs(int(samples_of(sound.data)[-1] * 32768)) < 200


def written(playout: Playout, blocks: int) -> bytes:
    return b"".join(bytes(playout.take(960)) for _ in range(blocks))


def test_a_prompt_that_is_cut_ends_in_a_fade_and_not_in_a_click() -> None:
    playout = Playout()
    playout.begin(Prompt(tone(100, 5.0)))
    before = written(playout, 5)
    playout.end_prompt()
    after = written(playout, 3)
    assert jumps(before + after) < 0.1
    assert samples_of(after)[64:].max() == 0.0


def test_background_sound_fades_out_for_a_prompt_and_in_again_after_it() -> None:
    playout = Playout()
    playout.set_layer(Layer.BACKGROUND, tone(100, 5.0))
    whole = written(playout, 5)
    playout.begin(Prompt(tone(100, 0.3)))
    whole += written(playout, 10)
    playout.end_prompt()
    whole += written(playout, 5)
    playout.set_layer(Layer.BACKGROUND, None)
    whole += written(playout, 5)
    assert jumps(whole) < 0.1
    assert samples_of(whole)[-960:].max() == 0.0


def test_the_highest_layer_is_heard_and_the_lower_one_comes_back() -> None:
    playout = Playout()
    playout.set_layer(Layer.IDLE, tone(100, 5.0, 0.1))
    playout.set_layer(Layer.HOLD, tone(100, 5.0, 0.8))
    assert samples_of(written(playout, 10)).max() > 0.7
    playout.set_layer(Layer.HOLD, None)
    assert samples_of(written(playout, 10)[960:]).max() < 0.2


@given(
    st.lists(st.integers(1, 2000), max_size=60), st.integers(1, 4), st.integers(0, 50), st.integers(1, 3000)
)
def test_a_prompt_arrives_whole_and_in_order_however_it_is_taken(
    counts: list[int], times: int, pause: int, length: int
) -> None:
    sound = Pcm(np.arange(1, length + 1, dtype="<i2").tobytes())
    prompt = Prompt(sound, times, pause * MS)
    whole = sound.repeated(times, pause * MS).data
    playout = Playout()
    playout.begin(prompt)
    got = b"".join(bytes(playout.take(2 * count)) for count in counts)
    assert got == (whole + bytes(len(got)))[: len(got)]
    assert prompt.position == min(len(got), len(whole))
    assert prompt.ended_at == (len(whole) if len(got) >= len(whole) else None)


def test_keys_are_read_as_people_write_them() -> None:
    assert keys_of("1*#d") == (Key.ONE, Key.STAR, Key.HASH, Key.D)
    with pytest.raises(BadParameter, match="'x'"):
        keys_of("1x")


def test_what_is_no_key_in_the_pbxs_words_is_left_out() -> None:
    assert pressed_in("1 w\n2a") == (Key.ONE, Key.TWO, Key.A)


def test_unread_keys_are_kept_up_to_a_bound() -> None:
    keys = KeyBuffer()
    for _ in range(1000):
        keys.press(Key.SEVEN)
    taken = 0
    while keys.take() is not None:
        taken += 1
    assert taken == 128
