"""What travels between n8n's nodes and the runner: one model per message of tests/contract, spelled as on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation

from threecx_credentials.threecx_call_control_api import Login
from threecx_runner.sdk import Choice, Wire

PROTOCOL = 1
"""Version of this envelope. The runner serves every shim of the last twelve months (architecture 6)."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=1000)]


class Problem(Wire):
    """The body of every 4xx and 5xx under /v1, and `error` of a failed item (problem.json)."""

    error_id: Name
    message: Annotated[str, Field(min_length=1)]
    description: str
    http_status: Annotated[int, Field(ge=400, le=599)]
    retryable: bool
    hint: str


class Item(Wire):
    """One input item of a node, with the parameters that n8n worked out for it."""

    index: Annotated[int, Field(ge=0, strict=True)]
    key: Annotated[str, Field(min_length=1, max_length=500)]
    """`execution:node:run:item`: the idempotency key."""
    call_id: str | None = None
    """The call that the shim found for `call: thisExecution`; null: the execution's only call."""
    parameters: Annotated[dict[str, Any], Field(default_factory=dict)]


class Envelope(Wire):
    """Body of POST /v1/nodes/{node}/{operation}: all items of one node in one execution."""

    protocol: Annotated[int, Field(ge=1)]
    type_version: Annotated[float, Field(gt=0)] = 1
    instance_id: Text = ""
    """Which n8n asks: each counts its executions from 1. Empty: a shim that does not tell."""
    workflow_id: Text = ""
    workflow_name: Text = ""
    execution_id: Text = ""
    node_name: Text = ""
    tool: bool = False
    """The node runs as an AI tool: a model wrote some of the parameters."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 10
    stop_on_error: bool = True
    deadline_seconds: Annotated[float, Field(gt=0, le=86_400)] = 300
    items: Annotated[list[Item], Field(max_length=100_000)]


class Request(Envelope):
    """What the Dispatcher is asked: the envelope, with what path and header said."""

    node: str
    operation: str
    login: Login


class ItemLine(Wire):
    """One output item. `item` null: the branch ends quietly. `output` null: the node has a single output."""

    index: Annotated[int, Field(ge=0, strict=True)]
    item: Annotated[dict[str, Any] | None, SkipValidation]
    """As an operation made it; looking through 100,000 of them would cost as much as making them."""
    output: str | None


class FileField(Wire):
    """A binary field of an item: a file of GET /v1/files/{id}, and how n8n is to call it."""

    id: str
    file_name: str
    mime_type: str


class BinaryLine(ItemLine):
    """An output item with files."""

    binary: dict[str, FileField]


class ErrorLine(Wire):
    """One failed item."""

    index: Annotated[int, Field(ge=0, strict=True)]
    error: Problem


class EndLine(Wire):
    """The last line; an answer without it was cut off."""

    end: Literal[True] = True


Line = ItemLine | ErrorLine


class SubscriptionBody(Wire):
    """Body of PUT /v1/subscriptions/{id}: the whole desired state of one trigger."""

    protocol: Annotated[int, Field(ge=1)]
    type_version: Annotated[float, Field(gt=0)] = 1
    node: Name
    trigger: Name
    webhook_url: Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
    webhook_id: Name
    workflow_id: Text = ""
    workflow_name: Text = ""
    node_name: Text = ""
    test: bool = False
    lease_seconds: Annotated[float, Field(gt=0, le=86_400)] = 90
    parameters: Annotated[dict[str, Any], Field(default_factory=dict)]


class SubscriptionAnswer(Wire):
    """What became of it."""

    id: str
    state: Literal["active", "lapsed", "suspended"]
    lease_seconds: float


class ClaimBody(Wire):
    """Body of POST /v1/deliveries/{eventId}/claim."""

    subscription_id: Name


class ClaimAnswer(Wire):
    """Whether the call is the asker's; `reason` is a sentence when it is not."""

    claimed: bool
    reason: str | None


class PbxFacts(Wire):
    """What the credential test may show of a PBX that let us in."""

    version: str
    extension: str
    """The DN that the login works on: the route point."""
    server: str
    warning: str = ""
    """What works and is yet not wise, in one sentence."""


class AccountAnswer(Wire):
    """GET /v1/account: 200 with the one sentence that helps, or null and what the PBX says of itself."""

    problem: str | None
    error_id: str | None
    hint: str | None
    pbx: PbxFacts | None


class OptionsAnswer(Wire):
    """GET /v1/options/{list}, as n8n's list search wants it."""

    results: list[Choice]
    pagination_token: str | None = None
    age_seconds: float = 0
    """How long ago the PBX was asked."""


class FileAnswer(Wire):
    """PUT /v1/files."""

    id: str


__all__ = [
    "PROTOCOL",
    "AccountAnswer",
    "BinaryLine",
    "ClaimAnswer",
    "ClaimBody",
    "EndLine",
    "Envelope",
    "ErrorLine",
    "FileAnswer",
    "FileField",
    "Item",
    "ItemLine",
    "Line",
    "Login",
    "OptionsAnswer",
    "PbxFacts",
    "Problem",
    "Request",
    "SubscriptionAnswer",
    "SubscriptionBody",
]
