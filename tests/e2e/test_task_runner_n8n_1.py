"""What n8n 1 can do of the task runner: the same, once N8N_RUNNERS_ENABLED is true."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from lab.n8n_install import N8N_1, get_n8n
from lab.n8n_instance import N8nInstance
from lab.n8n_rest import N8nRest
from lab.package import NpmPackage
from lab.stack import Stack, task_brokers
from lab.steps import Steps

from .places import Place, place_at, said
from .workflows import data

_MODULES = {"N8N_DISABLED_MODULES": ""}  # n8n 1 does not know those of n8n 2
_OFF = {"N8N_RUNNERS_ENABLED": "false"}
_ON = {"N8N_RUNNERS_ENABLED": "true"}

Started = Callable[[dict[str, str]], AbstractContextManager[Place]]


@pytest.fixture
def started(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """An n8n 1 with these settings, whose task broker the runner serves."""
    steps = Steps()
    install, tarball = get_n8n(steps, N8N_1), NpmPackage.of_checkout(steps).tarball()
    before = stack.runner.settings

    def serve(*instances: N8nInstance) -> None:
        stack.runner.stop()
        stack.runner.settings = {**before, **task_brokers(stack.n8n, *instances)} if instances else before
        stack.runner.start()

    @contextmanager
    def start(settings: dict[str, str]) -> Iterator[Place]:
        n8n = N8nInstance(install, tmp_path_factory.mktemp("n8n-1"), settings={**_MODULES, **settings})
        n8n.add_package(tarball)
        n8n.start()
        try:
            serve(n8n)
            rest = N8nRest(n8n.url)
            rest.sign_in()
            yield place_at(stack, rest)
        finally:
            n8n.stop()

    yield start
    serve()


@pytest.mark.proves("behaviour.task-runner")
def test_n8n_1_runs_operations_by_its_task_runner_where_that_is_enabled(started: Started) -> None:
    with ExitStack() as stack:
        without = stack.enter_context(started(_OFF))
        begun = without.begin(data("Look", "getActiveCalls"))
        for mode in ("internal", "external"):
            with started({**_ON, "N8N_RUNNERS_MODE": mode}) as place:
                execution = place.run(data("Look", "getActiveCalls"))
            assert execution.status == "success", (mode, execution.error)
        refused = without.rest.ended(begun, within_s=120)

    assert refused.status == "error"
    assert "This n8n process has no task broker" in said(refused, "Look")
