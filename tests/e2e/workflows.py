"""Small workflows for the tests, as n8n's JSON."""

import uuid
from itertools import pairwise
from typing import Any

from lab.n8n_rest import Json
from lab.stack import PACKAGE


def receiver(**parameters: Any) -> Json:
    """A Call Receiver Trigger."""
    return _node("Receiver", "threeCxCallReceiverTrigger", {"webhookId": str(uuid.uuid4())}, parameters)


def control(name: str, operation: str, **parameters: Any) -> Json:
    """A Call Control node."""
    return _node(name, "threeCxCallControl", {}, {"resource": "call", "operation": operation, **parameters})


def transfer(name: str, target: str, **parameters: Any) -> Json:
    """A blind transfer to a number."""
    where = {"__rl": True, "mode": "number", "value": target}
    return control(name, "transferCall", targetType="extension", target=where, **parameters)


def data(name: str, operation: str, **parameters: Any) -> Json:
    """A Call Data node."""
    return _node(name, "threeCxCallData", {}, {"resource": "call", "operation": operation, **parameters})


def monitor(**parameters: Any) -> Json:
    """A Call Monitor Trigger."""
    return _node("Monitor", "threeCxCallMonitorTrigger", {"webhookId": str(uuid.uuid4())}, parameters)


def manual() -> Json:
    """A start by hand."""
    return _n8n("Start", "manualTrigger", 1, {})


def wait(seconds: int) -> Json:
    """n8n's Wait node, inside the running execution."""
    return _n8n("Wait", "wait", 1.1, {"resume": "timeInterval", "amount": seconds, "unit": "seconds"})


def code(name: str, script: str) -> Json:
    """n8n's Code node."""
    return _n8n(name, "code", 2, {"jsCode": script})


def download(url: str) -> Json:
    """n8n's HTTP Request node: a file, as the binary field `data`."""
    response = {"response": {"responseFormat": "file", "outputPropertyName": "data"}}
    return _n8n("Download", "httpRequest", 4.2, {"url": url, "options": {"response": response}})


def chain(name: str, *nodes: Json) -> Json:
    """A workflow of nodes one after another, each on the first output of the one before."""
    for index, node in enumerate(nodes):
        node["position"] = [220 * index, 300]
    links = {
        before["name"]: {"main": [[{"node": after["name"], "type": "main", "index": 0}]]}
        for before, after in pairwise(nodes)
    }
    return {"name": name, "nodes": list(nodes), "connections": links, "settings": {"executionOrder": "v1"}}


def _node(name: str, kind: str, more: Json, parameters: Json) -> Json:
    return _any(name, f"{PACKAGE}.{kind}", 1, parameters) | more


def _n8n(name: str, kind: str, version: float, parameters: Json) -> Json:
    return _any(name, f"n8n-nodes-base.{kind}", version, parameters)


def _any(name: str, kind: str, version: float, parameters: Json) -> Json:
    return {
        "id": str(uuid.uuid4()),
        "name": name,
        "type": kind,
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters,
    }
