"""Each of n8n's rules is proved by a descriptor that breaks it: the generator names the JSON file, the field and the remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Copy

ANSWER = "call_control/operations/answer_call.json"
TRANSFER = "call_control/operations/transfer_call.json"
RECEIVER = "call_receiver/triggers/incoming_call.json"
CREDENTIAL = "credentials/threecx_call_control_api.json"

Change = Callable[[dict[str, Any]], Any]


def put(value: Any, *path: str) -> Change:
    """Sets one field."""

    def change(content: dict[str, Any]) -> None:
        at = content
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value

    return change


def timeout(field: str, value: str) -> Change:
    """Sets a field of the parameter `timeout`."""
    return put(value, "parameters", "timeout", field)


WRONG: list[tuple[str, Change, str]] = [
    (
        ANSWER,
        timeout("displayName", "timeout seconds"),
        "parameters.timeout.displayName: is not in Title Case; write 'Timeout Seconds'",
    ),
    (ANSWER, timeout("displayName", "Call Id"), "parameters.timeout.displayName: write ID in capitals"),
    (ANSWER, timeout("displayName", "Timeout "), "parameters.timeout.displayName: has spaces too many"),
    (
        ANSWER,
        timeout("displayName", "Timeout ⏰"),
        "parameters.timeout.displayName: holds an emoji; use words",
    ),
    (
        ANSWER,
        timeout("description", ""),
        "parameters.timeout.description: is empty: tell what the user decides here",
    ),
    (
        ANSWER,
        timeout("description", "Timeout (Seconds)"),
        "parameters.timeout.description: repeats the display name",
    ),
    (
        ANSWER,
        timeout("description", "how long"),
        "parameters.timeout.description: begins with a small letter",
    ),
    (
        ANSWER,
        timeout("description", "How long."),
        "parameters.timeout.description: is one sentence: remove the final period",
    ),
    (
        ANSWER,
        timeout("description", "How long. Or not"),
        "parameters.timeout.description: has several sentences: end with a period",
    ),
    (
        ANSWER,
        timeout("description", "How<br>long"),
        "parameters.timeout.description: holds a line break tag; make one text of it",
    ),
    (
        ANSWER,
        timeout("description", "How `long`"),
        "parameters.timeout.description: holds backticks; write the word alone",
    ),
    (
        ANSWER,
        timeout("description", "A <number> of seconds"),
        "parameters.timeout.description: has angle brackets; write &lt; and &gt;",
    ),
    (
        ANSWER,
        timeout("description", 'See <a href="n8n.io">n8n</a>'),
        "parameters.timeout.description: has a link without https://",
    ),
    (ANSWER, timeout("description", "How  long"), "parameters.timeout.description: has spaces too many"),
    (
        ANSWER,
        timeout("description", "Seconds as json"),
        "parameters.timeout.description: write JSON in capitals",
    ),
    (
        ANSWER,
        timeout("description", "Comma separated numbers"),
        'parameters.timeout.description: write "comma-separated" with a hyphen',
    ),
    (
        ANSWER,
        timeout("description", "Operation to perform"),
        "parameters.timeout.description: says nothing: tell what the user decides here",
    ),
    (ANSWER, timeout("placeholder", "e.g. an Url"), "parameters.timeout.placeholder: write URL in capitals"),
    (ANSWER, put("Answer A Call", "action"), "action: is not in sentence case: Call"),
    (ANSWER, put("Answer a call.", "action"), "action: ends with a period"),
    (ANSWER, put("call", "displayName"), "displayName: is not in Title Case; write 'Call'"),
    (
        ANSWER,
        put("nothing", "resource"),
        "resource: node_descriptors/call_control/node.json has no resource 'nothing'",
    ),
    (ANSWER, put(["callUnknwon"], "errors"), "errors: no error has the errorId 'callUnknwon'"),
    (
        ANSWER,
        put({"callId": "c_1"}, "example"),
        "example: has not the fields of the output item; differing: alreadyConnected, fromNumber, participantId, toNumber",
    ),
    (
        TRANSFER,
        put("not connected", "outputs", "notConnected"),
        "outputs.notConnected: is not in Title Case; write 'Not Connected'",
    ),
    (
        TRANSFER,
        put("Hold call", "parameters", "targetType", "options", "queue", "name"),
        "parameters.targetType.options.queue.name: is not in Title Case; write 'Hold Call'",
    ),
    (
        TRANSFER,
        put("Extension", "parameters", "targetType", "options", "queue", "name"),
        "parameters.targetType.options: two of the options are called 'Extension'",
    ),
    (
        TRANSFER,
        put("All *", "parameters", "targetType", "options", "queue", "name"),
        'parameters.targetType.options.queue.name: holds a star; write "[All]"',
    ),
    (
        TRANSFER,
        put("Queue", "parameters", "targetType", "options", "queue", "description"),
        "parameters.targetType.options.queue.description: repeats the name",
    ),
    (
        TRANSFER,
        put("Target", "parameters", "timeout", "displayName"),
        "parameters: two of the parameters are called 'Target'",
    ),
    (
        TRANSFER,
        put("Answer", "displayName"),
        "node_descriptors/call_control/node.json: two of the operations are called 'Answer'",
    ),
    (
        RECEIVER,
        put("Answers at once", "parameters", "autoAnswer", "description"),
        'parameters.autoAnswer.description: of a boolean begins with "Whether"',
    ),
    (
        "call_receiver/node.json",
        put("3CX Call Receiver", "displayName"),
        'displayName: ends with "Trigger" when the node has a trigger, and only then',
    ),
    (
        "call_control/node.json",
        put({"call": "Calls"}, "resources"),
        "resources.call: is plural: name one thing",
    ),
    (CREDENTIAL, put("3CX Login", "displayName"), 'displayName: ends with "API"'),
    (
        CREDENTIAL,
        put("Server Url", "parameters", "serverUrl", "displayName"),
        "parameters.serverUrl.displayName: write URL in capitals",
    ),
]


@pytest.mark.parametrize(("file", "change", "told"), WRONG, ids=[told for _, _, told in WRONG])
def test_a_descriptor_that_breaks_a_rule_of_n8n_is_named_with_its_field(
    copy: Copy, file: str, change: Change, told: str
) -> None:
    copy.edit(file, change)

    faults = copy.faults()

    assert (told if told.startswith("node_descriptors") else f"node_descriptors/{file}: {told}") in faults


def test_the_projects_own_descriptors_break_no_rule(copy: Copy) -> None:
    assert copy.faults() == []


def test_every_fault_of_every_file_is_told_at_once(copy: Copy) -> None:
    copy.edit(ANSWER, timeout("description", "how long"))
    copy.edit(TRANSFER, put("Transfer A Call", "action"))

    assert len(copy.faults()) == 2


@pytest.mark.parametrize(("theme", "told"), [("icon.dark.svg", "missing beside it: icon.dark.svg")])
def test_a_node_without_a_dark_icon_is_a_fault(copy: Copy, theme: str, told: str) -> None:
    (copy.root / "node_descriptors/call_data" / theme).unlink()

    assert copy.faults() == [f"node_descriptors/call_data/node.json: {told}"]


def test_the_same_icon_for_light_and_dark_is_a_fault(copy: Copy) -> None:
    folder = copy.root / "node_descriptors/call_data"
    (folder / "icon.dark.svg").write_bytes((folder / "icon.svg").read_bytes())

    assert copy.faults() == [
        "node_descriptors/call_data/node.json: icon.svg and icon.dark.svg are the same picture"
    ]
