"""Every request that Call Data makes of the XAPI stands in 3CX's own OpenAPI file, with its method and its parameters in order."""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from threecx_nodes.call_data.get_report import ReportName
from threecx_runner.registry import found

from .conftest import ALL_TIME, Data

_SHARED = Path(os.environ.get("THREECX_SHARED", Path(__file__).parents[4] / "shared"))
_FILE = _SHARED / "3cx" / "xapi-swagger.yaml"
_METHODS = ("get", "post", "put", "patch", "delete")
pytestmark = pytest.mark.skipif(
    not _FILE.exists(), reason=f"3CX's OpenAPI file is not at {_FILE}: set THREECX_SHARED"
)

_EXTENSION = {"mode": "number", "value": "104"}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("getActiveCalls", {"includeDetails": True}),
    ("getCallHistory", {**ALL_TIME, "filters": {"did": "+4930555101"}, "limit": 3}),
    ("getCallHistory", {**ALL_TIME, "includeRecordings": "binaries", "limit": 20}),
    ("getQueueStats", {"timeRange": "today", "metrics": ["waitingCalls", "perAgent", "serviceLevel"]}),
    ("getQueueAgents", {"queueId": "800"}),
    ("getSystemStatus", {}),
    ("getOfficeState", {}),
    ("getExtensions", {"returnAll": True}),
    ("getExtensionStatus", {"extension": _EXTENSION}),
    ("getExtensionStatus", {"extension": {"mode": "id", "value": "@extension"}}),
    ("setExtensionStatus", {"extension": _EXTENSION, "profile": "Away"}),
    ("setAgentQueueStatus", {"extension": _EXTENSION, "status": "loggedOut"}),
    ("getRecordings", {**ALL_TIME, "filters": {"extensions": "102"}, "limit": 3}),
    ("downloadRecording", {"recording": "@recording"}),
    ("transcribeRecording", {"recording": "@recording", "timeout": 1}),
    ("findContact", {"findBy": "number", "search": "+4930555"}),
    ("findContact", {"findBy": "text", "search": "O'Hara"}),
    ("createContact", {"firstName": "Ada", "phoneNumber": "+493012345"}),
    ("blockCaller", {"number": "+49301234567"}),
    ("xapiRequest", {"path": "Users", "query": {"filter": "Number eq '101'"}}),
    *(("getReport", {"report": report.value, **ALL_TIME, "limit": 2}) for report in ReportName),
]
"""Each operation with parameters that lead it through all that it asks; `@…` is filled in."""


@cache
def swagger() -> dict[str, set[str]]:
    """Path with each argument as `{}` → its methods. Read line by line: paths and methods have fixed indents."""
    known: dict[str, set[str]] = {}
    path = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if named := re.fullmatch(r"  ['\"]?(/.*?)['\"]?:", line):
            path = re.sub(r"'?\{[^}]*\}'?", "{}", named.group(1).replace("''", "'"))
            known.setdefault(path, set())
        elif path and (method := re.fullmatch(r"    (\w+):", line)) and method.group(1) in _METHODS:
            known[path].add(method.group(1).upper())
        elif re.match(r"\S", line) and line != "paths:":
            path = ""
    return known


def shape(path: str) -> str:
    """`/Users(29)/Groups` → `/Users({})/Groups`; parameters keep their names and their order."""
    plain = unquote(path).removeprefix("/xapi/v1").split("?")[0]
    texts = re.sub(r"'(?:[^']|'')*'", "{}", plain)
    named = re.sub(r"(\w+)=[^,()]+", r"\1={}", texts)
    return re.sub(r"\((?!\w+=)[^()]+\)", "({})", named)


def strange(asked: set[tuple[str, str]]) -> list[str]:
    """What 3CX's file does not know."""
    return sorted(
        f"{method} {path}" for method, path in asked if method not in swagger().get(shape(path), set())
    )


def filled(value: Any, known: Mapping[str, str]) -> Any:
    """With what only the running PBX knows, in place of the names."""
    if isinstance(value, dict):
        return {key: filled(one, known) for key, one in value.items()}
    return known.get(value, value) if isinstance(value, str) else value


def requests_of(data: Data) -> set[tuple[str, str]]:
    asked = data.sim.control.requests().asked
    return {(one.method, one.path) for one in asked if one.path.startswith("/xapi/")}


async def test_every_request_of_every_operation_is_one_that_3cx_describes(data: Data) -> None:
    (recording, *_) = await data.run("getRecordings", **ALL_TIME, filters={"transcribed": "no"})
    (extension,) = [one for one in await data.run("getExtensions") if one["number"] == "104"]
    known = {"@recording": str(recording["recordingId"]), "@extension": str(extension["id"])}
    (call, *_) = await data.run("getCallHistory", timeRange="today", limit=1)
    data.login["allowDataChanges"] = True
    asked = [*ASKED, ("getCallDetails", {"callHistoryId": call["callHistoryId"]})]

    for operation, parameters in asked:
        await data.lines(operation, **filled(parameters, known))

    for name in (one for one in found().lists if one != "prompts"):
        await data.options(name)
    await data.account()

    assert {operation for operation, _ in asked} == {
        name for node, name in found().operations if node == "callData"
    }
    assert len(requests_of(data)) > 40
    assert strange(requests_of(data)) == []


def test_a_request_that_3cx_does_not_describe_is_found() -> None:
    assert len(swagger()) == 480
    assert strange({("GET", "/xapi/v1/Users(29)"), ("PATCH", "/xapi/v1/Users(29)")}) == []
    assert strange({("PUT", "/xapi/v1/Users(29)")})
    assert strange({("GET", "/xapi/v1/Usres")})
    log = "/xapi/v1/ReportQueueCallbacks/Pbx.GetQueueCallbacksData(queueDnStr='800',startDt=2026-01-01T00:00:00Z,endDt=2026-01-02T00:00:00Z)"
    assert strange({("GET", log)}) == []
    assert strange({("GET", log.replace("queueDnStr='800',", "").replace("Z)", "Z,queueDnStr='800')"))})
