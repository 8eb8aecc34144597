"""A new operation begins as three files; what they lack is named, and filled in they are a working operation."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import threecx_nodes.call_control
from codegen.new_operation import CannotMake, scaffold

from .conftest import ROOT, Copy


@pytest.fixture
def written(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    """The three files of `park_call`, and a Python node package that holds them beside the real ones."""
    for path, content in scaffold(copy.root, "call_control", "park_call").items():
        (copy.root / path).parent.mkdir(parents=True, exist_ok=True)
        (copy.root / path).write_text(content, "utf-8")
    real = list(threecx_nodes.call_control.__path__)
    monkeypatch.setattr(
        threecx_nodes.call_control, "__path__", [*real, str(copy.root / "nodes/call_control")]
    )
    importlib.invalidate_caches()
    yield copy
    sys.modules.pop("threecx_nodes.call_control.park_call", None)


def test_three_files_bear_the_same_path(copy: Copy) -> None:
    assert [str(path) for path in scaffold(copy.root, "callControl", "parkCall")] == [
        "nodes/call_control/park_call.py",
        "node_descriptors/call_control/operations/park_call.json",
        "tests/nodes/call_control/test_park_call.py",
    ]


def test_what_a_new_operation_lacks_is_named(written: Copy) -> None:
    assert written.faults() == [
        "node_descriptors/call_control/operations/park_call.json: description: is empty: tell what the operation does"
    ]


def test_with_its_description_a_new_operation_is_generated(written: Copy) -> None:
    written.edit(
        "call_control/operations/park_call.json",
        lambda one: one.update(description="Parks the caller in a free slot"),
    )

    files = written.generate()

    assert "value: 'parkCall'" in files[Path("nodes/n8n/ThreeCxCallControl/ThreeCxCallControl.node.ts")]
    assert Path("docs/operations/call_control/park_call.md") in files


@pytest.mark.parametrize(
    ("node", "operation", "told"),
    [
        (
            "call_receiver",
            "park_call",
            "there is no action node 'call_receiver'; there are: call_control, call_data",
        ),
        ("call_control", "answer_call", "there already: "),
        ("call_control", "park-call", "'park-call' is no name for an operation"),
    ],
)
def test_names_that_give_no_new_operation_are_refused(
    copy: Copy, node: str, operation: str, told: str
) -> None:
    shutil.copytree(ROOT / "nodes/call_control", copy.root / "nodes/call_control")

    with pytest.raises(CannotMake, match=told):
        scaffold(copy.root, node, operation)


@pytest.mark.parametrize("node", ["call_control", "call_data"])
def test_a_new_operation_is_python_that_compiles(copy: Copy, node: str) -> None:
    for path, content in scaffold(copy.root, node, "see_through_walls").items():
        if path.suffix == ".py":
            compile(content, str(path), "exec")
