"""What n8n 1 can do of the task runner: the same, once N8N_RUNNERS_ENABLED is true."""

from collections.abc import Iterator

import pytest

from lab.n8n_install import N8N_1, get_n8n
from lab.n8n_instance import N8nInstance
from lab.n8n_rest import N8nRest
from lab.package import NpmPackage
from lab.stack import Stack, task_brokers
from lab.steps import Steps

from .places import place_at, said
from .workflows import data

pytestmark = pytest.mark.long  # another n8n of 1.8 GB is installed

_MODULES = {"N8N_DISABLED_MODULES": ""}  # n8n 1 does not know those of n8n 2


@pytest.fixture(scope="module")
def n8n_1(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[N8nInstance]:
    """Not started; the runner serves its broker once it is there."""
    steps = Steps()
    n8n = N8nInstance(get_n8n(steps, N8N_1), tmp_path_factory.mktemp("n8n-1"))
    n8n.add_package(NpmPackage.of_checkout(steps).tarball())
    before = stack.runner.settings
    stack.runner.stop()
    stack.runner.settings = {**before, **task_brokers(stack.n8n, n8n)}
    stack.runner.start()
    yield n8n
    n8n.stop()
    stack.runner.stop()
    stack.runner.settings = before
    stack.runner.start()


@pytest.mark.proves("behaviour.task-runner")
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"N8N_RUNNERS_ENABLED": "true"}, ""),
        ({"N8N_RUNNERS_ENABLED": "true", "N8N_RUNNERS_MODE": "external"}, ""),
        ({"N8N_RUNNERS_ENABLED": "false"}, "This n8n process has no task broker"),
    ],
    ids=["internal", "external", "not enabled"],
)
def test_n8n_1_runs_operations_by_its_task_runner_where_that_is_enabled(
    stack: Stack, n8n_1: N8nInstance, settings: dict[str, str], told: str
) -> None:
    n8n_1.stop()
    n8n_1.settings = {**_MODULES, **settings}
    n8n_1.start()
    rest = N8nRest(n8n_1.url)
    rest.sign_in()

    execution = place_at(stack, rest).run(data("Look", "getActiveCalls"))

    assert execution.status == ("error" if told else "success"), execution.error
    assert told in said(execution, "Look")
