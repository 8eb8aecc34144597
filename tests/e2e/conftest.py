"""One real n8n for the whole session, with our package in it, the runner and the simulator; started when first asked for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.bootstrap import ROOT
from lab.editor import browser_program
from lab.n8n_rest import Json, N8nRefused
from lab.simulator import Simulator
from lab.stack import CREDENTIAL, TAKES_EFFECT_S, Stack
from lab.steps import Steps
from lab.waiting import wait_for

_HERE = Path(__file__).parent
_WAYS = ("url", "taskRunner")
BY_URL = pytest.mark.parametrize("transport", _WAYS[:1], indirect=True)
"""For tests of what n8n cannot do by its task runner: triggers, dropdowns, the credential's test. All others run both ways."""

Activate = Callable[[Json], Json]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs n8n, and the first test waits for its installation."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.n8n)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Running until the end of the session."""
    with Stack.in_folder(tmp_path_factory.mktemp("stack"), Steps()) as running:
        yield running


@pytest.fixture
def pbx(stack: Stack) -> Iterator[Simulator]:
    """The simulated PBX with nobody on the phone; everybody answers after a second and talks until the other hangs up."""
    stack.mend()
    stack.simulator.reset()
    for number in ("101", "102"):
        stack.simulator.behave(number, answersAfter=1, hangsUpAfter=None)
    yield stack.simulator
    stack.simulator.reset()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A second PBX with a past: a day or two of a small company's call log."""
    office = Simulator(tmp_path_factory.mktemp("company"), more=("--history", "60"))
    office.start()
    yield office
    office.stop()


@pytest.fixture(scope="session")
def credentials(stack: Stack) -> dict[str, Json]:
    """The right one for each way from n8n to the runner. The task runner's has no Runner URL, so nothing can take that way."""
    logins = {"url": stack.login(), "taskRunner": stack.login(transport="taskRunner", runnerUrl="")}
    return {way: stack.rest.add_credential(f"3CX by {way}", CREDENTIAL, logins[way]) for way in _WAYS}


@pytest.fixture(params=_WAYS, scope="module")
def transport(request: pytest.FixtureRequest) -> str:
    """How action nodes reach the runner: each test of operations runs once for each way, and its result must not depend on it."""
    return str(request.param)


@pytest.fixture
def credential(credentials: dict[str, Json], transport: str) -> Json:
    """The right one for this way."""
    return credentials[transport]


@pytest.fixture
def activate(stack: Stack, credential: Json, credentials: dict[str, Json]) -> Iterator[Activate]:
    """Saves and activates a workflow, waits until the runner serves it; it is deactivated after the test. Triggers go by URL."""
    stack.mend()
    active: list[Json] = []

    def activated(workflow: Json) -> Json:
        saved = stack.add_workflow(workflow, credential, triggers=credentials["url"])
        active.append(saved)
        stack.rest.activate(saved)
        stack.wait_subscribed(saved)
        return saved

    yield activated
    for saved in active:
        _put_away(stack, saved)


@pytest.fixture(scope="session")
def browser() -> str:
    """A browser's program; without one the test says so."""
    found = browser_program()
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where pictures and the like go that a person may want to look at; not committed."""
    folder = ROOT / "tests" / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _put_away(stack: Stack, workflow: Json) -> None:
    try:
        stack.rest.deactivate(workflow)
    except N8nRefused:
        return  # a workflow that was never really active
    wait_for(lambda: not stack.subscribed(workflow), "the subscription is gone", within_s=TAKES_EFFECT_S)
