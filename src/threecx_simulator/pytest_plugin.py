"""Fixtures for other people's tests: `pytest_plugins = ["threecx_simulator.pytest_plugin"]`.

- `threecx_pbx`: a PBX of this test's own, in a thread; `.url`, `.ca_file`, `.control_url`, and the verbs of `Control`, which wait.
- `threecx_caller`: `caller = threecx_caller("+49301234567", "+4930555001")` places a call.
- `threecx_scenario`: `threecx_scenario("callers.yaml")` plays a scenario and fails unless all its expectations were met.
- the marker `threecx(profile="auto", seed=None, tls=False, speed=1.0)` chooses what kind of PBX it is; further options
  are those of the profile, as `upsert_repeat_ms=750`, and `company_seed`, `people`, `history` for a larger company.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import pytest

from threecx_simulator.audio.match import Match, earliest
from threecx_simulator.audio.pcm import read_wav, to_wav
from threecx_simulator.audio.people import sound
from threecx_simulator.clock import SystemClock
from threecx_simulator.company import make_company
from threecx_simulator.control.handle import WITHIN
from threecx_simulator.control.model import CallReport, Heard, Requests
from threecx_simulator.pbx.world import DEFAULT_SECRET
from threecx_simulator.profile import Profile
from threecx_simulator.readings import reading, with_option
from threecx_simulator.scenarios.judge import Verdict
from threecx_simulator.scenarios.load import load
from threecx_simulator.scenarios.play import Player
from threecx_simulator.simulator import LOOPBACK, Simulator
from threecx_simulator.trace.replay import read, replay

T = TypeVar("T")


class RunningPbx:
    """A simulator on a loop in a thread of its own. Methods may be called from any thread but that one."""

    def __init__(self, simulator: Simulator, loop: asyncio.AbstractEventLoop) -> None:
        self.simulator = simulator
        self._loop = loop

    @property
    def url(self) -> str:
        """The PBX's base address."""
        return self.simulator.url

    @property
    def control_url(self) -> str:
        """The base address of its control API."""
        return self.simulator.control_url

    @property
    def ca_file(self) -> Path | None:
        """The authority behind its certificate; None without TLS."""
        return self.simulator.ca_file

    def call(self, origin: str, target: str, **more: Any) -> "Caller":
        """Place a call; see `Control.call`."""
        return Caller(self, self.run(lambda: self.simulator.control.call(origin, target, **more)))

    def called(self, number: str, within: float = WITHIN) -> "Caller":
        """Whom a program has called: waits until that number has picked up. They hear, speak and press keys like a caller."""
        try:
            return Caller(self, self.wait(self.simulator.control.picked_up(number, within)), number)
        except TimeoutError as late:
            happened = "; ".join(", ".join(one.moments) for one in self.calls()) or "no call at all"
            raise AssertionError(f"Nobody at {number} picked up within {within:g} s: {happened}") from late

    def behave(self, number: str, **changes: Any) -> None:
        """Change what a number does when it rings; see `Behaviour`."""
        self.run(lambda: self.simulator.control.behave(number, **changes))

    def requests(self) -> Requests:
        """Everything that was asked of the PBX."""
        return self.run(self.simulator.control.requests)

    def calls(self) -> list[CallReport]:
        """Every call so far, those of the program under test too."""
        return self.run(self.simulator.control.calls)

    def replay(self, recording: Path) -> None:
        """Play a recording again (JSON lines, see `--record`), to its end."""
        with recording.open(encoding="utf-8-sig") as lines:
            frames = read(lines)
        self.wait(replay(frames, self.simulator.board, self.simulator.clock))

    def play(self, scenario: str | Path) -> list[Verdict]:
        """Play the scenario in that file to its end, and tell what became of its expectations. `BadScenario` when it
        cannot be played."""
        simulator, file = self.simulator, Path(scenario)
        loaded = load(file, simulator.board.pbx.directory)

        async def played() -> list[Verdict]:
            async with Player(simulator.control, simulator.clock, [loaded]) as player:
                return await player.done()

        return self.wait(played())

    def run(self, deed: Callable[[], T]) -> T:
        """Do something on the simulator's loop."""

        async def done() -> T:
            return deed()

        return self.wait(done())

    def wait(self, waiting: Coroutine[Any, Any, T]) -> T:
        """The outcome of a coroutine on the simulator's loop."""
        return asyncio.run_coroutine_threadsafe(waiting, self._loop).result()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has called; or, with `party` (a DN or an outside number), another side of that call."""

    pbx: RunningPbx
    id: str
    party: str | None = None

    @property
    def report(self) -> CallReport:
        """The call and its timeline as of now."""
        return self.pbx.run(lambda: self.pbx.simulator.control.report(self.id))

    @property
    def heard(self) -> Heard:
        """What the caller heard so far, as sound and silence."""
        return self.pbx.run(lambda: self.pbx.simulator.control.heard(self.id, self.party))

    def press(self, keys: str) -> None:
        """Press keys."""
        self.pbx.run(lambda: self.pbx.simulator.control.press(self.id, keys, self.party))

    def say(self, words: str | bytes) -> None:
        """Say a WAV (bytes, or the path of a file), `tone:440:1` or `text:Hello` (needs espeak-ng)."""
        wav = words if isinstance(words, bytes) else to_wav(sound(words))
        self.pbx.run(lambda: self.pbx.simulator.control.say(self.id, wav, self.party))

    def hang_up(self) -> None:
        """Put the receiver down."""
        self.pbx.run(lambda: self.pbx.simulator.control.hang_up(self.id, self.party))

    def listen(self, within: float = WITHIN) -> None:
        """Wait until a prompt was heard and is over; else an AssertionError tells the timeline."""
        waiting = self.pbx.simulator.control.after_prompt(self.id, within=within, party=self.party)
        self._wait(waiting, "a prompt", within)

    def expect(self, what: str, within: float = WITHIN) -> CallReport:
        """Wait for a line of the timeline, e.g. `connected 101`; an AssertionError tells the timeline."""
        return self._wait(self.pbx.simulator.control.reached(self.id, what, within), f"'{what}'", within)

    def expect_end(self, within: float = WITHIN) -> CallReport:
        """Wait until the call has ended; else an AssertionError tells the timeline."""
        return self._wait(self.pbx.simulator.control.ended(self.id, within), "the end of the call", within)

    def _wait(self, waiting: Coroutine[Any, Any, T], what: str, within: float) -> T:
        try:
            return self.pbx.wait(waiting)
        except TimeoutError as late:
            happened = ", ".join(self.report.moments)
            raise AssertionError(f"Expected {what} within {within:g} s; what happened: {happened}") from late

    def expect_to_have_heard(self, words: str | bytes, share: float = 0.95) -> Match:
        """The caller heard this WAV or tone, undamaged and (but for `1 - share`) whole; else an AssertionError."""
        wanted = read_wav(words) if isinstance(words, bytes) else sound(words)
        heard = self.pbx.run(lambda: self.pbx.simulator.control.heard_pcm(self.id, self.party))
        found = earliest(heard, wanted, share)
        if not found.clean(share):
            name = words if isinstance(words, str) else "that sound"
            raise AssertionError(
                f"Expected {name} to have been heard; {found.verdict(share)}; what happened: {', '.join(self.report.moments)}"
            )
        return found


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "threecx(profile, seed, tls, speed, company_seed, people, history, **options): the PBX that the fixture threecx_pbx starts",
    )


@pytest.fixture
def threecx_pbx(request: pytest.FixtureRequest) -> Iterator[RunningPbx]:
    """A PBX of this test's own."""
    marker = request.node.get_closest_marker("threecx")
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    if marker and marker.args:
        raise pytest.UsageError(f"threecx takes its options by name, like profile={marker.args[0]!r}")
    tls, speed = bool(options.pop("tls", False)), options.pop("speed", 1.0)
    if not isinstance(speed, int | float) or not speed > 0:
        raise pytest.UsageError(f"threecx: speed is a number above 0, not {speed!r}")
    profile = _profile(options.pop("profile", "auto"), options.pop("seed", None))
    office = _office(options)
    simulator = Simulator(
        profile=_changed(profile, options),
        clock=SystemClock(speed),
        tls=tls,
        control_listen=LOOPBACK,
        **office,
    )
    with _loop() as loop:
        asyncio.run_coroutine_threadsafe(simulator.__aenter__(), loop).result()
        try:
            yield RunningPbx(simulator, loop)
        finally:
            asyncio.run_coroutine_threadsafe(simulator.__aexit__(None, None, None), loop).result()


@pytest.fixture
def threecx_caller(threecx_pbx: RunningPbx) -> Callable[..., Caller]:
    """Places calls: `threecx_caller("+49301234567", "+4930555001")`."""
    return threecx_pbx.call


@pytest.fixture
def threecx_scenario(threecx_pbx: RunningPbx) -> Callable[[str | Path], list[Verdict]]:
    """Plays a scenario: `threecx_scenario("callers.yaml")`; an AssertionError tells every expectation that was not met."""

    def play(file: str | Path) -> list[Verdict]:
        verdicts = threecx_pbx.play(file)
        if wrong := [f"{one.call}: {one.expectation} ({one.why})" for one in verdicts if not one.met]:
            raise AssertionError(f"Not met in {file}: {'; '.join(wrong)}")
        return verdicts

    return play


def _profile(chosen: str | Profile, seed: Any) -> Profile:
    if isinstance(chosen, Profile):
        return chosen
    if seed is not None and not isinstance(seed, int):
        raise pytest.UsageError(f"threecx: seed is a whole number, not {seed!r}")
    try:
        return reading(chosen, seed)
    except ValueError as wrong:
        raise pytest.UsageError(str(wrong)) from wrong


def _office(options: dict[str, Any]) -> dict[str, Any]:
    """What the simulator is told of a larger company; taken out of `options`."""
    seed, people = options.pop("company_seed", None), options.pop("people", None)
    history = options.pop("history", 0)
    for name, value, least in (("company_seed", seed, None), ("people", people, 1), ("history", history, 0)):
        if value is not None and (not isinstance(value, int) or (least is not None and value < least)):
            raise pytest.UsageError(f"threecx: {name} is a whole number, not {value!r}")
    if seed is None and people is None:
        return {"history": history}
    world, company = make_company(seed or 0, DEFAULT_SECRET, people)
    return {"world": world, "company": company, "history": history}


def _changed(profile: Profile, options: dict[str, Any]) -> Profile:
    unknown = sorted(options.keys() - {field.name for field in fields(Profile)})
    if unknown:
        raise pytest.UsageError(
            f"threecx knows no {unknown[0]}; there are profile, seed, tls, speed, company_seed, people, history"
            " and the options of the profiles"
        )
    for name, value in options.items():
        try:
            profile = with_option(profile, name, str(value))
        except ValueError as wrong:
            raise pytest.UsageError(f"threecx: {wrong}, not {value!r}") from wrong
    return profile


class _loop:
    """A running loop in a thread."""

    def __enter__(self) -> asyncio.AbstractEventLoop:
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="threecx simulator")
        self._thread.start()
        self._loop = started.result()
        return self._loop

    def _run(self, started: "Future[asyncio.AbstractEventLoop]") -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            loop.call_soon(started.set_result, loop)
            asyncio.set_event_loop(loop)
            loop.run_forever()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
