"""`threecx-simulator serve` as a process, with its control API at hand: place calls, say what people do, read what happened."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from lab.programs import clean_environment, console_script
from lab.service import Service
from lab.waiting import wait_for
from threecx_simulator.control.model import CallReport, Heard

CLIENT_ID = "8001"
CLIENT_SECRET = "simulator-secret"  # noqa: S105 - what the simulator's default world says, open to everybody
ROUTE_POINT_NUMBER = "+4930555001"


class SimulatorRefused(Exception):
    """The control API answered 4xx; the text has its words."""


@dataclass
class Simulator:
    """A 3CX V20 on loopback. `tls`: https with an authority of its own, `ca_file`."""

    folder: Path
    profile: str = "auto"
    tls: bool = False
    more: tuple[str, ...] = ()
    """Further options of the command line."""
    url: str = ""
    control_url: str = ""
    ca_file: str = ""
    service: Service | None = None

    def start(self) -> None:
        """Starts the PBX on free ports; then `url` is the Server URL, and the page of the control API is `control_url`/docs."""
        command = [str(console_script("threecx-simulator")), "serve", "--profile", self.profile, "--json"]
        command += [
            "--listen",
            "127.0.0.1:0",
            "--control",
            "127.0.0.1:0",
            *(["--tls"] if self.tls else []),
            *self.more,
        ]
        log = self.folder / "simulator.log"
        self.service = Service("threecx-simulator", command, env=clean_environment({}), log=log)
        said = self.service.wait_ready(partial(_first_json, log), within_s=30)
        self.url, self.control_url, self.ca_file = said["url"], said["control"], said["caFile"] or ""

    def stop(self) -> None:
        """Ends the PBX; a second time does nothing."""
        if self.service:
            self.service.stop()

    def call(self, caller: str, number: str = ROUTE_POINT_NUMBER, **when: Any) -> str:
        """Places a call, `when` as `CallOrder` has it (`hangupWhen="ringing 101"`); the simulator's id for it."""
        return str(self._ask("POST", "/calls", {"from": caller, "to": number, **when})["id"])

    def report(self, call: str) -> CallReport:
        """The call as of now."""
        return CallReport.model_validate(self._ask("GET", f"/calls/{call}"))

    def ringing(self, number: str, *, within_s: float = 20) -> str:
        """Waits until a call that is up has rung at a number; its id."""

        def look() -> str | None:
            calls = requests.get(f"{self.control_url}/calls", timeout=10).json()
            up = (CallReport.model_validate(call) for call in calls)
            return next(
                (call.id for call in up if f"ringing {number}" in call.moments and not call.ended_at), None
            )

        return wait_for(look, f"a call rings at {number}", within_s=within_s)

    def reached(self, call: str, what: str, *, within_s: float = 30) -> CallReport:
        """Waits for a line of the timeline, e.g. "connected 101"."""
        wanted = {"what": what, "within": within_s}
        return CallReport.model_validate(self._ask("GET", f"/calls/{call}/reached", params=wanted))

    def ended(self, call: str, *, within_s: float = 60) -> CallReport:
        """Waits for the end of a call."""
        return CallReport.model_validate(
            self._ask("GET", f"/calls/{call}/ended", params={"within": within_s})
        )

    def hang_up(self, call: str) -> None:
        """The caller hangs up."""
        self._ask("POST", f"/calls/{call}/hangup")

    def press(self, call: str, keys: str) -> None:
        """The caller presses keys."""
        self._ask("POST", f"/calls/{call}/keys", {"keys": keys})

    def heard(self, call: str) -> Heard:
        """What the caller has heard so far, as sound and silence."""
        return Heard.model_validate(self._ask("GET", f"/calls/{call}/heard"))

    def heard_wav(self, call: str) -> bytes:
        """The sound itself, as a WAV file."""
        answer = requests.get(f"{self.control_url}/calls/{call}/heard.wav", timeout=30)
        answer.raise_for_status()
        return answer.content

    def listens(self, call: str, silence_s: float = 0.8) -> None:
        """The caller listens until something new was heard and silence since, or until the call is over."""
        known = len(self.heard(call).sounds)

        def prompted() -> bool:
            heard = self.heard(call)
            last = heard.spans[-1] if heard.spans else None
            silent = last is not None and not last.sound and last.end - last.start > silence_s
            return (silent and len(heard.sounds) > known) or self.report(call).state == "ended"

        wait_for(prompted, "a prompt, and silence after it", within_s=60)

    def behave(self, number: str, **changes: Any) -> None:
        """What a number does from now on when it rings, as `BehaviourPatch` has it (`answersAfter=None`: nobody answers)."""
        self._ask("PATCH", f"/behaviours/{number}", changes)

    def health(self) -> dict[str, Any]:
        """How well the machine behind the PBX is said to be."""
        return self._ask("GET", "/health")

    def asked(self) -> dict[str, Any]:
        """Everything that was asked of the PBX since the last reset, as `Requests` has it."""
        return self._ask("GET", "/requests")

    def reset(self) -> None:
        """Ends all calls and forgets every fault."""
        self._ask("POST", "/reset")

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, params: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        bound = 30 + float((params or {}).get("within", 0))
        answer = requests.request(method, self.control_url + path, json=body, params=params, timeout=bound)
        if not answer.ok:
            raise SimulatorRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        return dict(answer.json()) if answer.content else {}


def _first_json(log: Path) -> dict[str, Any] | None:
    """The line that `--json` prints once the simulator listens."""
    lines = (
        line
        for line in log.read_text().splitlines(keepends=True)
        if line.startswith("{") and line.endswith("\n")
    )
    first = next(lines, None)
    return dict(json.loads(first)) if first else None
