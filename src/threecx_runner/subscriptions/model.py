"""Subscriptions as values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType
from urllib.parse import urlsplit

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.model import PbxId
from threecx_runner.sdk import Params, Trigger

SubscriptionId = NewType("SubscriptionId", str)
"""First 32 hex digits of the SHA-256 of the webhook URL's path (subscription.json)."""


def subscription_id(webhook_url: str) -> SubscriptionId:
    """The same for every address under which one n8n webhook is known."""
    return SubscriptionId(hashlib.sha256(urlsplit(webhook_url).path.encode()).hexdigest()[:32])


class LeaseState(StrEnum):
    """Whether events flow."""

    ACTIVE = "active"
    LAPSED = "lapsed"
    """The lease was not renewed: kept, still delivered to, and named in /readyz."""
    SUSPENDED = "suspended"
    """Nothing was accepted for a day: the next PUT revives it."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one trigger wants, as its last PUT said."""

    id: SubscriptionId
    pbx: PbxId
    login: Login
    node: str
    trigger: str
    webhook_url: str
    """Where the runner posts: n8n's base URL is replaced already."""
    webhook_id: str
    workflow_id: str
    workflow_name: str
    node_name: str
    test: bool
    """'Listen for test event': takes one event, ends with its lease."""
    lease: timedelta
    parameters: Mapping[str, Any]
    renewed: datetime
    created: datetime
    failing_since: datetime | None = None
    """When the first of the posts failed that nobody accepted since."""


@dataclass(frozen=True, slots=True)
class Live:
    """A subscription with its trigger's code and parsed parameters."""

    subscription: Subscription
    trigger: Trigger[Any]
    want: Params

    @property
    def priority(self) -> int:
        """The higher one wins a call that two Receivers want."""
        return self.trigger.priority(self.want)
