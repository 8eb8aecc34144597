"""`threecx-simulator`: the PBX from a command line."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from threecx_simulator.calling import NoSimulator, NotPlayed, call, play
from threecx_simulator.clock import SystemClock
from threecx_simulator.company import Company, company_of, make_company
from threecx_simulator.company.life import rate
from threecx_simulator.options_page import page, settings
from threecx_simulator.pbx.accounts import account, with_account
from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.world import DEFAULT_SECRET, World, default_world
from threecx_simulator.profile import Profile
from threecx_simulator.readings import DRAWN, PROFILES, reading, with_option
from threecx_simulator.scenarios.load import BadScenario, load
from threecx_simulator.scenarios.model import Scenario
from threecx_simulator.scenarios.schema import ScenarioSchema
from threecx_simulator.scenarios.words import moment
from threecx_simulator.serving import Job, run, say
from threecx_simulator.simulator import Address, Simulator
from threecx_simulator.trace.replay import BadTrace, Frame, read

SECRET_VARIABLE = "THREECX_SIMULATOR_SECRET"  # noqa: S105 (a variable's name)
_LAST_PORT = 65_535

_Draw = Annotated[
    int | None, typer.Option(help="A seed: what the profile leaves open is drawn at random", metavar="SEED")
]
_Control = Annotated[str, typer.Option(help="Control API of the simulator")]
_RUNNING = "http://127.0.0.1:5081"
_NAME = re.compile(r"(\*\.)?[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*|[0-9A-Fa-f:.]+")

app = typer.Typer(
    help="A 3CX V20 PBX on loopback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich draws a box around complaints, which breaks "file, line, field" in two
)


@app.callback()
def _root() -> None:
    """A 3CX V20 PBX on loopback."""


@app.command()
def serve(
    listen: Annotated[
        str, typer.Option(help="Address of the PBX; port 0 is chosen by the system")
    ] = "127.0.0.1:5080",
    control: Annotated[str, typer.Option(help="Address of the control API")] = "127.0.0.1:5081",
    tls: Annotated[
        bool, typer.Option("--tls", help="Speak HTTPS with a certificate authority of its own")
    ] = False,
    tls_names: Annotated[
        list[str] | None,
        typer.Option("--tls-name", help="A name or address that the certificate is for, besides loopback"),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="Write the authority's certificate there too; both mean --tls")
    ] = None,
    profile: Annotated[
        str, typer.Option(help=f"Reading of the real PBX: {', '.join(PROFILES)}, drawn (by --seed)")
    ] = "auto",
    draw: _Draw = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="An option of the profile, name=value; see `options`")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same data")] = 0,
    secret_file: Annotated[Path | None, typer.Option(help="File with the API clients' secret")] = None,
    clients: Annotated[
        list[str] | None,
        typer.Option(
            "--client",
            help="Role of an API client, 8002=system_admins; unticked boxes follow: ,no-call-control ,no-xapi",
        ),
    ] = None,
    scenario: Annotated[
        list[Path] | None, typer.Option(help="YAML file with callers; may be given more than once")
    ] = None,
    time_scale: Annotated[float, typer.Option(min=0.01, help="Seconds of the PBX in a second of ours")] = 1.0,
    company_seed: Annotated[
        int | None, typer.Option(help="Make a company with this seed in place of the small one")
    ] = None,
    people: Annotated[int | None, typer.Option(min=1, max=6000, help="People in that company")] = None,
    history: Annotated[int, typer.Option(min=0, help="Rows of the call log to begin with")] = 0,
    live: Annotated[
        str | None, typer.Option(help="Calls that happen by themselves: 30/min, 2/s, 100/h")
    ] = None,
    keep_audio: Annotated[float, typer.Option(min=0, help="Seconds of sound kept of each voice")] = 600.0,
    frame_ms: Annotated[
        int | None,
        typer.Option(min=10, max=1000, help="Frames of the audio streams, as --set stream_frame_ms=20"),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write everything that happens there, as JSON lines")
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="Play such a file again")] = None,
    until_done: Annotated[
        bool,
        typer.Option(
            "--until-done",
            help="Stop when scenarios and replay are over; exit code 1 when an expectation was disappointed",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one JSON line")] = False,
) -> None:
    """Run the PBX until SIGTERM or Ctrl-C. Listens on loopback only, unless --listen says otherwise."""
    if until_done and not scenario and replay is None:
        raise typer.BadParameter("--until-done waits for a --scenario or a --replay, and none is given")
    secret = _secret(secret_file)
    world, company = _company(company_seed, people, secret)
    world = _with_clients(world, clients or [], secret)
    scenarios = _scenarios(scenario or [], Directory.of(world))
    simulator = Simulator(
        profile=_profile(profile, draw, seed, [*(options or ()), *_frame(frame_ms)]),
        world=world,
        company=company,
        history=history,
        clock=SystemClock(time_scale),
        tls=tls or bool(tls_names) or ca_file is not None,
        tls_names=_names(tls_names or []),
        seed=seed,
        listen=_address(listen),
        control_listen=_address(control),
        keep_audio_s=keep_audio,
    )
    job = Job(
        scenarios,
        record,
        _frames(replay),
        until_done=until_done,
        as_json=as_json,
        live=_live(live),
        seed=seed,
        ca_file=ca_file,
    )
    try:
        code = _run(run(simulator, job))
    except OSError as full:  # the disk, or whoever reads what is printed
        sys.stderr.write(f"Cannot write: {full}\n")
        raise typer.Exit(1) from full
    raise typer.Exit(code)


if sys.platform == "win32":

    def _run(main: Coroutine[Any, Any, int]) -> int:
        """On the standard loop."""
        return asyncio.run(main)

else:
    import resource

    import uvloop

    def _run(main: Coroutine[Any, Any, int]) -> int:
        """On uvloop, with room for many connections: the soft limit of open files is often 1,024."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)


def _profile(name: str, draw: int | None, seed: int, options: list[str]) -> Profile:
    try:
        profile = reading(name, seed if name == DRAWN and draw is None else draw)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    for option in options:
        try:
            profile = with_option(profile, *option.split("=", 1))
        except (TypeError, ValueError) as wrong:
            raise typer.BadParameter(f"--set {option}: {wrong}") from wrong
    return profile


def _frame(milliseconds: int | None) -> list[str]:
    return [] if milliseconds is None else [f"stream_frame_ms={milliseconds}"]


def _company(seed: int | None, people: int | None, secret: str) -> tuple[World, Company]:
    if seed is not None or people is not None:
        return make_company(seed or 0, secret, people)
    world = default_world(secret)
    return world, company_of(world)


def _with_clients(world: World, clients: list[str], secret: str) -> World:
    for text in clients:
        try:
            world = with_account(world, account(text), secret)
        except ValueError as wrong:
            raise typer.BadParameter(f"--client {text}: {wrong}") from wrong
    return world


def _live(text: str | None) -> float:
    try:
        return rate(text) if text else 0.0
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong


def _scenarios(paths: list[Path], directory: Directory) -> list[Scenario]:
    """All of them; what is wrong with any is told, a line a mistake, and nothing else."""
    loaded, wrong = [], []
    for path in paths:
        try:
            loaded.append(load(path, directory))
        except BadScenario as bad:
            wrong.append(str(bad))
    if wrong:
        sys.stderr.write("\n".join(wrong) + "\n")
        raise typer.Exit(2)
    return loaded


def _frames(file: Path | None) -> list[Frame]:
    if file is None:
        return []
    try:
        with file.open(encoding="utf-8-sig") as lines:
            return read(lines)
    except UnicodeDecodeError as wrong:
        raise typer.BadParameter(f"{file}: is not UTF-8 text") from wrong
    except (OSError, BadTrace) as wrong:
        raise typer.BadParameter(f"{file}: {getattr(wrong, 'strerror', wrong)}") from wrong


def _names(names: list[str]) -> tuple[str, ...]:
    for name in names:
        if not _NAME.fullmatch(name):
            raise typer.BadParameter(f"--tls-name: '{name}' is no name or address, like pbx.example.com")
    return tuple(names)


def _secret(file: Path | None) -> str:
    secret = os.environ.get(SECRET_VARIABLE, DEFAULT_SECRET)
    if file is not None:
        try:
            secret = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as unreadable:
            why = getattr(unreadable, "strerror", "is not UTF-8 text")
            raise typer.BadParameter(f"--secret-file {file}: {why}") from unreadable
    if not secret:
        raise typer.BadParameter(f"The secret of {file or SECRET_VARIABLE} is empty")
    return secret


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise typer.BadParameter(f"'{text}' is not an address like 127.0.0.1:5080")
    return host.strip("[]"), int(port)


@app.command("call")
def place_call(
    origin: Annotated[str, typer.Argument(help="An extension, or any number outside")],
    to: Annotated[str, typer.Argument(help="A DID of the PBX, or a number inside")],
    control: _Control = _RUNNING,
    hangup_after: Annotated[float | None, typer.Option(min=0, help="Seconds from the beginning")] = None,
    hangup_when: Annotated[str | None, typer.Option(help="A moment, e.g. 'connected 101'")] = None,
) -> None:
    """Place a call on a running simulator, and tell what happens to it until it has ended."""
    try:
        hangup_when = hangup_when and moment(hangup_when)
    except ValueError as wrong:
        raise typer.BadParameter(f"--hangup-when: {wrong}") from wrong
    order = {"from": origin, "to": to, "hangupAfter": hangup_after, "hangupWhen": hangup_when}
    try:
        call(control.rstrip("/"), order, say)
    except NoSimulator as nobody:
        sys.stderr.write(f"{nobody}\n")
        raise typer.Exit(1) from nobody


@app.command("play")
def play_scenario(
    scenario: Annotated[Path, typer.Argument(help="YAML file with callers")],
    control: _Control = _RUNNING,
    within: Annotated[float, typer.Option(min=0, max=600, help="Seconds it may take at most")] = 120.0,
) -> None:
    """Play a scenario on a running simulator; exit code 1 when an expectation was disappointed, 2 when it cannot be played."""
    try:
        met = play(control.rstrip("/"), scenario, within, say)
    except NotPlayed as wrong:
        sys.stderr.write(f"{wrong}\n")
        raise typer.Exit(2) from wrong
    except NoSimulator as nobody:
        sys.stderr.write(f"{nobody}\n")
        raise typer.Exit(1) from nobody
    raise typer.Exit(0 if met else 1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files."""
    say(json.dumps(Scenario.model_json_schema(schema_generator=ScenarioSchema), indent=2))


@app.command()
def options(
    profile: Annotated[
        str | None, typer.Option(help="Print what this profile sets instead, each as --set takes it")
    ] = None,
    draw: _Draw = None,
    seed: Annotated[int, typer.Option(help="For the profile drawn: the seed that draws it")] = 0,
) -> None:
    """Print the page about what is known of the real PBX, with every option of the profiles."""
    if profile is None:
        sys.stdout.write(page())
        return
    for setting in settings(_profile(profile, draw, seed, [])):
        say(setting)


def main() -> None:
    """Entry point of the console script."""
    app()
