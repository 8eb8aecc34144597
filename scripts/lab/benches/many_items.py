"""operation-latency --items: one node that answers many ringing calls at once, against n8n's HTTP Request node that posts the same.

Both get all items in one execution and do them side by side: the HTTP Request node all at once, ours at most 64 (its option
Concurrency at its highest). Who receives the calls is a listener of ours, so that n8n has nothing else to do meanwhile.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from lab.benches.figures import BenchFailed, Punctuality, median, rounded
from lab.benches.http_node import (
    HTTP,
    OTHER_NUMBER,
    answer_url,
    execution_time,
    http_request,
    other_token,
)
from lab.n8n_rest import Json
from lab.simulator import CLIENT_ID
from lab.stack import PACKAGE, Stack
from lab.waiting import wait_for

_MOST_AT_ONCE = 64
_RING_AT_ONCE = 10
_RUNG_S = 1.0
"""So long all have rung: answering is measured, not that so many calls come in one moment."""
_SPLIT = "return $input.first().json.body.rows.map((json) => ({ json }));"


def many_items(stack: Stack, credential: Json, pbx_url: str, items: int, samples: int) -> Json:
    """`ours_ms, http_node_ms, ratio, items, samples, answers_seen`."""
    with _desk(stack) as desk:
        bench = _Bench(stack, pbx_url, desk, items)
        ours, http = bench.activated(_answer(), credential), bench.activated(http_request(), credential)
        took: dict[str, list[float]] = {"ours": [], "http": []}
        for sample in range(samples + 1):
            one, other = bench.ours(ours, sample), bench.http(http, sample)
            if sample:  # the first one opens connections and loads code
                took["ours"].append(one)
                took["http"].append(other)
    bench.punctuality.demand()
    answers = sum(stack.simulator.asked()["answers"].values())
    return {
        "ours_ms": rounded(median(took["ours"])),
        "http_node_ms": rounded(median(took["http"])),
        "ratio": round(median(took["ours"]) / median(took["http"]), 2),
        "items": items,
        "samples": samples,
        "answers_seen": answers - 2 * items,
    }


@dataclass
class _Desk:
    """Receives calls as a Call Receiver Trigger would, and leaves them ringing: callId by the caller's number."""

    came: dict[str, str] = field(default_factory=dict)


@dataclass
class _Bench:
    stack: Stack
    pbx_url: str
    desk: _Desk
    items: int

    def __post_init__(self) -> None:
        self.punctuality = Punctuality(self.stack.simulator)
        self.token = other_token(self.stack.simulator)

    def activated(self, node: Json, credential: Json) -> Json:
        """A workflow that splits what is posted to it into items and gives all of them to the node."""
        # it answers at the end: n8n is not asked meanwhile, which would cost it as much as the work
        asked = {"path": str(uuid.uuid4()), "httpMethod": "POST", "responseMode": "lastNode", "options": {}}
        hook = _node("Hook", "n8n-nodes-base.webhook", asked, 2)
        split = _node("Split", "n8n-nodes-base.code", {"jsCode": _SPLIT}, 2)
        links = {
            one: {"main": [[{"node": two, "type": "main", "index": 0}]]}
            for one, two in (("Hook", "Split"), ("Split", node["name"]))
        }
        hook["webhookId"] = hook["parameters"]["path"]
        workflow = {"name": f"Bench: {node['name']}", "nodes": [hook, split, node], "connections": links}
        saved = self.stack.add_workflow({**workflow, "settings": {"executionOrder": "v1"}}, credential)
        self.stack.rest.activate(saved)
        self.stack.wait_active(saved)
        return saved

    def ours(self, workflow: Json, sample: int) -> float:
        """Calls ring at our route point; each item has one's callId."""
        numbers = [f"+49304{sample:03}{index:04}" for index in range(self.items)]
        calls = self._ring(numbers, self.stack.simulator.call)
        wait_for(lambda: self.desk.came.keys() >= set(numbers), "all calls are told", within_s=60)
        return self._took(
            workflow, "Answer", [{"callId": self.desk.came[number]} for number in numbers], calls
        )

    def http(self, workflow: Json, sample: int) -> float:
        """Calls ring at the other one; the HTTP Request node posts the same to each leg."""
        numbers = [f"+49305{sample:03}{index:04}" for index in range(self.items)]
        calls = self._ring(numbers, lambda number: self.stack.simulator.call(number, number=OTHER_NUMBER))
        rows = [
            {"url": answer_url(self.stack.simulator, call, self.pbx_url), "token": self.token}
            for call in calls
        ]
        return self._took(workflow, HTTP, rows, calls)

    def _ring(self, numbers: list[str], place: Callable[[str], str]) -> list[str]:
        with ThreadPoolExecutor(_RING_AT_ONCE) as pool:
            return list(pool.map(place, numbers))

    def _took(self, workflow: Json, node: str, rows: list[Json], calls: list[str]) -> float:
        known = {str(row["id"]) for row in self.stack.rest.executions(workflow)}
        time.sleep(_RUNG_S)
        hook = f"{self.stack.n8n.url}/webhook/{workflow['nodes'][0]['parameters']['path']}"
        requests.post(hook, json={"rows": rows}, timeout=60).raise_for_status()
        execution = self.stack.rest.next_execution(workflow, known, within_s=60)
        self.punctuality.look()
        for call in calls:
            self.stack.simulator.hang_up(call)
        return execution_time(execution, node)


def _answer() -> Json:
    """As it is when somebody adds it: an item's `callId` says which call is meant."""
    options = {"options": {"concurrency": _MOST_AT_ONCE}}
    asked = {"resource": "call", "operation": "answerCall", **options}
    return _node("Answer", f"{PACKAGE}.threeCxCallControl", asked)


def _node(name: str, kind: str, parameters: Json, version: float = 1) -> Json:
    where = {"position": [0, 0], "typeVersion": version, "id": str(uuid.uuid4())}
    return {"name": name, "type": kind, "parameters": parameters, **where}


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    """All calls are told in the same moment; a connection that does not fit would be tried again after a second."""


@contextmanager
def _desk(stack: Stack) -> Iterator[_Desk]:
    """A listener, subscribed for all calls at our route point until the end."""
    desk = _Desk()
    login = {"X-3CX-Login": base64.b64encode(json.dumps(stack.login()).encode()).decode()}
    claims = requests.Session()

    class Handler(BaseHTTPRequestHandler):
        """Claims every call and accepts it."""

        def do_GET(self) -> None:
            """The runner's probe."""
            self._answer({})

        def do_POST(self) -> None:
            """A delivery."""
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            accepted = [event for event in told["events"] if self._is_claimed(event["eventId"], told)]
            desk.came.update({event["item"]["fromNumber"]: event["item"]["callId"] for event in accepted})
            self._answer({"accepted": [event["eventId"] for event in accepted]})

        def _is_claimed(self, event: str, told: dict[str, Any]) -> bool:
            url = f"{stack.runner.url}/v1/deliveries/{event}/claim"
            body = {"subscriptionId": told["subscriptionId"]}
            return bool(claims.post(url, json=body, headers=login, timeout=10).json()["claimed"])

        def _answer(self, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True, name="bench desk").start()
    try:
        _subscribe(stack, f"http://127.0.0.1:{server.server_address[1]}", login)
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        claims.close()


def _subscribe(stack: Stack, listener: str, login: dict[str, str]) -> None:
    """As a Call Receiver Trigger would (tests/contract/subscription.json)."""
    webhook = str(uuid.uuid4())
    path = f"/webhook/{webhook}/webhook"
    names = {
        "node": "callReceiver",
        "trigger": "incomingCall",
        "webhookUrl": f"{listener}{path}",
        "webhookId": webhook,
    }
    who = {"workflowId": "bench", "workflowName": "Bench desk", "nodeName": "Desk", "test": False}
    wanted = {"extension": CLIENT_ID, "autoAnswer": False, "onTimeout": "leave", "ifWorkflowStops": "leave"}
    body = {"protocol": 1, "typeVersion": 1, "leaseSeconds": 3600, **names, **who, "parameters": wanted}
    url = f"{stack.runner.url}/v1/subscriptions/{stack.subscription_id(path)}"
    answer = requests.put(url, json=body, headers=login, timeout=10)
    if not answer.ok:
        raise BenchFailed(answer.text)
