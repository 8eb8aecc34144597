"""Simulator, runner and n8n together, as a user would have them: three processes that know each other by address only."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from lab.bootstrap import ROOT
from lab.n8n_install import get_n8n
from lab.n8n_instance import N8nInstance
from lab.n8n_rest import Json, N8nRest
from lab.package import NpmPackage
from lab.programs import Runner
from lab.simulator import CLIENT_ID, CLIENT_SECRET, Simulator
from lab.steps import Steps
from lab.waiting import wait_for

PACKAGE = "n8n-nodes-3cx-call-control"
CREDENTIAL = "threeCxCallControlApi"


@dataclass
class Stack:
    """Everything that one demo or one test session needs. Start it with `with`; at the end all of it is ended."""

    simulator: Simulator
    runner: Runner
    n8n: N8nInstance
    rest: N8nRest
    steps: Steps

    @classmethod
    def in_folder(cls, folder: Path, steps: Steps, *, n8n_port: int = 0, profile: str = "auto") -> "Stack":
        """Nothing is started yet; n8n is installed and our package is in it.

        Raises:
            ToolMissing, CommandFailed: what the machine lacks, or what a tool said.
        """
        package = NpmPackage.of_checkout(steps)
        install, tarball = get_n8n(steps), package.tarball()
        n8n = N8nInstance(install, folder / "n8n")
        if n8n_port:
            n8n.port = n8n_port
        with steps.step(f"Installing {tarball.name} as a community package"):
            n8n.add_package(tarball)
        simulator = Simulator(folder / "simulator", profile=profile)
        return cls(simulator, Runner(folder / "runner"), n8n, N8nRest(n8n.url), steps)

    def __enter__(self) -> "Stack":
        try:
            with (
                self.steps.step("Starting the simulated 3CX, the runner and n8n"),
                ThreadPoolExecutor() as pool,
            ):
                starts = [pool.submit(part.start) for part in (self.simulator, self.runner, self.n8n)]
            for start in starts:
                start.result()
            self.rest.sign_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for part in (self.n8n, self.runner, self.simulator):
            part.stop()

    def login(self, **changes: Any) -> Json:
        """The credential's fields for the simulator; `changes` overrule."""
        fields = {
            "runnerUrl": self.runner.url,
            "runnerToken": "",
            "serverUrl": self.simulator.url,
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "extension": "",
        }
        return {**fields, **changes}

    def add_workflow(self, workflow: Json, credential: Json) -> Json:
        """Saves a workflow with this credential in each of our nodes."""
        for node in workflow["nodes"]:
            if node["type"].startswith(f"{PACKAGE}."):
                node["credentials"] = {CREDENTIAL: credential}
        return self.rest.add_workflow(workflow)

    def wait_subscribed(self, workflow: Json, *, within_s: float = 30) -> None:
        """Activation takes effect a moment after n8n has said so: waits until the runner has each trigger's subscription."""
        for node in workflow["nodes"]:
            if node["type"].startswith(f"{PACKAGE}.") and node["type"].endswith("Trigger"):
                path = f"/webhook/{node['webhookId']}/webhook"
                look = partial(self.has_subscription, path)
                wait_for(look, f"the runner's subscription of {node['name']}", within_s=within_s)

    def has_subscription(self, path: str) -> bool:
        """Whether the runner has the subscription of this webhook path (its id: tests/contract/subscription.json)."""
        subscription = hashlib.sha256(path.encode()).hexdigest()[:32]
        login = base64.b64encode(json.dumps(self.login()).encode()).decode()
        answer = requests.get(
            f"{self.runner.url}/v1/subscriptions/{subscription}", headers={"X-3CX-Login": login}, timeout=5
        )
        return answer.status_code == 200


def template(name: str) -> Json:
    """A workflow of templates/ as its file has it."""
    return dict(json.loads((ROOT / "templates" / f"{name}.json").read_text()))
