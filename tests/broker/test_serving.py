"""A whole runner at a task broker: the settings reach it, and the real Dispatcher answers."""

from contextlib import AsyncExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from threecx_pbx.clock import SystemClock
from threecx_runner.serve import started
from threecx_runner.settings import load_settings

from .conftest import TOKEN, FakeBroker


async def test_a_serving_runner_takes_tasks_and_its_readiness_names_brokers_that_are_away(
    n8n: FakeBroker, tmp_path: Path, task: dict[str, Any]
) -> None:
    away = "http://127.0.0.1:9"
    settings = load_settings(
        state_dir=tmp_path,
        listen="127.0.0.1:0",
        task_broker_uris=f"{n8n.url},{away}",
        task_broker_token=TOKEN,
    )
    unknown = deepcopy(task["settings"]) | {"operation": "flyToTheMoon"}
    async with AsyncExitStack() as stack:
        runner = await started(settings, SystemClock(), stack)
        connection = await n8n.runner()
        await connection.start("t1", unknown)
        failed = await connection.said("runner:taskerror", taskId="t1")
        async with ClientSession() as http, http.get(f"{runner.api.address}/readyz") as answer:
            told = await answer.json()

    assert failed["error"]["errorId"] == "operationUnknown"
    assert [trouble.split(" is ")[0] for trouble in told["troubles"]] == [f"n8n's task broker at {away}"]


async def test_without_brokers_nothing_is_connected(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path, listen="127.0.0.1:0")
    async with AsyncExitStack() as stack:
        runner = await started(settings, SystemClock(), stack)

        assert runner.brokers.troubles() == []
