"""`threecx-simulator call` and `play`: calls and scenarios on a simulator that runs already, and what happens to them."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_EVERY = 0.2  # seconds between looks
_PATIENCE = 10.0  # seconds for an answer that waits for nothing
_YAML, _JSON = "application/yaml", "application/json"


class NoSimulator(Exception):
    """Nobody answers at the control address, or it refuses; the text says which."""


class NotPlayed(Exception):
    """The scenario cannot be played; the text says where in it and why."""


def call(
    control: str,
    order: dict[str, Any],
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Place `order` (see `POST /calls`), tell each line of the timeline, and return who ended the call."""
    report = _ask(control, "/calls", order)
    told = 0
    while True:
        for line in report["timeline"][told:]:
            tell(_line(line))
        told = len(report["timeline"])
        if report["state"] == "ended":
            return str(report["endedBy"])
        sleep(_EVERY)
        report = _ask(control, f"/calls/{report['id']}")


def play(control: str, file: Path, within: float, tell: Callable[[str], None]) -> bool:
    """Play a scenario file to its end, at most so many seconds; tell the timeline of each call that something was
    expected of, then what became of the expectations. Whether all were met.

    `NotPlayed` when the file cannot be read or is no scenario, `NoSimulator` when it is not over in time.
    """
    where = urlencode({"name": str(file), "folder": str(file.parent.resolve()), "within": within})
    try:
        text = file.read_bytes()
    except OSError as unreadable:
        raise NotPlayed(f"{file}: cannot be read ({unreadable.strerror})") from unreadable
    verdicts = _send(control, f"/scenarios?{where}", text, _YAML, _PATIENCE + within)
    for call_id in dict.fromkeys(one["call"] for one in verdicts):
        report = _ask(control, f"/calls/{call_id}")
        tell(f"{report['id']}  {report['from']} calls {report['to']}")
        for line in report["timeline"]:
            tell(_line(line))
    for one in verdicts:
        tell(f"{'met' if one['met'] else 'NOT MET'}  {one['call']}: {one['expected']} ({one['why']})")
    return all(one["met"] for one in verdicts)


def _line(moment: dict[str, Any]) -> str:
    return f"{moment['seconds']:6.1f} s  {moment['what']}"


def _ask(control: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return _send(control, path, None if body is None else json.dumps(body).encode(), _JSON, _PATIENCE)


def _send(control: str, path: str, body: bytes | None, kind: str, patience: float) -> Any:
    try:
        asked = urllib.request.Request(control + path, body, {"Content-Type": kind})  # noqa: S310 (http, given by the user)
        with urllib.request.urlopen(asked, timeout=patience) as answer:  # noqa: S310 (as above)
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        said = _detail(refused)
        if kind == _YAML and refused.code == 422:
            raise NotPlayed(said) from refused
        raise NoSimulator(f"{control} refuses ({refused.code}): {said}") from refused
    except (OSError, ValueError) as nobody:
        raise NoSimulator(
            f"No simulator answers at {control} ({nobody}); start one: threecx-simulator serve"
        ) from nobody


def _detail(refused: urllib.error.HTTPError) -> str:
    text = refused.read().decode(errors="replace")
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text
