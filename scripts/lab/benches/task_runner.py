"""task-runner: one operation by n8n's task broker (`startJob`) beside the same over HTTP, alternating in one run.

Answer Call on a call that is connected: everything between node and PBX is done, only the PBX is not asked. Time = what n8n says that
the node took, in whole ms; nodes of both ways stand one after another in one workflow, the first one alternately.
"""

import statistics
import uuid
from itertools import pairwise

from lab.benches.figures import BenchFailed, Punctuality, median, percentile, rounded
from lab.n8n_rest import Execution, Json
from lab.simulator import CLIENT_ID
from lab.stack import CREDENTIAL, PACKAGE, Stack

_ORDER = ("url", "taskRunner", "taskRunner", "url") * 5


def task_runner(stack: Stack, samples: int) -> Json:
    """`start_job_ms, http_ms` (medians), `start_job_mean_ms, http_mean_ms, start_job_p95_ms, http_p95_ms, ratio` (of the means), `samples` of each."""
    workflow = _activated(stack)
    punctuality = Punctuality(stack.simulator)
    known: set[str] = set()
    took: dict[str, list[float]] = {way: [] for way in _ORDER}
    for round_ in range(max(1, samples // (len(_ORDER) // 2)) + 1):
        call = stack.simulator.call(f"+49303{round_:06}")
        stack.simulator.reached(call, f"connected {CLIENT_ID}")
        execution = stack.rest.next_execution(workflow, known)
        known.add(execution.id)
        punctuality.look()
        stack.simulator.hang_up(call)
        for index, way in enumerate(_ORDER):
            if round_:  # the first one opens connections and loads code
                took[way].append(_time(execution, f"Answer {index}"))
    punctuality.demand()
    return _figures(took["url"], took["taskRunner"])


def _figures(http: list[float], task: list[float]) -> Json:
    return {
        "start_job_ms": rounded(median(task)),
        "http_ms": rounded(median(http)),
        "start_job_mean_ms": rounded(statistics.mean(task)),
        "http_mean_ms": rounded(statistics.mean(http)),
        "start_job_p95_ms": rounded(percentile(task, 0.95)),
        "http_p95_ms": rounded(percentile(http, 0.95)),
        "ratio": round(statistics.mean(task) / statistics.mean(http), 2),
        "samples": len(http),
    }


def _time(execution: Execution, node: str) -> float:
    if execution.status != "success":
        raise BenchFailed(f"{node}: {execution.error}")
    return float(execution.ran[node][-1]["executionTime"])


def _activated(stack: Stack) -> Json:
    credentials = {
        way: stack.rest.add_credential(f"Bench {way}", CREDENTIAL, stack.login(transport=way))
        for way in sorted(set(_ORDER))
    }
    desk = _node("Receiver", "threeCxCallReceiverTrigger", {"ifWorkflowStops": "leave"}, credentials["url"])
    answers = [_answer(index, credentials[way]) for index, way in enumerate(_ORDER)]
    saved = stack.rest.add_workflow(_chain([{**desk, "webhookId": str(uuid.uuid4())}, *answers]))
    stack.rest.activate(saved)
    stack.wait_active(saved)
    return saved


def _answer(index: int, credential: Json) -> Json:
    ask = {"resource": "call", "operation": "answerCall"}
    return _node(f"Answer {index}", "threeCxCallControl", ask, credential)


def _node(name: str, kind: str, parameters: Json, credential: Json) -> Json:
    where = {"position": [0, 0], "typeVersion": 1, "id": str(uuid.uuid4())}
    asked = {"parameters": parameters, "credentials": {CREDENTIAL: credential}}
    return {"name": name, "type": f"{PACKAGE}.{kind}", **asked, **where}


def _chain(nodes: list[Json]) -> Json:
    links = {
        one["name"]: {"main": [[{"node": other["name"], "type": "main", "index": 0}]]}
        for one, other in pairwise(nodes)
    }
    settings = {"executionOrder": "v1"}
    return {"name": "Bench: task runner", "nodes": nodes, "connections": links, "settings": settings}
