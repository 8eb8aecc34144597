"""What the OpenAPI page says of answers and bodies that the routes read and write themselves."""

from typing import Any

from threecx_simulator.control.model import Complaint

Responses = dict[int | str, dict[str, Any]]
NOT_FOUND: Responses = {404: {"model": Complaint, "description": "No such call"}}
NO_AUDIO: Responses = {422: {"model": Complaint, "description": "Not a WAV file"}}
NO_SCENARIO: Responses = {
    422: {"model": Complaint, "description": "Not a scenario; `detail` names line and field"}
}
NO_TRACE: Responses = {
    422: {"model": Complaint, "description": "Not a recording; `detail` names line and field"}
}
NO_CLIENT: Responses = {404: {"model": Complaint, "description": "No such client"}}
RUNNING: Responses = {409: {"model": Complaint, "description": "The call has not ended"}}
WAV: Responses = {200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}}
LINES: Responses = {200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}}}
LATE: Responses = {408: {"model": Complaint, "description": "It did not happen within the time given"}}


def _body(kind: str, description: str, **schema: str) -> dict[str, Any]:
    """A request body for the OpenAPI page, where the route reads the request itself."""
    content = {kind: {"schema": {"type": "string"} | schema}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


A_WAV = _body("application/octet-stream", "A WAV file of any coding", format="binary")
A_SCENARIO = _body(
    "application/yaml",
    "A scenario; its schema: `threecx-simulator schema`",
    example="calls:\n  - {caller: '+49301234567', calls: '101', hangs_up_when: connected 101}\n",
)
A_RECORDING = _body(
    "text/plain",
    "Lines as `GET /recording` gives them",
    example='{"at": 0, "frame": "upsert", "dn": "8001", "id": 7, "leg": {"status": "Ringing"}}\n',
)
