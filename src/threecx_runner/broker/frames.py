"""The JSON frames between a task broker and its runners, as n8n 1.123 and 2.41 send and take them (platform.md 3.4)."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NewType

from pydantic import BaseModel, ConfigDict, SerializeAsAny, ValidationError

from threecx_runner.api.wire import EndLine, FileAnswer, Line, Problem
from threecx_runner.broker.pieces import PieceAnswer
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


def heard(text: str) -> Frame | None:
    """None for what is not meant for us or not understood: a newer n8n may say more."""
    try:
        said = json.loads(text)
        kind = _HEARD.get(said["type"])
        return kind.model_validate(said) if kind else None
    except (ValueError, TypeError, KeyError, ValidationError):
        return None


class _Said(Frame):
    @property
    def text(self) -> str:
        """The frame as it is sent."""
        return self.model_dump_json(by_alias=True)


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


class Outcome(Frame):
    """What `startJob` gives to the node: the lines of outcome.json, the end line included."""

    lines: Sequence[SerializeAsAny[Line | EndLine]]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Outcome":
        """All lines of an operation's answer."""
        return cls(lines=[*lines, EndLine()])


Result = Outcome | FileAnswer | PieceAnswer


class _Data(Frame):
    result: Result


class Done(_Said):
    """The node's answer."""

    type: Literal["runner:taskdone"] = "runner:taskdone"
    task_id: TaskId
    data: _Data

    @classmethod
    def of(cls, task: TaskId, result: Result) -> "Done":
        """A task that has come to its end."""
        return cls(task_id=task, data=_Data.model_construct(result=result))


class Failed(_Said):
    """What concerns the whole request, as over HTTP (problem.json)."""

    type: Literal["runner:taskerror"] = "runner:taskerror"
    task_id: TaskId
    error: Problem
