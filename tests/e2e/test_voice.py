"""The voice templates on a real n8n: callers hear a menu, press keys, and end where the workflow sends them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.hearing import heard_prompts
from lab.n8n_rest import Json
from lab.simulator import Simulator
from lab.stack import Stack, template
from lab.waiting import wait_for
from threecx_simulator.control.model import CallReport

from .conftest import Activate

_TALKS = {"answersAfter": 1, "hangsUpAfter": 2}


@dataclass(frozen=True)
class Story:
    """What a caller does: keys, each after a prompt, and perhaps the end. `ends`: a moment of the call that shows where."""

    name: str
    caller: str
    ends: str
    keys: str = ""
    hangs_up: bool = False

    def tell(self, pbx: Simulator) -> tuple[CallReport, bytes]:
        """Places the call and does it; the call once it is over, and what its caller heard."""
        call = pbx.call(self.caller)
        for key in self.keys.split():
            pbx.listens(call)
            pbx.press(call, key)
        if self.hangs_up:
            pbx.listens(call)
            pbx.hang_up(call)
        return pbx.ended(call, within_s=90), pbx.heard_wav(call)


_AT_ONCE = [
    Story("key 1", "+4930111021", "connected 101", "1"),
    Story("a wrong key, then 2", "+4930111022", "connected 102", "7 2"),
    Story("hangs up in the menu", "+4930111023", "ended by caller", hangs_up=True),
    Story("says nothing", "+4930111024", "ended by 8001"),
]
_BUSY = Story("101 is busy, then 0", "+4930111025", "connected 100", "1 0")
_DIALS_102 = Story("dials 102", "+4930111026", "connected 102", "102")


@dataclass(frozen=True)
class Telling:
    """Stories told to one template, all at once; what each caller heard is kept, to listen to."""

    stack: Stack
    activate: Activate
    artifacts: Path
    transport: str

    def tell(self, name: str, *stories: Story) -> None:
        """Each call ends where its story says, its execution succeeds, and it began with the greeting."""
        workflow = self.activate(template(name))
        with ThreadPoolExecutor() as pool:
            told = list(pool.map(lambda story: story.tell(self.stack.simulator), stories))
        for story, (report, wav) in zip(stories, told, strict=True):
            (self.artifacts / f"{name}, {story.name}, {self.transport}.wav").write_bytes(wav)
            assert story.ends in report.moments, story.name
            assert heard_prompts(wav)[0] == "welcome", story.name
        assert self._executions(workflow, len(stories)) == {story.caller: "success" for story in stories}

    def _executions(self, workflow: Json, count: int) -> dict[str, str]:
        """How the execution of each caller ended."""

        def look() -> list[Json] | None:
            rows = self.stack.rest.executions(workflow)
            return rows if len(rows) == count else None

        rows = wait_for(look, f"{count} executions of {workflow['name']}", within_s=30)
        ended = [self.stack.rest.ended(str(row["id"])) for row in rows]
        receiver = workflow["nodes"][0]["name"]
        return {one.items(receiver)[0]["fromNumber"]: one.status for one in ended}


@pytest.fixture
def telling(stack: Stack, pbx: Simulator, activate: Activate, artifacts: Path, transport: str) -> Telling:
    for number in ("100", "101", "102"):
        pbx.behave(number, **_TALKS)
    return Telling(stack, activate, artifacts, transport)


@pytest.mark.proves("template.smart_ivr", "control.menu", "control.outputs", "receiver.concurrent-calls")
def test_callers_of_the_menu_each_end_where_their_keys_lead(telling: Telling) -> None:
    telling.tell("smart_ivr", *_AT_ONCE)


@pytest.mark.proves("control.transferCall.supervised", "control.transferCall.outcomes")
def test_a_caller_whom_sales_does_not_take_is_back_in_the_menu(telling: Telling, pbx: Simulator) -> None:
    pbx.behave("101", busy=True)
    telling.tell("smart_ivr", _BUSY)


@pytest.mark.proves("template.smart_ivr_guide")
def test_the_guide_s_own_form_does_the_same_with_a_switch(telling: Telling) -> None:
    telling.tell("smart_ivr_guide", *_AT_ONCE[:3])


@pytest.mark.proves("template.basic_call_handler")
def test_the_basic_handler_greets_collects_and_routes(telling: Telling) -> None:
    telling.tell("basic_call_handler", _DIALS_102)
