"""operation-latency: Answer of our node against n8n's own HTTP Request node that posts the same to the PBX, over HTTPS.

Time = what n8n says that the node took. Runs alternate; each answers a call that rings at that moment, under a profile where a
route point must be answered. The HTTP node uses a second API client: one token lives per client.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import requests

from lab.benches.figures import Punctuality, median, rounded
from lab.benches.http_node import HTTP, OTHER_NUMBER, answer_url, execution_time, http_request, other_token
from lab.n8n_rest import Json
from lab.simulator import CLIENT_ID
from lab.stack import PACKAGE, Stack


def operation_latency(stack: Stack, credential: Json, pbx_url: str, samples: int) -> Json:
    """`ours_ms, http_node_ms, ratio, samples, answers_seen`."""
    bench = _Bench(
        stack, pbx_url, _activate(stack, _ours(), credential), _activate(stack, _http(), credential)
    )
    token = other_token(stack.simulator)
    ours, http = [], []
    for index in range(samples + 2):
        took_ours, took_http = bench.answer_by_node(index), bench.answer_by_http(index, token)
        if index >= 2:  # the first ones open connections and load code
            ours.append(took_ours)
            http.append(took_http)
    bench.punctuality.demand()
    return {
        "ours_ms": rounded(median(ours)),
        "http_node_ms": rounded(median(http)),
        "ratio": round(median(ours) / median(http), 2),
        "items": 1,
        "samples": samples,
        "answers_seen": sum(stack.simulator.asked()["answers"].values()) - 2 * 2,
    }


@dataclass
class _Bench:
    stack: Stack
    pbx_url: str
    ours: Json
    http: Json

    def __post_init__(self) -> None:
        self.punctuality = Punctuality(self.stack.simulator)
        self.known: set[str] = set()

    def answer_by_node(self, index: int) -> float:
        """A call at our route point: the Receiver starts the workflow, the node answers."""
        call = self.stack.simulator.call(f"+49301{index:06}")
        self.stack.simulator.reached(call, f"connected {CLIENT_ID}")
        return self._took(self.ours, "Answer", call)

    def answer_by_http(self, index: int, token: str) -> float:
        """A call at the other route point: the same POST by the HTTP Request node."""
        pbx = self.stack.simulator
        call = pbx.call(f"+49302{index:06}", number=OTHER_NUMBER)
        order = {"url": answer_url(pbx, call, self.pbx_url), "token": token}
        hook = f"{self.stack.n8n.url}/webhook/{self.http['nodes'][0]['parameters']['path']}"
        requests.post(hook, json=order, timeout=30).raise_for_status()
        return self._took(self.http, HTTP, call)

    def _took(self, workflow: Json, node: str, call: str) -> float:
        execution = self.stack.rest.next_execution(workflow, self.known)
        self.known.add(execution.id)
        self.punctuality.look()
        self.stack.simulator.hang_up(call)
        return execution_time(execution, node)


def _activate(stack: Stack, workflow: Json, credential: Json) -> Json:
    saved = stack.add_workflow(workflow, credential)
    stack.rest.activate(saved)
    stack.wait_active(saved)
    return saved


def _ours() -> Json:
    desk = _node(
        "Receiver", f"{PACKAGE}.threeCxCallReceiverTrigger", {"autoAnswer": False, "ifWorkflowStops": "leave"}
    )
    answer = _node("Answer", f"{PACKAGE}.threeCxCallControl", {"resource": "call", "operation": "answerCall"})
    return _pair("Bench: our node", {**desk, "webhookId": str(uuid.uuid4())}, answer)


def _http() -> Json:
    path = str(uuid.uuid4())
    hook = _node("Hook", "n8n-nodes-base.webhook", {"path": path, "httpMethod": "POST", "options": {}}, 2)
    return _pair("Bench: HTTP Request", {**hook, "webhookId": path}, http_request("$json.body"))


def _node(name: str, kind: str, parameters: dict[str, Any], version: float = 1) -> Json:
    where = {"position": [0, 0], "typeVersion": version, "id": str(uuid.uuid4())}
    return {"name": name, "type": kind, "parameters": parameters, **where}


def _pair(name: str, first: Json, second: Json) -> Json:
    link = {first["name"]: {"main": [[{"node": second["name"], "type": "main", "index": 0}]]}}
    return {"name": name, "nodes": [first, second], "connections": link, "settings": {"executionOrder": "v1"}}
