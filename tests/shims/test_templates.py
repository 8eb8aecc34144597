"""Every template: a file that somebody else's n8n imports, with what the nodes have today and nothing of ours in it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lab.bootstrap import ROOT
from lab.stack import PACKAGE
from threecx_runner.registry import found

_FILES = sorted((ROOT / "templates").glob("*.json"))
_EXPRESSION_NODE = re.compile(r"\$\('([^']+)'\)")
Json = dict[str, Any]


@pytest.fixture(params=_FILES, ids=[path.stem for path in _FILES])
def workflow(request: pytest.FixtureRequest) -> Json:
    return dict(json.loads(request.param.read_text("utf-8")))


def test_it_can_be_imported_by_n8n_1_and_2_and_brings_no_credential(workflow: Json) -> None:
    ids = [node["id"] for node in workflow["nodes"]]

    # without `active` n8n 1 answers "NOT NULL constraint failed"
    assert workflow["active"] is False
    assert workflow["settings"]["executionOrder"] == "v1"
    assert len(set(ids)) == len(ids)
    assert [node["name"] for node in workflow["nodes"] if "credentials" in node] == []


def test_its_3cx_nodes_use_operations_and_parameters_that_there_are(workflow: Json) -> None:
    registry = found()
    for node in workflow["nodes"]:
        package, kind = node["type"].split(".")
        if package != PACKAGE or kind.endswith("Trigger"):
            continue
        told = dict(node["parameters"])
        name, resource = told.pop("operation"), told.pop("resource")
        own = kind.removeprefix("threeCx")
        operation = registry.operation(own[0].lower() + own[1:], name)
        known = {str(field.alias) for field in operation.params.model_fields.values()}
        assert {*told, *told["options"]} <= {*known, "options"}, node["name"]
        assert resource == _resource(own, name), node["name"]


def test_its_connections_and_expressions_name_nodes_that_there_are(workflow: Json) -> None:
    names = {node["name"] for node in workflow["nodes"]}
    linked = {link["node"] for link in _links(workflow)} | set(workflow["connections"])
    meant = set(_EXPRESSION_NODE.findall(json.dumps(workflow["nodes"])))

    assert linked | meant <= names
    assert {node["name"] for node in workflow["nodes"] if "stickyNote" not in node["type"]} <= linked


def test_a_note_on_the_canvas_says_what_to_set_up(workflow: Json) -> None:
    (note,) = [node for node in workflow["nodes"] if node["type"] == "n8n-nodes-base.stickyNote"]

    assert "uvx threecx-runner serve" in note["parameters"]["content"]
    assert "*3CX Call Control API* credential" in note["parameters"]["content"]


def test_third_parties_are_n8ns_own_nodes(workflow: Json) -> None:
    kinds = {node["type"] for node in workflow["nodes"]}

    assert {kind.split(".")[0] for kind in kinds} <= {PACKAGE, "n8n-nodes-base", "@n8n/n8n-nodes-langchain"}
    assert "n8n-nodes-base.httpRequest" not in kinds


@pytest.mark.parametrize("figure", ["averageWaitTime", "slaPercent"])
def test_the_daily_report_has_a_dash_for_a_figure_that_nobody_knows(figure: str) -> None:
    report = (ROOT / "templates" / "daily_call_report.json").read_text("utf-8")

    assert f"$json.{figure} == null ? '\u2013' : Math.round($json.{figure})" in report


def test_every_template_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "templates.md").read_text("utf-8")

    assert [path.name for path in _FILES if f"`{path.name}`" not in page] == []


def _resource(node: str, operation: str) -> str:
    folder = ROOT / "node_descriptors" / _snake(node) / "operations"
    return str(json.loads((folder / f"{_snake(operation)}.json").read_text("utf-8"))["resource"])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _links(workflow: Json) -> Iterator[Json]:
    for outputs in workflow["connections"].values():
        for branch in outputs["main"]:
            yield from branch
