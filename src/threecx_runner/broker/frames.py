"""The JSON frames between a task broker and its runners, as n8n 1.123 and 2.41 send and take them (platform.md 3.4)."""

import json
import re
from typing import Any, Literal, NewType

from pydantic import BaseModel, ConfigDict, ValidationError

from threecx_runner.api.wire import Problem
from threecx_runner.naming import field_camel

TASK_TYPE = "threecx"
"""What the nodes name in `startJob`; the broker compares it as a string."""

TaskId = NewType("TaskId", str)
OfferId = NewType("OfferId", str)


class Frame(BaseModel):
    """n8n may add fields to what it says; what we do not know is left alone."""

    model_config = ConfigDict(alias_generator=field_camel, populate_by_name=True, frozen=True)


class InfoRequest(Frame):
    """The broker's first frame."""


class Registered(Frame):
    """Offers are taken from now on."""


class OfferAccepted(Frame):
    """A node wants this task done; to be answered within 2 s."""

    offer_id: OfferId
    task_id: TaskId


class TaskSettings(Frame):
    """What the node gave to `startJob`; it may hold the PBX secret and is never shown."""

    task_id: TaskId
    settings: Any = None


class TooDeep(Frame):
    """Settings that no parser of ours takes: arrays or objects within each other, a thousand levels down."""

    task_id: TaskId


class TaskCancel(Frame):
    """Nobody waits for the task any more."""

    task_id: TaskId


class Drain(Frame):
    """n8n is about to stop."""


_HEARD: dict[str, type[Frame]] = {
    "broker:inforequest": InfoRequest,
    "broker:runnerregistered": Registered,
    "broker:taskofferaccept": OfferAccepted,
    "broker:tasksettings": TaskSettings,
    "broker:taskcancel": TaskCancel,
    "broker:drain": Drain,
}

_DEEP = re.compile(r'\{\s*"type"\s*:\s*"broker:tasksettings"\s*,\s*"taskId"\s*:\s*("(?:[^"\\]|\\.)*")')
"""n8n writes the settings last (task-broker.service.js: sendTaskSettings)."""


def heard(text: str) -> Frame | None:
    """None for what is not meant for us or not understood: a newer n8n may say more."""
    try:
        said = json.loads(text)
        kind = _HEARD.get(said["type"])
        return kind.model_validate(said) if kind else None
    except (ValueError, TypeError, KeyError, ValidationError):
        return None
    except RecursionError:
        begin = _DEEP.match(text)
        return TooDeep(task_id=json.loads(begin[1])) if begin else None


class _Said(Frame):
    @property
    def wire(self) -> bytes:
        """The frame as it is sent: in ASCII, so that half a surrogate pair in an id or a message does no harm."""
        return json.dumps(self.model_dump(by_alias=True)).encode()


class Info(_Said):
    """Who we are and what we can do."""

    type: Literal["runner:info"] = "runner:info"
    name: str = "3CX runner"
    types: tuple[str, ...] = (TASK_TYPE,)


class Offer(_Said):
    """`valid_for` in ms."""

    type: Literal["runner:taskoffer"] = "runner:taskoffer"
    offer_id: OfferId
    task_type: str = TASK_TYPE
    valid_for: int


class Accepted(_Said):
    """The task is ours; its settings follow."""

    type: Literal["runner:taskaccepted"] = "runner:taskaccepted"
    task_id: TaskId


class Rejected(_Said):
    """The broker looks for another offer."""

    type: Literal["runner:taskrejected"] = "runner:taskrejected"
    task_id: TaskId
    reason: str


class Failed(_Said):
    """What concerns the whole request, as over HTTP (problem.json)."""

    type: Literal["runner:taskerror"] = "runner:taskerror"
    task_id: TaskId
    error: Problem
