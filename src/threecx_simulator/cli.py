"""`threecx-simulator`: the PBX from a command line."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from threecx_simulator.clock import SystemClock
from threecx_simulator.pbx.world import DEFAULT_SECRET, default_world
from threecx_simulator.profile import PROFILES, draw
from threecx_simulator.scenarios.load import BadScenario, load
from threecx_simulator.scenarios.model import Scenario
from threecx_simulator.scenarios.play import Player
from threecx_simulator.simulator import Address, Simulator

SECRET_VARIABLE = "THREECX_SIMULATOR_SECRET"  # noqa: S105 (a variable's name)
_DRAWN = "drawn"  # every doubt decided by --seed
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

app = typer.Typer(help="A 3CX V20 PBX on loopback.", no_args_is_help=True, add_completion=False)


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
    profile: Annotated[
        str, typer.Option(help=f"Reading of the real PBX: {', '.join(PROFILES)}, drawn (by --seed)")
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Same seed, same data")] = 0,
    secret_file: Annotated[Path | None, typer.Option(help="File with the API clients' secret")] = None,
    scenario: Annotated[
        list[Path] | None, typer.Option(help="YAML file with callers; may be given more than once")
    ] = None,
    time_scale: Annotated[float, typer.Option(min=0.01, help="Seconds of the PBX in a second of ours")] = 1.0,
    keep_audio: Annotated[float, typer.Option(min=0, help="Seconds of sound kept of each voice")] = 600.0,
    frame_ms: Annotated[int, typer.Option(min=10, max=1000, help="Frames of the audio streams")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one JSON line")] = False,
) -> None:
    """Run the PBX until SIGTERM or Ctrl-C. Listens on loopback only, unless --listen says otherwise."""
    if profile not in {*PROFILES, _DRAWN}:
        raise typer.BadParameter(
            f"There is no profile {profile}; there are {', '.join(PROFILES)} and {_DRAWN}"
        )
    scenarios = [_load(path) for path in scenario or ()]
    simulator = Simulator(
        profile=replace(draw(seed) if profile == _DRAWN else PROFILES[profile], stream_frame_ms=frame_ms),
        world=default_world(_secret(secret_file)),
        clock=SystemClock(time_scale),
        tls=tls,
        seed=seed,
        listen=_address(listen),
        control_listen=_address(control),
        keep_audio_s=keep_audio,
    )
    _run(_serve(simulator, scenarios, as_json))


if sys.platform == "win32":

    def _run(main: Coroutine[Any, Any, None]) -> None:
        """On the standard loop."""
        asyncio.run(main)

else:
    import resource

    import uvloop

    def _run(main: Coroutine[Any, Any, None]) -> None:
        """On uvloop, with room for many connections: the soft limit of open files is often 1,024."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


def _load(path: Path) -> Scenario:
    try:
        return load(path)
    except BadScenario as wrong:
        raise typer.BadParameter(str(wrong)) from wrong


def _secret(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(SECRET_VARIABLE, DEFAULT_SECRET)


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise typer.BadParameter(f"'{text}' is not an address like 127.0.0.1:5080")
    return host.strip("[]"), int(port)


async def _serve(simulator: Simulator, scenarios: list[Scenario], as_json: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    try:
        async with simulator, Player(simulator.control, simulator.clock, scenarios):
            _announce(simulator, as_json)
            await stopped.wait()
    except OSError as taken:
        _say(f"Cannot listen: {taken}")
        raise SystemExit(1) from taken


def _announce(simulator: Simulator, as_json: bool) -> None:
    ca_file = str(simulator.ca_file) if simulator.ca_file else None
    if as_json:
        _say(json.dumps({"url": simulator.url, "control": simulator.control_url, "caFile": ca_file}))
        return
    _say(f"PBX      {simulator.url}")
    _say(f"Control  {simulator.control_url}/docs")
    if ca_file:
        _say(f"CA file  {ca_file}")
    for url in (simulator.url, simulator.control_url):
        if url.split("//")[1].rpartition(":")[0] not in _LOOPBACK:
            _say(f"Mind: {url} is reachable from other machines.")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Entry point of the console script."""
    app()
