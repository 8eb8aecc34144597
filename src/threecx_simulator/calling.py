"""`threecx-simulator call`: places a call on a running simulator and tells what happens, as it happens."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

_EVERY = 0.2  # seconds between looks


class NoSimulator(Exception):
    """Nobody answers at the control address, or it refuses; the text says which."""


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
            tell(f"{line['seconds']:6.1f} s  {line['what']}")
        told = len(report["timeline"])
        if report["state"] == "ended":
            return str(report["endedBy"])
        sleep(_EVERY)
        report = _ask(control, f"/calls/{report['id']}")


def _ask(control: str, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    try:
        asked = urllib.request.Request(control + path, data, {"Content-Type": "application/json"})  # noqa: S310 (http, given by the user)
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 (as above)
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise NoSimulator(
            f"{control}{path} answered {refused.code}: {refused.read().decode(errors='replace')}"
        ) from refused
    except (OSError, ValueError) as nobody:
        raise NoSimulator(
            f"No simulator answers at {control} ({nobody}); start one: threecx-simulator serve"
        ) from nobody
