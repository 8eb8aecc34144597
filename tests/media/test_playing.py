"""What callers hear of prompts, as the simulated PBX heard it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from threecx_pbx.errors import CallEnded, KeysTaken, NotConnected, NotOwnLeg
from threecx_pbx.media import ALL_KEYS, Key, PlayEnd, hold_music, ringback, tone
from threecx_pbx.media.levels import samples_of
from threecx_simulator import PROFILES
from threecx_simulator.audio.pcm import to_wav

from .conftest import Exchange, exchange, until
from .level_plot import write_level_plot

ARTIFACTS = Path(__file__).parents[1] / "artifacts"


async def test_a_prompt_is_heard_whole_and_without_a_break(pbx: Exchange) -> None:
    line = await pbx.connected()
    played = await line.media.play(tone(440, 1.0))
    assert (played.end, played.heard) == (PlayEnd.COMPLETED, timedelta(seconds=1))
    await pbx.quiet(line)
    ((begin, end),) = pbx.sounds(line)
    assert 0.95 < end - begin < 1.1
    assert pbx.control.heard(line.name).underruns == 0


async def test_a_key_stops_the_prompt_at_once_and_stays_for_its_reader(pbx: Exchange) -> None:
    line = await pbx.connected()
    playing = asyncio.create_task(line.media.play(tone(440, 8.0), stop_on=ALL_KEYS))
    await until(lambda: pbx.sounds(line))
    pbx.control.press(line.name, "7")
    played = await playing
    assert (played.end, played.key) == (PlayEnd.KEY, Key.SEVEN)
    await pbx.quiet(line)
    ((_, end),) = pbx.sounds(line)
    # scripts/bench interrupt measures it; here it must only be far from the prompt's own end
    assert end - pbx.pressed_at(line) < 1.0
    assert await line.media.key(timedelta(seconds=1)) is Key.SEVEN


async def test_an_interrupted_prompt_falls_silent_without_a_click(pbx: Exchange) -> None:
    line = await pbx.connected()
    playing = asyncio.create_task(line.media.play(tone(200, 8.0), stop_on=ALL_KEYS))
    await until(lambda: any(end - begin > 0.5 for begin, end in pbx.sounds(line)))
    pbx.control.press(line.name, "1")
    await playing
    await pbx.quiet(line)
    heard = pbx.control.heard_pcm(line.name)
    ((begin, end),) = pbx.sounds(line)
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / "interrupted prompt.wav").write_bytes(pbx.control.heard_wav(line.name))
    write_level_plot(
        ARTIFACTS / "interrupted prompt.svg",
        heard,
        "What a caller hears who presses a key in the middle of a prompt",
        {"prompt": begin, "key": pbx.pressed_at(line), "silence": end},
    )
    # the steepest slope of the tone itself is 0.08 from one sample to the next
    assert np.abs(np.diff(samples_of(heard))).max() < 0.1


async def test_the_newest_prompt_wins_and_the_older_one_says_so(pbx: Exchange) -> None:
    line = await pbx.connected()
    older = asyncio.create_task(line.media.play(tone(440, 8.0)))
    await until(lambda: pbx.sounds(line))
    newer = await line.media.play(tone(880, 0.5))
    assert (await older).end is PlayEnd.SUPERSEDED
    assert newer.end is PlayEnd.COMPLETED


async def test_a_prompt_is_repeated_with_pauses(pbx: Exchange) -> None:
    line = await pbx.connected()
    played = await line.media.play(tone(440, 0.4), repeat=3, pause=timedelta(seconds=0.3))
    assert played.heard == timedelta(seconds=1.8)
    await pbx.quiet(line)
    assert len(pbx.sounds(line)) == 3


async def test_keys_pressed_before_anyone_reads_are_kept(pbx: Exchange) -> None:
    line = await pbx.connected()
    pbx.control.press(line.name, "12#")
    with line.media.reading("Collect DTMF") as keys:
        got = [await keys.key(timedelta(seconds=2)) for _ in range(3)]
        assert got == [Key.ONE, Key.TWO, Key.HASH]
        assert await keys.key(timedelta(milliseconds=20)) is None


async def test_a_second_reader_is_refused_and_told_who_reads(pbx: Exchange) -> None:
    line = await pbx.connected()
    with (
        line.media.reading("Collect DTMF"),
        pytest.raises(KeysTaken, match="'Collect DTMF'"),
        line.media.reading("Menu"),
    ):
        pass
    with line.media.reading("Menu"):
        pass


async def test_a_typed_ahead_key_skips_a_prompt_that_it_would_stop(pbx: Exchange) -> None:
    line = await pbx.connected()
    pbx.control.press(line.name, "5")
    await until(lambda: line.media.mouth.open)
    played = await line.media.play(tone(440, 20.0), stop_on=ALL_KEYS)
    assert (played.end, played.key) == (PlayEnd.KEY, Key.FIVE)


async def test_whoever_waits_gets_the_end_of_the_call_at_once(pbx: Exchange) -> None:
    line = await pbx.connected()
    with line.media.reading("Collect DTMF") as keys:
        waiting = [
            asyncio.create_task(line.media.play(tone(440, 30.0))),
            asyncio.create_task(keys.key(timedelta(seconds=30))),
        ]
        await until(lambda: pbx.sounds(line))
        pbx.control.hang_up(line.name)
        ended = asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(2):
            assert [type(one) for one in await ended] == [CallEnded, CallEnded]
    with pytest.raises(CallEnded):
        await line.media.play(tone(440, 1.0))


async def test_background_sound_yields_to_prompts_and_returns(pbx: Exchange) -> None:
    line = await pbx.connected()
    line.media.background(ringback())
    busy = line.media.busy
    await until(lambda: pbx.sounds(line))
    await line.media.play(tone(880, 0.4))
    line.media.background(None)
    await pbx.quiet(line)
    assert (busy, line.media.busy) == (True, False)
    assert pbx.control.heard(line.name).underruns == 0


async def test_keys_do_not_count_while_the_caller_is_on_hold(pbx: Exchange) -> None:
    line = await pbx.connected()
    line.media.hold(hold_music())
    await until(lambda: pbx.sounds(line))
    pbx.control.press(line.name, "1")
    await pbx.ringing("+4940333444")  # what is seen later comes over the same socket
    line.media.resume()
    pbx.control.press(line.name, "2")
    assert await line.media.key(timedelta(seconds=5)) is Key.TWO


async def test_secret_keys_reach_their_reader_and_no_event(pbx: Exchange) -> None:
    line = await pbx.connected()
    with line.media.reading("Collect DTMF", secret=True) as keys:
        before = pbx.session.call(line.id).events
        pbx.control.press(line.name, "42")
        assert [await keys.key(timedelta(seconds=5)) for _ in range(2)] == [Key.FOUR, Key.TWO]
        assert pbx.session.call(line.id).events == before


async def test_a_ringing_caller_cannot_be_played_to() -> None:
    async with exchange(PROFILES["manual"]) as pbx:
        line = await pbx.ringing()
        with pytest.raises(NotConnected):
            await line.media.play(tone(440, 1.0))


async def test_a_leg_of_somebody_else_has_no_audio_and_the_sentence_says_why(pbx: Exchange) -> None:
    pbx.control.call("+4930111222", "101")
    await until(
        lambda: any(leg.dn == "101" for call in pbx.session.calls_now() for leg in call.legs.values())
    )
    (leg,) = [leg for call in pbx.session.calls_now() for leg in call.legs.values() if leg.dn == "101"]
    with pytest.raises(NotOwnLeg, match="own route point"):
        pbx.session.media(leg)


async def test_the_callers_voice_is_heard_in_frames_while_someone_listens(pbx: Exchange) -> None:
    line = await pbx.connected()
    assert pbx.control.streams().gets_open == 0
    async with line.media.hear() as frames:
        await anext(frames)
        pbx.control.say(line.name, to_wav(read_tone(0.5)))
        loud = 0
        async for frame in frames:
            assert len(frame) == 320
            loud += max(frame) > 0
            if loud >= 20:
                break
    await until(lambda: pbx.control.streams().gets_open == 0)


def read_tone(seconds: float) -> bytes:
    return tone(600, seconds).data
