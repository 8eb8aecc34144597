"""The calls of the demo: who answers, who does not, and where each caller must end."""

from dataclasses import dataclass, field
from typing import Any

from lab.n8n_rest import Execution, Json
from lab.simulator import CLIENT_ID
from lab.stack import Stack
from lab.waiting import NeverCame
from threecx_simulator.control.model import CallReport

TEMPLATE = "basic_call_handler"
_LONGEST_S = 120


@dataclass(frozen=True)
class DemoCall:
    """One caller. `people`: what extensions do (`BehaviourPatch` of the simulator); `when`: when the caller hangs up."""

    caller: str
    story: str
    ends_at: str
    people: dict[str, dict[str, Any]]
    when: dict[str, Any] = field(default_factory=dict)

    def place(self, stack: Stack, workflow: Json) -> "Seen":
        """Places the call and waits until caller and workflow are done with it."""
        known = {str(row["id"]) for row in stack.rest.executions(workflow)}
        for number, behaviour in self.people.items():
            stack.simulator.behave(number, **behaviour)
        placed = stack.simulator.call(self.caller, **self.when)
        report = stack.simulator.ended(placed, within_s=_LONGEST_S)
        return Seen(self, report, _execution(stack, workflow, known))


@dataclass(frozen=True)
class Seen:
    """What became of a call, from the simulator (`report`) and from n8n (`execution`, None when none was started)."""

    call: DemoCall
    report: CallReport
    execution: Execution | None

    @property
    def as_expected(self) -> bool:
        """Whether caller and execution ended as they should."""
        succeeded = self.execution is not None and self.execution.status == "success"
        return succeeded and ended_at(self.report) == self.call.ends_at

    def as_json(self) -> dict[str, str | None]:
        """The entry of `calls` in the JSON line."""
        return {
            "from": self.call.caller,
            "endedAt": ended_at(self.report),
            "executionId": self.execution.id if self.execution else None,
            "status": self.execution.status if self.execution else None,
        }


def ended_at(report: CallReport) -> str:
    """Where the caller ended, from the simulator's timeline alone: an extension's number, or how the call ended otherwise."""
    lines = [line.split() for line in report.moments if line.startswith(("ringing ", "connected "))]
    what, number = lines[-1] if lines else ("", "")
    if what == "connected" and number != CLIENT_ID:
        return number
    return "hung up in ringing" if report.ended_by == "caller" else "nobody answered"


def _execution(stack: Stack, workflow: Json, known: set[str]) -> Execution | None:
    try:
        return stack.rest.next_execution(workflow, known, within_s=20)
    except NeverCame:
        return None


_TALKS = {"answersAfter": 2, "hangsUpAfter": 3}
_ABSENT = {"answersAfter": None}

CALLS = (
    DemoCall("+4930111001", "101 answers", "101", {"101": _TALKS, "102": _TALKS}),
    DemoCall("+4930111002", "101 does not answer, 102 does", "102", {"101": _ABSENT, "102": _TALKS}),
    DemoCall(
        "+4930111003",
        "the caller hangs up while 101 rings",
        "hung up in ringing",
        {"101": _ABSENT, "102": _ABSENT},
        {"hangupWhen": "ringing 101", "hangupDelay": 2},
    ),
    DemoCall("+4930111004", "nobody answers", "nobody answered", {"101": _ABSENT, "102": _ABSENT}),
)
