"""The project's own two programs as a user starts them: from the console scripts of the environment, as processes."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from lab.service import Service
from lab.waiting import free_port


def console_script(name: str) -> Path:
    """A program of this environment."""
    return Path(sys.executable).with_name(name)


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of n8n, the runner or the simulator, which would change what is seen."""
    ours = ("N8N_", "THREECX_")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, **more}


def answers(url: str) -> bool:
    """Whether somebody answers 200 there."""
    try:
        return requests.get(url, timeout=5, verify=False).status_code == 200  # noqa: S501 - loopback, own authority
    except requests.RequestException:
        return False


@dataclass
class Runner:
    """`threecx-runner serve` with a state folder of its own; it can be killed and started again at the same address."""

    folder: Path
    port: int = field(default_factory=free_port)
    settings: Mapping[str, str] = field(default_factory=dict)
    service: Service | None = None

    @property
    def url(self) -> str:
        """Runner URL for the credential."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """What the runner must not lose; `forget` loses it."""
        return self.folder / "state"

    @property
    def log(self) -> Path:
        """Everything the runner said."""
        return self.folder / "runner.log"

    def start(self) -> None:
        """Starts the runner and waits until it serves."""
        command: list[str | Path] = [
            console_script("threecx-runner"),
            "serve",
            "--listen",
            f"127.0.0.1:{self.port}",
        ]
        env = clean_environment({"N8N_3CX_STATE_DIR": str(self.state), **self.settings})
        self.service = Service("threecx-runner", command, env=env, log=self.log)
        self.service.wait_ready(lambda: answers(f"{self.url}/healthz"), within_s=30)

    def stop(self) -> None:
        """Ends the runner; a second time does nothing."""
        if self.service:
            self.service.stop(within_s=35)  # it lets operations drain for 30 s

    def kill(self) -> None:
        """kill -9."""
        if self.service:
            self.service.kill()

    def forget(self) -> None:
        """Removes the state folder, as a container without a volume would."""
        shutil.rmtree(self.state, ignore_errors=True)
