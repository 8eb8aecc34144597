"""scripts/new_operation NODE OPERATION: writes the three files of a new operation and says what to fill in."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from threecx_runner.naming import camel

ROOT = Path(__file__).resolve().parents[2]


class CannotMake(ValueError):
    """The names do not give a new operation; the message says why."""


def scaffold(root: Path, node: str, operation: str) -> dict[Path, str]:
    """Path below `root` → content. Names may be given in snake or camel case. Raises CannotMake."""
    node, operation = _snake(node), _snake(operation)
    descriptors = Path("node_descriptors") / node
    action_nodes = sorted(found.parent.name for found in (root / "node_descriptors").glob("*/operations"))
    if node not in action_nodes:
        raise CannotMake(f"there is no action node {node!r}; there are: {', '.join(action_nodes)}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", operation):
        raise CannotMake(f"{operation!r} is no name for an operation; write for example park_call")
    files = {
        Path("nodes") / node / f"{operation}.py": _python(node, operation),
        descriptors / "operations" / f"{operation}.json": _descriptor(root / descriptors, node, operation),
        Path("tests/nodes") / node / f"test_{operation}.py": _test(node, operation),
    }
    there = [str(path) for path in files if (root / path).exists()]
    if there:
        raise CannotMake(f"there already: {', '.join(there)}")
    return files


def make(
    node: Annotated[str, typer.Argument(help="call_control or call_data")],
    operation: Annotated[str, typer.Argument(help="for example park_call")],
) -> None:
    """Writes the operation's Python file, its descriptor and its test; each says what it still lacks."""
    try:
        files = scaffold(ROOT, node, operation)
    except CannotMake as error:
        sys.exit(str(error))
    todo = ("parameters, result and the deed", "description and labels", "what callers and the workflow see")
    for (path, content), lacking in zip(files.items(), todo, strict=True):
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(content, "utf-8")
        print(f"{path}: fill in {lacking}")
    print("then: scripts/generate, and scripts/check names what is missing")


def main() -> None:
    """The command."""
    typer.run(make)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _words(operation: str) -> str:
    return operation.replace("_", " ")


def _about_call(node: str) -> bool:
    return node == "call_control"


def _python(node: str, operation: str) -> str:
    source = _CALL_OPERATION if _about_call(node) else _DATA_OPERATION
    name = "".join(word.capitalize() for word in operation.split("_"))
    return source.format(operation=operation, name=name, title=_words(operation).title())


def _descriptor(folder: Path, node: str, operation: str) -> str:
    resources = json.loads((folder / "node.json").read_text("utf-8"))["resources"]
    content = {
        "$schema": "../../schema/operation.schema.json",
        "resource": next(iter(resources)),
        "displayName": _words(operation).title(),
        "action": _words(operation).capitalize(),
        "description": "",
        "parameters": {},
        "errors": ["callUnknown", "callEnded"] if _about_call(node) else [],
        "example": {"callId": "c_9f2a61d0c4b7e835"} if _about_call(node) else {"id": 17},
    }
    return json.dumps(content, indent=2) + "\n"


def _test(node: str, operation: str) -> str:
    source = _CALL_TEST if _about_call(node) else _DATA_TEST
    return source.format(
        node=node, operation=operation, value=camel(operation), title=_words(operation).title()
    )


_CALL_OPERATION = '''"""{title}."""

from threecx_runner.sdk import CallParams, CallResult, Context, Effect, operation


class Params(CallParams):
    """Parameters of {title}."""


class {name}Result(CallResult):
    """What {title} gives."""


@operation(result={name}Result, effect=Effect.CALL)
async def {operation}(on: Context, ask: Params) -> {name}Result:
    """Finds the call."""
    return {name}Result(call_id=on.call().id)
'''

_DATA_OPERATION = '''"""{title}."""

from threecx_runner.sdk import Context, Effect, Params, Result, operation


class {name}Params(Params):
    """Parameters of {title}."""


class {name}Row(Result):
    """One output item of {title}."""

    id: int


@operation(result={name}Row, effect=Effect.READ)
async def {operation}(on: Context, ask: {name}Params) -> list[{name}Row]:
    """Reads nothing yet."""
    return []
'''

_CALL_TEST = '''"""{title}."""

from .conftest import Workflow


async def test_an_unknown_call_is_refused_with_the_remedy(workflow: Workflow) -> None:
    line = await workflow.run("{value}", "c_00000000000000ff")

    assert line["error"]["errorId"] == "callUnknown"
'''

_DATA_TEST = '''"""{title}."""

from threecx_nodes.{node}.{operation} import {operation}
from threecx_runner.sdk import Effect


def test_it_only_reads() -> None:
    assert {operation}.effect is Effect.READ
'''
