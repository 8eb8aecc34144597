"""What operation-latency is measured against: n8n's own HTTP Request node that posts to the PBX by a second API client."""

import uuid

import requests

from lab.benches.figures import BenchFailed
from lab.n8n_rest import Execution, Json
from lab.simulator import CLIENT_SECRET, Simulator

OTHER_CLIENT, OTHER_NUMBER = "8002", "+4930555002"
"""One token lives per client, so the HTTP node has its own."""
HTTP = "HTTP"


def other_token(simulator: Simulator) -> str:
    """A token of the second client."""
    form = {"grant_type": "client_credentials", "client_id": OTHER_CLIENT, "client_secret": CLIENT_SECRET}
    answer = requests.post(
        f"{simulator.url}/connect/token", data=form, verify=simulator.ca_file or True, timeout=10
    )
    return str(answer.json()["access_token"])


def answer_url(simulator: Simulator, call: str, pbx_url: str) -> str:
    """Where to post to answer a call's leg at the second route point, once it rings."""
    report = simulator.reached(call, f"ringing {OTHER_CLIENT}")
    participant = next(leg.id for leg in report.legs if leg.dn == OTHER_CLIENT)
    return f"{pbx_url}/callcontrol/{OTHER_CLIENT}/participants/{participant}/answer"


def http_request(item: str = "$json") -> Json:
    """The node; `item` is the expression that has its `url` and `token`."""
    bearer = {"parameters": [{"name": "Authorization", "value": f"=Bearer {{{{ {item}.token }}}}"}]}
    post = {
        "method": "POST",
        "url": f"={{{{ {item}.url }}}}",
        "sendHeaders": True,
        "headerParameters": bearer,
        "sendBody": True,
        "specifyBody": "json",
        "jsonBody": "{}",
        "options": {},
    }
    where = {"position": [0, 0], "typeVersion": 4.2, "id": str(uuid.uuid4())}
    return {"name": HTTP, "type": "n8n-nodes-base.httpRequest", "parameters": post, **where}


def execution_time(execution: Execution, node: str) -> float:
    """What n8n says that the node took, in ms. Raises BenchFailed."""
    if execution.status != "success":
        raise BenchFailed(f"{node}: {execution.error}")
    return float(execution.ran[node][-1]["executionTime"])
