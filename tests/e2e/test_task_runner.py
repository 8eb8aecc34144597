"""n8n's task runner as the way to the runner: internal and external mode, and a runner that is absent, late or killed."""

from collections.abc import Iterator

import pytest

from lab.n8n_install import get_n8n
from lab.n8n_instance import N8nInstance
from lab.n8n_rest import Json, N8nRest
from lab.package import NpmPackage
from lab.simulator import Simulator
from lab.stack import CREDENTIAL, Stack, task_brokers
from lab.steps import Steps

from .places import Place, place_at, said
from .workflows import control, data

_SOON = {"N8N_RUNNERS_TASK_REQUEST_TIMEOUT": "15", "N8N_RUNNERS_TASK_TIMEOUT": "10"}


@pytest.fixture(scope="module")
def instances(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[N8nInstance, N8nInstance]]:
    """The session's n8n (internal mode) and a second one (external mode), both served by the one runner."""
    settings = {**stack.n8n.settings, **_SOON, "N8N_RUNNERS_MODE": "external"}
    second = N8nInstance(get_n8n(Steps()), tmp_path_factory.mktemp("external"), settings=settings)
    second.add_package(NpmPackage.of_checkout(Steps()).tarball())
    second.start()
    before = stack.runner.settings
    stack.runner.stop()
    stack.runner.settings = {**before, **task_brokers(stack.n8n, second)}
    stack.runner.start()
    yield stack.n8n, second
    second.stop()
    stack.runner.stop()
    stack.runner.settings = before
    stack.runner.start()


@pytest.fixture(scope="module")
def internal(stack: Stack, instances: object) -> Place:
    return place_at(stack, stack.rest)


@pytest.fixture(scope="module")
def external(stack: Stack, instances: tuple[N8nInstance, N8nInstance]) -> Place:
    rest = N8nRest(instances[1].url)
    rest.sign_in()
    return place_at(stack, rest)


def _look() -> Json:
    return data("Look", "getActiveCalls")


def _dial(number: str) -> Json:
    where = {"__rl": True, "mode": "number", "value": number}
    return control("Dial", "makeCall", target=where, timeout=60)


@pytest.mark.proves("credential.transport", "behaviour.task-runner")
def test_two_n8n_share_one_runner_in_internal_and_in_external_mode(internal: Place, external: Place) -> None:
    begun = [(place, place.begin(_look())) for place in (internal, external, internal, external)]

    ended = [place.rest.ended(execution, within_s=60) for place, execution in begun]

    assert [(one.status, one.error) for one in ended] == [("success", "")] * 4


def test_a_runner_that_is_absent_is_told_in_a_sentence_of_ours(stack: Stack, external: Place) -> None:
    stack.runner.stop()
    try:
        execution = external.run(_look())
    finally:
        stack.runner.start()

    assert execution.status == "error"
    assert "No 3CX runner took the job from n8n's task broker." in said(execution, "Look")
    assert "N8N_RUNNERS_TASK_BROKER_URI" in said(execution, "Look")
    assert "Code node" not in str(execution.error_of("Look"))


def test_a_runner_that_starts_late_does_the_job_that_waits(stack: Stack, external: Place) -> None:
    stack.runner.stop()
    begun = external.begin(_look())
    stack.runner.start()

    assert external.rest.ended(begun, within_s=60).status == "success"


@pytest.mark.parametrize("mode", ["internal", "external"])
def test_a_runner_that_is_killed_in_mid_operation_fails_the_node_at_once(
    stack: Stack, pbx: Simulator, request: pytest.FixtureRequest, mode: str
) -> None:
    place: Place = request.getfixturevalue(mode)
    pbx.behave("101", answersAfter=None)
    begun = place.begin(_dial("101"))
    pbx.ringing("101")

    stack.runner.kill()
    execution = place.rest.ended(begun, within_s=20)
    stack.runner.start()

    assert execution.status == "error"
    assert "broke off before its end" in said(execution, "Dial")
    assert "Node execution failed" not in str(execution.error_of("Dial"))
    assert place.run(_look()).status == "success"


def test_n8ns_own_time_limit_is_named_and_ends_the_call_that_is_placed(
    pbx: Simulator, external: Place
) -> None:
    pbx.behave("101", answersAfter=None)
    begun = external.begin(_dial("101"))
    placed = pbx.ringing("101")

    execution = external.rest.ended(begun, within_s=30)

    assert execution.status == "error"
    assert "N8N_RUNNERS_TASK_TIMEOUT" in said(execution, "Dial")
    pbx.ended(placed, within_s=20)


def test_n8n_that_restarts_is_served_again(
    internal: Place, external: Place, instances: tuple[N8nInstance, N8nInstance]
) -> None:
    instances[1].stop()
    assert internal.run(_look()).status == "success"
    instances[1].start()
    external.rest.sign_in()

    assert external.run(_look()).status == "success"


def test_dropdowns_and_the_credentials_test_say_that_they_need_the_runner_url(
    stack: Stack, internal: Place
) -> None:
    told = stack.rest.test_credential(
        internal.credential, CREDENTIAL, stack.login(transport="taskRunner", runnerUrl="")
    )

    assert told["status"] == "Error"
    assert "Runner URL" in told["message"]
