"""`threecx-simulator serve` as a process, with its control API at hand: place calls, say what people do, read what happened."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from lab.programs import answers, clean_environment, console_script
from lab.service import Service
from lab.waiting import free_port
from threecx_simulator.control.model import CallReport

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
    port: int = field(default_factory=free_port)
    control_port: int = field(default_factory=free_port)
    service: Service | None = None

    @property
    def url(self) -> str:
        """Server URL for the credential."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def control_url(self) -> str:
        """Address of the control API; its page is at /docs."""
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the simulator's certificate."""
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Starts the PBX and waits until it can be called."""
        command = [str(console_script("threecx-simulator")), "serve", "--profile", self.profile]
        command += ["--listen", f"127.0.0.1:{self.port}", "--control", f"127.0.0.1:{self.control_port}"]
        command += ["--tls", "--ca-file", str(self.ca_file)] if self.tls else []
        log = self.folder / "simulator.log"
        self.service = Service("threecx-simulator", command, env=clean_environment({}), log=log)
        self.service.wait_ready(lambda: answers(f"{self.control_url}/calls"), within_s=30)

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

    def behave(self, number: str, **changes: Any) -> None:
        """What a number does from now on when it rings, as `BehaviourPatch` has it (`answersAfter=None`: nobody answers)."""
        self._ask("PATCH", f"/behaviours/{number}", changes)

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
