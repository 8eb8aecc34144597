"""The calls of the demo: who answers, who does not, and where each caller must end."""

from dataclasses import dataclass
from typing import Any

from lab.hearing import heard_prompts
from lab.n8n_rest import Execution, Json
from lab.simulator import CLIENT_ID
from lab.stack import Stack
from lab.waiting import NeverCame, wait_for
from threecx_simulator.control.model import CallReport

TEMPLATE = "smart_ivr"
_LONGEST_S = 120


@dataclass(frozen=True)
class DemoCall:
    """One caller. `people`: what extensions do (`BehaviourPatch` of the simulator); `keys`: pressed one after the other, each
    when the menu is over; `hangs_up`: after the menu.
    """

    caller: str
    story: str
    ends_at: str
    people: dict[str, dict[str, Any]]
    keys: str = ""
    hangs_up: bool = False

    def place(self, stack: Stack, workflow: Json) -> "Seen":
        """Places the call and waits until caller and workflow are done with it."""
        known = {str(row["id"]) for row in stack.rest.executions(workflow)}
        for number, behaviour in self.people.items():
            stack.simulator.behave(number, **behaviour)
        placed = stack.simulator.call(self.caller)
        for menus, key in enumerate(self.keys, start=1):
            _hears_menu(stack, placed, menus)
            stack.simulator.press(placed, key)
        if self.hangs_up:
            _hears_menu(stack, placed, 1)
            stack.simulator.hang_up(placed)
        report = stack.simulator.ended(placed, within_s=_LONGEST_S)
        heard = heard_prompts(stack.simulator.heard_wav(placed))
        return Seen(self, report, _execution(stack, workflow, known), heard)


@dataclass(frozen=True)
class Seen:
    """What became of a call, from the simulator (`report`) and from n8n (`execution`, None when none was started)."""

    call: DemoCall
    report: CallReport
    execution: Execution | None
    heard: list[str]
    """The prompts that the caller heard, recognised by their sound."""

    @property
    def as_expected(self) -> bool:
        """Whether caller and execution ended as they should."""
        succeeded = self.execution is not None and self.execution.status == "success"
        return succeeded and ended_at(self.report) == self.call.ends_at and "main-menu" in self.heard

    def as_json(self) -> dict[str, str | list[str] | None]:
        """The entry of `calls` in the JSON line."""
        return {
            "from": self.call.caller,
            "endedAt": ended_at(self.report),
            "executionId": self.execution.id if self.execution else None,
            "status": self.execution.status if self.execution else None,
            "heard": self.heard,
        }


def _hears_menu(stack: Stack, call: str, times: int) -> None:
    """Returns when the caller has heard the menu so often, the last time to its end; or when the call is over."""

    def heard() -> bool:
        menus = heard_prompts(stack.simulator.heard_wav(call)).count("main-menu")
        return menus >= times or stack.simulator.report(call).state == "ended"

    wait_for(heard, f"the caller hears the menu {times} times", within_s=_LONGEST_S, every_s=0.5)
    stack.simulator.listens(call)


def ended_at(report: CallReport) -> str:
    """Where the caller ended, from the simulator's timeline alone: an extension's number, or how the call ended otherwise."""
    lines = [line.split() for line in report.moments if line.startswith(("ringing ", "connected "))]
    what, number = lines[-1] if lines else ("", "")
    if what == "connected" and number != CLIENT_ID:
        return number
    if report.ended_by != "caller":
        return "nobody answered"
    return "hung up in ringing" if what == "ringing" and number != CLIENT_ID else "hung up in the menu"


def _execution(stack: Stack, workflow: Json, known: set[str]) -> Execution | None:
    try:
        return stack.rest.next_execution(workflow, known, within_s=20)
    except NeverCame:
        return None


_TALKS = {"answersAfter": 2, "hangsUpAfter": 3}
_ABSENT = {"answersAfter": None}

CALLS = (
    DemoCall("+4930111001", "key 1, sales answers", "101", {"101": _TALKS}, keys="1"),
    DemoCall("+4930111002", "a wrong key, then 2: support answers", "102", {"102": _TALKS}, keys="72"),
    DemoCall("+4930111003", "the caller hangs up in the menu", "hung up in the menu", {}, hangs_up=True),
    DemoCall(
        "+4930111004",
        "nobody answers in sales, then key 0: the operator answers",
        "100",
        {"101": _ABSENT, "100": _TALKS},
        keys="10",
    ),
)
