"""event-latency: from the PBX's socket frame to the start of the execution in n8n; and the runner's own share of it.

Calls come one after another. The frame's time is the simulator's, the execution's is n8n's (both on this machine's clock). The
runner's share ends where its post reaches a listener of ours, subscribed beside the workflow; it contains the PBX's answer to the
runner's question about the leg, and the network.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from lab.benches.figures import Punctuality, percentile, rounded
from lab.n8n_rest import Json
from lab.stack import PACKAGE, Stack
from lab.waiting import wait_for


def event_latency(stack: Stack, credential: Json, samples: int) -> Json:
    """`p50_ms, p95_ms, runner_p95_ms, samples`."""
    desk = {
        "name": "Receiver",
        "type": f"{PACKAGE}.threeCxCallReceiverTrigger",
        "typeVersion": 1,
        "position": [0, 0],
    }
    desk |= {
        "id": str(uuid.uuid4()),
        "webhookId": str(uuid.uuid4()),
        "parameters": {"ifWorkflowStops": "leave"},
    }
    workflow = stack.add_workflow(
        {"name": "Bench: events", "nodes": [desk], "connections": {}, "settings": {"executionOrder": "v1"}},
        credential,
    )
    stack.rest.activate(workflow)
    stack.wait_active(workflow)
    punctuality = Punctuality(stack.simulator)
    with _listener() as listener:
        _subscribe(stack, listener)
        pairs = [_one(stack, workflow, listener, punctuality, index) for index in range(samples + 2)][2:]
    punctuality.demand()
    started, shares = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return {
        "p50_ms": rounded(percentile(started, 0.5)),
        "p95_ms": rounded(percentile(started, 0.95)),
        "runner_p95_ms": rounded(percentile(shares, 0.95)),
        "samples": samples,
    }


def _one(
    stack: Stack, workflow: Json, listener: "_Listener", punctuality: Punctuality, index: int
) -> tuple[float, float]:
    """Milliseconds from the frame to the execution, and to our listener, for one call."""
    number = f"+49303{index:06}"
    known = {str(row["id"]) for row in stack.rest.executions(workflow)}
    call = stack.simulator.call(number)
    posted = wait_for(lambda: listener.came.get(number), f"a post about {number}", within_s=10)

    def look() -> Json | None:
        rows = stack.rest.executions(workflow)
        return next((row for row in rows if str(row["id"]) not in known and row["startedAt"]), None)

    # n8n is left alone while it starts the execution: a question costs it as much as an event
    row = wait_for(look, f"the execution for {number}", within_s=20, every_s=0.5)
    punctuality.look()
    framed = next(
        moment.at for moment in stack.simulator.report(call).timeline if moment.what != "began"
    ).timestamp()
    stack.simulator.hang_up(call)
    started = datetime.fromisoformat(row["startedAt"]).timestamp()
    return (started - framed) * 1000, (posted - framed) * 1000


@dataclass
class _Listener:
    """Stands where n8n would: `came` says when the post about a caller's number arrived."""

    url: str
    came: dict[str, float] = field(default_factory=dict)


@contextmanager
def _listener() -> Iterator[_Listener]:
    came: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        """Accepts every event."""

        def do_GET(self) -> None:
            """The runner's probe."""
            self._answer({})

        def do_POST(self) -> None:
            """A delivery."""
            now = time.time()
            events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["events"]
            came.update({event["item"]["from"]: now for event in events})
            self._answer({"accepted": [event["eventId"] for event in events]})

        def _answer(self, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True, name="bench listener").start()
    try:
        yield _Listener(f"http://127.0.0.1:{server.server_address[1]}", came)
    finally:
        server.shutdown()
        server.server_close()


def _subscribe(stack: Stack, listener: _Listener) -> None:
    """As a Call Monitor Trigger would (tests/contract/subscription.json)."""
    webhook = str(uuid.uuid4())
    body = {
        "protocol": 1,
        "typeVersion": 1,
        "node": "callMonitor",
        "trigger": "callEvents",
        "webhookUrl": f"{listener.url}/webhook/{webhook}/webhook",
        "webhookId": webhook,
        "workflowId": "bench",
        "workflowName": "Bench listener",
        "nodeName": "Listener",
        "test": False,
        "leaseSeconds": 3600,
        "parameters": {"eventTypes": ["call_started"]},
    }
    login = base64.b64encode(json.dumps(stack.login()).encode()).decode()
    url = f"{stack.runner.url}/v1/subscriptions/{stack.subscription_id(f'/webhook/{webhook}/webhook')}"
    requests.put(url, json=body, headers={"X-3CX-Login": login}, timeout=10).raise_for_status()
