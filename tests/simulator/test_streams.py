"""Audio: `…/stream` both ways, at the pace of real time (api.md 4 and 12)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from threecx_simulator import ManualClock
from threecx_simulator.audio.pcm import FRAME, RATE, samples, spans, to_wav, tone
from threecx_simulator.audio.post import Post
from threecx_simulator.audio.track import Track
from threecx_simulator.pbx.ids import ParticipantId

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"


def stream_of(leg: dict[str, Any]) -> str:
    return f"/callcontrol/{leg['dn']}/participants/{leg['id']}/stream"


async def post(app: Any, leg: dict[str, Any], pcm: bytes, block: int = 4096) -> int:
    async def blocks() -> AsyncIterator[bytes]:
        for at in range(0, len(pcm), block):
            yield pcm[at : at + block]

    status, _ = await app.ask("POST", stream_of(leg), data=blocks())
    return int(status)


async def test_the_caller_hears_what_is_posted_in_real_time(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    prompt = tone(440, 20.0)
    assert await post(app, leg, prompt) == 200
    (view,) = app.sim.control.streams().posts
    assert (view.received, view.participant, view.underruns) == (len(prompt), leg["id"], 0)
    assert view.seconds > 10  # back-pressure: the PBX reads a second ahead and what the system holds for it
    assert 1000 <= view.max_ahead_ms <= 6000
    app.sim.control.hang_up(call)
    heard = app.sim.control.heard_pcm(call)
    assert prompt[: FRAME * 20] in heard


async def test_a_leg_that_ends_cuts_the_prompt_that_was_still_to_be_heard(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    await post(app, await app.leg(), tone(440, 0.9))
    app.sim.control.hang_up(call)
    heard = app.sim.control.heard(call)
    assert heard.seconds < 0.9
    assert heard.party == CALLER


async def test_what_is_posted_is_recorded_with_the_times_of_its_arrival(start: Any) -> None:
    clock = ManualClock()
    app = await start("auto", clock=clock)
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()

    async def blocks() -> AsyncIterator[bytes]:
        for number in range(1, 4):
            yield bytes(1600)
            async with asyncio.timeout(10):
                while sum(one.received for one in app.sim.control.posts(leg["id"])) < number * 1600:  # noqa: ASYNC110 (each turn looks anew)
                    await asyncio.sleep(0)
            await clock.advance(0.1)

    assert (await app.ask("POST", stream_of(leg), data=blocks()))[0] == 200
    (post,) = app.sim.control.posts(leg["id"])
    assert [(round(one.at, 3), one.bytes) for one in post.arrivals] == [(0.0, 1600), (0.1, 1600), (0.2, 1600)]
    assert (post.received, app.sim.control.posts(1)) == (4800, [])


async def test_a_silence_between_posts_is_an_underrun_only_when_short(start: Any) -> None:
    one = Post(leg=ParticipantId(1), uid="x", opened=0.0, track=Track(), rate=RATE)
    block = bytes(RATE // 10)
    for now in (0.0, 0.05, 0.25, 3.0):
        one.feed(now, block)
    assert [(round(gap.at, 3), round(gap.seconds, 3), gap.underrun) for gap in one.gaps] == [
        (0.2, 0.05, True),
        (0.35, 2.65, False),
    ]
    assert (one.underruns, round(one.max_ahead, 3)) == (1, 0.15)


@pytest.mark.parametrize(("hold", "gaps"), [(0.0, 2), (0.02, 0), (0.06, 0)])
def test_the_jitter_buffer_fills_the_holes_of_sound_that_comes_a_little_late(hold: float, gaps: int) -> None:
    one = Post(leg=ParticipantId(1), uid="x", opened=0.0, track=Track(), rate=RATE, hold=hold)
    block = tone(440, 0.1)
    for now in (1.0, 1.11, 1.2, 1.315):
        one.feed(now, block)
    assert (len(one.gaps), one.underruns) == (gaps, gaps)
    assert 0.099 < one.max_ahead < 0.111
    assert round(one.track.segments[0].start, 3) == 1 + hold


async def test_a_get_brings_a_frame_every_20_ms_and_ends_with_the_leg(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    async with app.session.get(app.sim.url + stream_of(leg), headers=app.headers) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
        assert await answer.content.readexactly(FRAME * 25) == bytes(FRAME * 25)
        app.sim.control.say(call, to_wav(tone(700, 0.5)))
        heard = await answer.content.readexactly(2 * RATE)
        (span,) = [one for one in spans(heard) if one.sound]
        assert 0.4 < span.end - span.start < 0.6
        app.sim.control.hang_up(call)
        assert len(await answer.content.read()) < RATE


async def test_both_directions_run_at_once_on_one_leg(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    async with app.session.get(app.sim.url + stream_of(leg), headers=app.headers) as answer:
        app.sim.control.say(call, to_wav(tone(700, 2)))
        sent = asyncio.create_task(post(app, leg, tone(440, 3)))
        assert samples(await answer.content.readexactly(RATE)).any()
        assert await sent == 200


async def test_streams_are_refused_as_the_table_says(start: Any) -> None:
    app = await start("manual")
    app.sim.control.call(CALLER, DID)
    app.sim.control.call(CALLER, "+4930555101")
    own, extension = await app.leg(), await app.leg("101", "Connected")
    for method in ("GET", "POST"):
        assert (await app.ask(method, stream_of(own)))[0] == 424, "not connected yet"
        assert (await app.ask(method, stream_of(extension)))[0] == 424, "an extension has no media for us"
        assert (await app.ask(method, stream_of(own | {"id": 1})))[0] == 404
        assert (await app.ask(method, stream_of(own | {"dn": "8002"})))[0] == 403
        assert (await app.ask(method, stream_of(own), headers={"Authorization": "Bearer x"}))[0] == 401


async def test_media_may_begin_to_flow_a_moment_after_connected(start: Any) -> None:
    clock = ManualClock()
    app = await start("auto", clock=clock, media_after_ms=200)
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    assert await post(app, leg, b"") == 424
    await clock.advance(0.2)
    assert await post(app, leg, b"") == 200


@pytest.mark.parametrize(("kills", "posts"), [(True, 0), (False, 1)])
async def test_a_new_token_cuts_running_streams_when_the_profile_says_so(
    start: Any, kills: bool, posts: int
) -> None:
    app = await start("auto", mint_kills_streams=kills)
    app.sim.control.call(CALLER, DID)
    more = asyncio.Event()

    async def blocks() -> AsyncIterator[bytes]:
        yield bytes(FRAME)
        await more.wait()

    sending = asyncio.create_task(app.ask("POST", stream_of(await app.leg()), data=blocks()))
    await app.sim.control.asked("POST", "/stream")
    await app.log_in()
    assert app.sim.control.streams().posts_open == posts
    more.set()
    await asyncio.gather(sending, return_exceptions=True)


async def test_the_end_of_the_post_may_hang_up(start: Any) -> None:
    app = await start("auto", drop_on_post_end=True)
    call = app.sim.control.call(CALLER, DID)
    await post(app, await app.leg(), tone(440, 0.1))
    assert (await app.sim.control.ended(call)).ended_by == "8001"


async def test_a_post_may_go_unheard(start: Any) -> None:
    app = await start("auto", post_unheard=True)
    call = app.sim.control.call(CALLER, DID)
    assert await post(app, await app.leg(), tone(440, 1)) == 200
    app.sim.control.hang_up(call)
    assert app.sim.control.heard(call).sounds == []


async def test_frames_may_come_in_bursts_and_odd_lengths(start: Any) -> None:
    app = await start("auto", get_burst_ms=256, get_odd_lengths=True)
    call = app.sim.control.call(CALLER, DID)
    app.sim.control.say(call, to_wav(tone(700, 5)))
    async with app.session.get(app.sim.url + stream_of(await app.leg()), headers=app.headers) as answer:
        lengths = [len(data) async for data, _ in limited(answer.content.iter_chunks(), 60)]
    assert any(length % 2 for length in lengths)
    assert sum(lengths) > RATE * 0.25


async def limited(source: Any, count: int) -> AsyncIterator[Any]:
    async for one in source:
        yield one
        count -= 1
        if not count:
            return


async def test_a_caller_who_was_put_through_hears_the_agent_after_the_prompt(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", says="tone:900:1", hangs_up_after=2)
    call = app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    await post(app, leg, tone(300, 0.5))
    await app.verb(leg, "routeto", destination="101")
    await app.sim.control.ended(call)
    first, second = app.sim.control.heard(call).sounds
    assert second.start - first.end > 1.0  # the agent's telephone rang for 2 s meanwhile
    assert abs((second.end - second.start) - 1.0) < 0.05
    assert app.sim.control.heard(call, "101").sounds == []


async def test_a_script_presses_keys_when_the_prompt_is_over(start: Any) -> None:
    from threecx_simulator.scenarios.load import loads
    from threecx_simulator.scenarios.play import Player

    scenario = loads(
        "calls: [{caller: '+49301234567', calls: '+4930555001', presses: [{after: prompt, wait: 1, keys: '2'}]}]"
    )
    app = await start("auto")
    async with Player(app.sim.control, app.sim.clock, [scenario]) as player:
        await post(app, await app.leg(), tone(300, 1.0))
        await player.done()
        await app.seen(lambda frames: frames[-1]["event"]["event_type"] == 2)
        pressed = next(one for one in app.sim.control.calls()[0].timeline if one.what == "pressed 2")
    heard = app.sim.control.heard(player.calls[0]).sounds[0]
    assert pressed.seconds - heard.end >= 1.0


async def test_a_party_may_change_its_id_when_it_is_transferred(start: Any) -> None:
    app = await start("auto", transfer_changes_id=True)
    app.sim.control.call("104", "8001")
    before, own = await app.leg("104"), await app.leg()
    _, body = await app.verb(own, "transferto", destination="101")
    after = await app.leg("104")
    assert body["finalstatus"] == "Success"
    assert after["id"] != before["id"]
    assert (after["callid"], after["party_dn"]) == (before["callid"], "101")
