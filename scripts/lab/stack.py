"""Simulator, runner and n8n together, as a user would have them: three processes that know each other by address only."""

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from lab.bootstrap import ROOT
from lab.n8n_install import get_n8n
from lab.n8n_instance import RUNNERS_TOKEN, N8nInstance
from lab.n8n_rest import Json, N8nRefused, N8nRest
from lab.package import NpmPackage
from lab.programs import Runner
from lab.simulator import CLIENT_ID, CLIENT_SECRET, Simulator
from lab.steps import Steps
from lab.waiting import wait_for

PACKAGE = "n8n-nodes-3cx-call-control"
CREDENTIAL = "threeCxCallControlApi"

TAKES_EFFECT_S = 180
"""Until n8n has activated or deactivated: at once as a rule, but a killed n8n's lease on that work runs for two minutes
(platform.md 4.1), and so long its successor leaves it alone.
"""


@dataclass
class Stack:
    """Everything that one demo or one test session needs. Start it with `with`; at the end all of it is ended."""

    simulator: Simulator
    runner: Runner
    n8n: N8nInstance
    rest: N8nRest
    steps: Steps
    pbx_url: str = ""
    """Server URL for the credential, when it is not the simulator's own (a proxy in front of it)."""

    @classmethod
    def in_folder(
        cls, folder: Path, steps: Steps, *, n8n_port: int = 0, profile: str = "auto", tls: bool = False
    ) -> "Stack":
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
        simulator = Simulator(folder / "simulator", profile=profile, tls=tls)
        runner = Runner(folder / "runner", settings=task_brokers(n8n))
        return cls(simulator, runner, n8n, N8nRest(n8n.url), steps)

    def __enter__(self) -> "Stack":
        try:
            with self.steps.step("Starting the simulated 3CX, the runner and n8n"):
                self.simulator.start()
                self._trust(self.simulator.ca_file)
                self._start_both()
            self.rest.sign_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.rest.session.close()
        for part in (self.n8n, self.runner, self.simulator):
            part.stop()

    def mend(self) -> None:
        """Starts again what has ended by itself, so that one failure does not become many."""
        for part in (self.simulator, self.runner, self.n8n):
            if part.service is not None and not part.service.alive:
                part.start()

    def _trust(self, authority: str) -> None:
        """Runner and n8n verify certificates; the simulator's has an authority of its own."""
        if authority:
            self.runner.settings = {**self.runner.settings, "N8N_3CX_CA_FILE": authority}
            self.n8n.settings = {**self.n8n.settings, "NODE_EXTRA_CA_CERTS": authority}

    def _start_both(self) -> None:
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(part.start) for part in (self.runner, self.n8n)]
        for start in starts:
            start.result()

    def login(self, **changes: Any) -> Json:
        """The credential's fields for the simulator; `changes` overrule."""
        fields = {
            "runnerUrl": self.runner.url,
            "runnerToken": "",
            "serverUrl": self.pbx_url or self.simulator.url,
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "extension": "",
        }
        return {**fields, **changes}

    def add_workflow(self, workflow: Json, credential: Json, *, triggers: Json | None = None) -> Json:
        """Saves a workflow with this credential in each of our nodes; `triggers` may have another one."""
        for node in workflow["nodes"]:
            if node["type"].startswith(f"{PACKAGE}."):
                chosen = triggers if triggers and node["type"].endswith("Trigger") else credential
                node["credentials"] = {CREDENTIAL: chosen}
        return self.rest.add_workflow(workflow)

    def wait_subscribed(self, workflow: Json, *, within_s: float = TAKES_EFFECT_S) -> None:
        """Activation takes effect a moment after n8n has said so: waits until the runner has each trigger's subscription."""
        wait_for(
            lambda: self.subscribed(workflow),
            f"the runner's subscription of {workflow['name']}",
            within_s=within_s,
        )

    def subscribed(self, workflow: Json) -> bool:
        """Whether the runner has a subscription for each of our triggers in a workflow."""
        ours = [node for node in workflow["nodes"] if node["type"].startswith(f"{PACKAGE}.")]
        triggers = [node for node in ours if node["type"].endswith("Trigger")]
        return all(self._has_subscription(f"/webhook/{node['webhookId']}/webhook") for node in triggers)

    def wait_active(self, workflow: Json, *, within_s: float = TAKES_EFFECT_S) -> None:
        """As `wait_subscribed`, and until n8n answers at the workflow's own webhooks."""
        self.wait_subscribed(workflow, within_s=within_s)
        for node in workflow["nodes"]:
            if node["type"] == "n8n-nodes-base.webhook":
                url = f"{self.n8n.url}/webhook/{node['parameters']['path']}"
                wait_for(partial(_registered, url), f"the webhook of {workflow['name']}", within_s=within_s)

    def subscription_id(self, path: str) -> str:
        """Of a webhook URL's path (tests/contract/subscription.json)."""
        return hashlib.sha256(path.encode()).hexdigest()[:32]

    @contextmanager
    def n8n_killed(self) -> Iterator[None]:
        """kill -9 for n8n now; it is started again in its folder at the end."""
        self.n8n.kill()
        try:
            yield
        finally:
            self.n8n.start()
            self.rest.sign_in()

    def test_event(self, workflow: Json, trigger: str) -> str:
        """Presses "Listen for test event": what n8n says against it, "" when it waits for a call."""
        try:
            answer = self.rest.run(workflow, trigger)
        except N8nRefused as error:
            return str(error)
        return "" if answer.get("waitingForWebhook") else str(answer)

    def monitored(
        self, workflow: Json, trigger: str, caller: str, count: int, *, within_s: float = 30
    ) -> list[Json]:
        """The first `count` events of a caller's call that started executions of a workflow."""

        def look() -> list[Json] | None:
            items = (self.rest.ended(str(row["id"])).items(trigger) for row in self.rest.executions(workflow))
            found = [item for each in items for item in each if item["from"] == caller]
            return found if len(found) >= count else None

        return wait_for(look, f"{count} events for {workflow['name']}", within_s=within_s)

    def _has_subscription(self, path: str) -> bool:
        subscription = self.subscription_id(path)
        login = base64.b64encode(json.dumps(self.login()).encode()).decode()
        answer = requests.get(
            f"{self.runner.url}/v1/subscriptions/{subscription}", headers={"X-3CX-Login": login}, timeout=5
        )
        return answer.status_code == 200


def task_brokers(*instances: N8nInstance) -> dict[str, str]:
    """The runner's settings by which it serves these n8n as a task runner."""
    uris = ",".join(n8n.broker_url for n8n in instances)
    return {"N8N_RUNNERS_TASK_BROKER_URI": uris, "N8N_RUNNERS_AUTH_TOKEN": RUNNERS_TOKEN}


def template(name: str) -> Json:
    """A workflow of templates/ as its file has it."""
    return dict(json.loads((ROOT / "templates" / f"{name}.json").read_text()))


def _registered(url: str) -> bool:
    """Whether n8n knows a webhook; a GET at a POST-only one says so without starting it."""
    return "not registered for GET" in requests.get(url, timeout=5).text
