"""What `calls`, `interrupt` and `pacing` measure, inside the runner's process: `python -m lab.benches.voice NAME JSON`."""

import asyncio
import io
import json
import resource
import sys
import time
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from lab.benches.figures import percentile, rounded
from lab.benches.voice_runner import Places, VoiceRunner, lateness, resident, voice_runner, write_tone

Json = dict[str, Any]
_PRESS_AFTER_S = 1.0
_FIRST = 32
_AT_ONCE = 16
"""Callers who dial in the same moment."""


async def calls(runner: VoiceRunner, how: Json) -> Json:
    """So many callers at once, each of whom hears a prompt while keys are waited for."""
    count = int(how["calls"])
    await _first_use(runner, count)
    before = resident()
    asking = [asyncio.create_task(_ask_for_ever(runner), name=f"bench {number}") for number in range(count)]
    for number in range(0, count, _AT_ONCE):
        await asyncio.gather(*(runner.place(number + one) for one in range(min(_AT_ONCE, count - number))))
    await _posts(runner, count)
    await asyncio.sleep(5)
    await runner.ask("POST", "/streams/reset")
    began, used = time.monotonic(), time.process_time()
    late = await lateness(how["seconds"])
    cores = (time.process_time() - used) / (time.monotonic() - began)
    streams = await runner.ask("GET", "/streams")
    grown = resident() - before
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return {
        "calls": streams["postsOpen"],
        "underruns_heard": streams["underruns"],
        "p99_late_ms": rounded(percentile(late, 0.99)),
        "runner_cpu_cores": round(cores, 3),
        "kb_per_call": rounded(grown / count / 1024),
        **_simulator(streams),
    }


async def interrupt(runner: VoiceRunner, how: Json) -> Json:
    """A key in the middle of a prompt: when the caller hears it no more, and when the next one."""
    silences, nexts = [], []
    for number in range(int(how["samples"]) + 1):
        silence, following = await _interrupted(runner, number)
        if number:  # the first one decodes the prompts
            silences.append(silence)
            nexts.append(following)
    streams = await runner.ask("GET", "/streams")
    return {
        "p95_silence_heard_ms": rounded(percentile(silences, 0.95)),
        "p95_next_prompt_heard_ms": rounded(percentile(nexts, 0.95)),
        "median_silence_heard_ms": rounded(percentile(silences, 0.5)),
        "samples": len(silences),
        **_simulator(streams),
    }


async def pacing(runner: VoiceRunner, how: Json) -> Json:
    """A minute of music on a real socket."""
    _, id_ = await runner.call(0)
    await runner.run("playAudio", id_, audioFile={"mode": "list", "value": "long"}, background=True)
    await _posts(runner, 1)
    await asyncio.sleep(1)
    await runner.ask("POST", "/streams/reset")
    await asyncio.sleep(how["seconds"])
    streams = await runner.ask("GET", "/streams")
    return {
        "max_ahead_ms": rounded(max(post["maxAheadMs"] for post in streams["posts"])),
        "underruns_heard": streams["underruns"],
        **_simulator(streams),
    }


async def _first_use(runner: VoiceRunner, number: int) -> None:
    """Some calls from begin to end: pools, threads, caches and the prompt are made once and belong to no call."""
    asking = [asyncio.create_task(_ask_for_ever(runner), name="first use") for _ in range(_FIRST)]
    placed = [await runner.place(number + one) for one in range(_FIRST)]
    await _posts(runner, _FIRST)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    for call in placed:
        await runner.ask("POST", f"/calls/{call}/hangup")


async def _ask_for_ever(runner: VoiceRunner) -> None:
    """What a workflow does that takes the next call."""
    id_ = await runner.came.get()
    prompt = {"mode": "list", "value": "long"}
    while True:
        await runner.run("collectDTMF", id_, prompt=prompt, timeout=5, retries=0)


async def _posts(runner: VoiceRunner, count: int) -> None:
    async with asyncio.timeout(120):
        while (await runner.ask("GET", "/streams"))["postsOpen"] < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)


async def _interrupted(runner: VoiceRunner, number: int) -> tuple[float, float]:
    """Milliseconds from the key to the end of the first prompt, and to the begin of the second."""
    call, id_ = await runner.call(number)
    asking = asyncio.create_task(
        runner.run("collectDTMF", id_, prompt={"mode": "list", "value": "long"}, retries=0), name="collect"
    )
    # at another place in the block each time
    await asyncio.sleep(_PRESS_AFTER_S + number % 7 * 0.011)
    await runner.ask("POST", f"/calls/{call}/keys", {"keys": "1"})
    await asking
    await runner.run("playAudio", id_, audioFile={"mode": "list", "value": "next"})
    report = await runner.ask("GET", f"/calls/{call}")
    pressed = next(moment["seconds"] for moment in report["timeline"] if moment["what"].startswith("pressed"))
    heard = _samples(await runner.ask("GET", f"/calls/{call}/heard.wav"))
    await runner.ask("POST", f"/calls/{call}/hangup")
    long, following = _when(heard, 440), _when(heard, 880)
    return (long.max() - pressed) * 1000, (following.min() - pressed) * 1000


def _simulator(streams: Json) -> Json:
    """How late the simulator's own clock of sound was: at worst, and in how many of a hundred ticks at all."""
    late = 100 * streams["lateTicks"] / max(1, streams["ticks"])
    return {"simulator_late_ms": rounded(streams["worstLateMs"]), "simulator_late_percent": rounded(late)}


def _when(heard: np.ndarray, hertz: float) -> np.ndarray:
    """The seconds at which a tone was heard, to 5 ms."""
    step, window = 40, 80
    turning = np.exp(-2j * np.pi * hertz * np.arange(len(heard)) / 8000) * heard
    total = np.concatenate([[0], np.cumsum(turning)])
    level = np.abs(total[window::step] - total[:-window:step]) / window
    return np.flatnonzero(level > 0.02) * step / 8000


def _samples(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


_MEASURES: dict[str, Callable[[VoiceRunner, Json], Awaitable[Json]]] = {
    "calls": calls,
    "interrupt": interrupt,
    "pacing": pacing,
}


async def _measured(name: str, how: Json) -> Json:
    folder = Path(how["folder"])
    write_tone(folder / "prompts", "long", 440, 30)
    write_tone(folder / "prompts", "next", 880, 0.5)
    async with voice_runner(Places(how["url"], how["control"], how["ca_file"], folder)) as runner:
        return await _MEASURES[name](runner, how)


def main() -> None:
    """Prints one line of JSON."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        print(json.dumps(loop.run(_measured(sys.argv[1], json.loads(sys.argv[2])))), flush=True)


if __name__ == "__main__":
    main()
