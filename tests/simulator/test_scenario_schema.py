"""The JSON Schema of scenarios says what the loader says, so that an editor can be believed (issue 5, point 5)."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from threecx_simulator.scenarios.load import BadScenario, loads
from threecx_simulator.scenarios.model import Scenario
from threecx_simulator.scenarios.schema import ScenarioSchema

pytestmark = pytest.mark.proves("simulator.scenarios")

SCHEMA = Scenario.model_json_schema(schema_generator=ScenarioSchema)


def as_an_editor_reads_it(text: str) -> Any:
    def keyed(node: Any) -> Any:
        if isinstance(node, dict):
            return {str(key): keyed(value) for key, value in node.items()}
        return [keyed(one) for one in node] if isinstance(node, list) else node

    return keyed(YAML(typ="safe").load(text) or {})


def call(rest: str) -> str:
    return f"calls:\n  - {{caller: +49301234567, calls: 101, {rest}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        call(
            "name: 5, steps: [{press: 12}, {press: '*#A'}, {wait: 1.5}, {until: connected 101}, {hang_up: yes}]"
        ),
        call("presses: [{at: 1, keys: 1}, {after: prompt, wait: 0.5, keys: '2'}]"),
        call(
            "expects: [{connected_to: 101}, {ended_by: 101}, {ended_by: no answer}, {hears: null, ended_by: caller}]"
        ),
        call(
            "expects: [{hears: 'tone:440', share: 0.5, within: 3}, {hears: ['tone:3999.5:600', 'tone:1:0.1']}]"
        ),
        call("hangs_up_when: ringing 101, hangs_up_delay: 2"),
        "people: {101: {busy: yes, answers_after: null}, 102: {registered: off}, +49170: {presses: 12}}\n",
        "people:\n  101: &p {busy: true}\n  102: {<<: *p, says: 'tone:400:2'}\n",
        "faults: [{at: 0, what: answers, status: 503, method: POST, html: on}, {at: 1, what: call_limit, calls: 0}]\n",
        "faults: [{when: connected 101, what: new_party, number: +49}, {at: 1, what: untick, client: 8001, dn: 1}]\n",
    ],
)
def test_what_the_loader_accepts_the_schema_accepts(text: str) -> None:
    loads(text)
    assert not list(Draft202012Validator(SCHEMA).iter_errors(as_an_editor_reads_it(text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "people: {}\n",
        "- 1\n",
        call("colour: red"),
        call("at: -1"),
        call("at: '3'"),
        call("at: yes"),
        call("at: 1e30"),
        call("hangs_up_delay: 1"),
        call("hangs_up_when: rings 101"),
        call("steps: [{}]"),
        call("steps: [{wait: 1, press: 1}]"),
        call("steps: [{press: 1x}]"),
        call("steps: [{until: conected 101}]"),
        call("steps: [{hang_up: no}]"),
        call("steps: [{say: ''}]"),
        call("steps: [{say: 'text: '}]"),
        call("steps: [{say: 'tone:4000:1'}]"),
        call("steps: [{say: 'tone:440:0'}]"),
        call("steps: [{say: 'tone:440:601'}]"),
        call("presses: [{at: 1, after: prompt, keys: 1}]"),
        call("expects: [{}]"),
        call("expects: [{hears: []}]"),
        call("expects: [{hears: 'tone:1:1', ended_by: caller}]"),
        call("expects: [{hears: 'tone:1:1', share: 0}]"),
        call("expects: [{ended_by: the cat}]"),
        call("expects: [{ended_by: caller, within: 2}]"),
        call("expects: [{connected_to: 101, share: 0.5}]"),
        call("expects: [{connected_to: 101, after: presed 1}]"),
        "people: {101: {busy: perhaps}}\n",
        "people: {101: {busy: true, answers_after: 3}}\n",
        "people: {101: {exists: off, answers_after: 3}}\n",
        "faults: [{what: restart}]\n",
        "faults: [{at: 1, when: ringing 101, what: restart}]\n",
        "faults: [{at: 1, what: fire}]\n",
        "faults: [{at: 1, what: answers}]\n",
        "faults: [{at: 1, what: answers, status: 200}]\n",
        "faults: [{at: 1, what: answers, status: 503, method: post}]\n",
        "faults: [{at: 1, what: restart, status: 503}]\n",
        "faults: [{at: 1, what: new_party, number: '1'}]\n",
        "faults: [{at: 1, what: call_limit, calls: -1}]\n",
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(text: str) -> None:
    with pytest.raises(BadScenario):
        loads(text)
    assert list(Draft202012Validator(SCHEMA).iter_errors(as_an_editor_reads_it(text)))
