"""n8n's REST API as its own editor uses it: owner, credentials, workflows, executions."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from lab.flatted import unflatten
from lab.waiting import wait_for

Json = dict[str, Any]
OWNER = {
    "email": "owner@example.com",
    "firstName": "Olivia",
    "lastName": "Owner",
    "password": "Simulated-1234",
}
_ENDED = ("success", "error", "crashed", "canceled")


class N8nRefused(Exception):
    """n8n answered 4xx or 5xx; the text has its words."""


@dataclass(frozen=True)
class Execution:
    """One execution that has ended."""

    id: str
    status: str
    workflow: str
    error: str
    ran: dict[str, list[Json]]

    def items(self, node: str, output: int = 0) -> list[Json]:
        """What the last run of a node gave at one of its outputs; empty when it did not run."""
        runs = self.ran.get(node) or [{}]
        outputs = (runs[-1].get("data") or {}).get("main") or []
        return [item["json"] for item in (outputs[output] or [])] if output < len(outputs) else []

    def error_of(self, node: str) -> Json:
        """The error of a node's last run, as the editor's panel gets it; empty without one."""
        return dict((self.ran.get(node) or [{}])[-1].get("error") or {})


@dataclass
class N8nRest:
    """A signed-in owner. n8n wants the same `browser-id` on each call of one log-in."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.headers["browser-id"] = "threecx-lab"

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """`data` of the answer.

        Raises:
            N8nRefused: with n8n's words.
        """
        answer = self.session.request(method, f"{self.base}/rest{path}", json=body, timeout=60)
        if not answer.ok:
            raise N8nRefused(f"{method} {path}: {answer.status_code} {answer.text[:800]}")
        found = answer.json() if answer.content else {}
        return found.get("data", found) if isinstance(found, dict) else found

    def sign_in(self) -> None:
        """Makes the owner when this n8n is new, then logs in."""
        if self.call("GET", "/settings")["userManagement"]["showSetupOnFirstLoad"]:
            self.call("POST", "/owner/setup", OWNER)
        self.call("POST", "/login", {"emailOrLdapLoginId": OWNER["email"], "password": OWNER["password"]})

    def add_credential(self, name: str, kind: str, data: Json) -> Json:
        """`{"id", "name"}` as a node refers to it."""
        made = self.call("POST", "/credentials", {"name": name, "type": kind, "data": data})
        return {"id": made["id"], "name": made["name"]}

    def test_credential(self, reference: Json, kind: str, data: Json) -> Json:
        """What the button Test says: `{"status": "OK" | "Error", "message"}`."""
        body = {"credentials": {**reference, "type": kind, "data": data}}
        return dict(self.call("POST", "/credentials/test", body))

    def add_workflow(self, workflow: Json) -> Json:
        """The workflow as n8n keeps it, with its id and version."""
        return dict(self.call("POST", "/workflows", {**workflow, "active": False}))

    def activate(self, workflow: Json) -> None:
        """Takes effect about 0.3 s after the answer."""
        self.call("POST", f"/workflows/{workflow['id']}/activate", {"versionId": workflow["versionId"]})

    def activation_failures(self, workflow: Json, *, within_s: float) -> list[str]:
        """Waits until n8n has given up activating a workflow (five tries, 15 s): its triggers' reasons, as the editor shows them."""

        def look() -> list[str] | None:
            status = self.call("GET", f"/workflows/{workflow['id']}/publication-status")
            failed = [
                trigger["errorMessage"] for trigger in status["triggers"] if trigger["status"] == "failed"
            ]
            return failed or None

        return wait_for(look, f"n8n gives up activating {workflow['name']}", within_s=within_s)

    def deactivate(self, workflow: Json) -> None:
        """Takes effect about 0.3 s after the answer."""
        self.call("POST", f"/workflows/{workflow['id']}/deactivate", {})

    def run(self, workflow: Json, trigger: str) -> Json:
        """Starts it by hand, as the button Execute Workflow does: `{"executionId"}` or `{"waitingForWebhook": true}`."""
        body = {"workflowData": workflow, "triggerToStartFrom": {"name": trigger}}
        return dict(self.call("POST", f"/workflows/{workflow['id']}/run", body))

    def executions(self, workflow: Json) -> list[Json]:
        """The newest first, without their data."""
        wanted = urlencode({"limit": 50, "filter": json.dumps({"workflowId": workflow["id"]})})
        found = self.call("GET", f"/executions?{wanted}")
        return list(found["results"])

    def ended(self, execution_id: str, *, within_s: float = 60) -> Execution:
        """Waits for the end of an execution.

        Raises:
            NeverCame: it runs on.
        """

        def look() -> Json | None:
            seen = self.call("GET", f"/executions/{execution_id}")
            # n8n 1 says so a moment before it has saved the data
            return dict(seen) if seen["status"] in _ENDED and seen["data"] != "[]" else None

        return _execution(wait_for(look, f"end of execution {execution_id}", within_s=within_s))

    def started(self, workflow: Json, *, within_s: float = 30) -> str:
        """Waits until a workflow has an execution, running or not; the newest one's id."""

        def look() -> str | None:
            return next((str(row["id"]) for row in self.executions(workflow)), None)

        return wait_for(look, f"an execution of {workflow['name']}", within_s=within_s)

    def next_execution(self, workflow: Json, known: set[str], *, within_s: float = 30) -> Execution:
        """The execution that is not among `known`, once it has ended."""
        end = time.monotonic() + within_s

        def look() -> str | None:
            return next(
                (str(row["id"]) for row in self.executions(workflow) if str(row["id"]) not in known), None
            )

        found = wait_for(look, f"a new execution of {workflow['name']}", within_s=within_s)
        return self.ended(found, within_s=max(1.0, end - time.monotonic()))


def _execution(row: Json) -> Execution:
    result = unflatten(row["data"]).get("resultData", {})
    return Execution(
        id=str(row["id"]),
        status=row["status"],
        workflow=str(row["workflowId"]),
        error=str((result.get("error") or {}).get("message", "")),
        ran=result.get("runData", {}),
    )
