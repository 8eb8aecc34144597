"""What a person sees in n8n's editor."""

from pathlib import Path

import pytest

from lab.demo_calls import CALLS, TEMPLATE
from lab.editor import open_editor
from lab.simulator import Simulator
from lab.stack import Stack, template

from .conftest import BY_URL, Activate

_NODES = ("3CX Call Control", "3CX Call Data", "3CX Call Monitor", "3CX Call Receiver")


@pytest.mark.proves("install.editor-node-panel")
def test_the_four_nodes_are_found_in_the_node_panel_with_their_icons(
    stack: Stack, browser: str, artifacts: Path
) -> None:
    with open_editor(stack.n8n.url, browser) as editor:
        editor.search_nodes("3cx")
        icons = {name: editor.panel_icon(name) for name in _NODES}
        editor.picture(artifacts / "node-panel.png")

    assert all("n8n-nodes-3cx-call-control" in source for source in icons.values()), icons


@BY_URL
def test_the_execution_of_a_call_is_seen_on_the_canvas(
    stack: Stack, pbx: Simulator, activate: Activate, browser: str, artifacts: Path
) -> None:
    workflow = activate(template(TEMPLATE))
    seen = CALLS[1].place(stack, workflow)
    assert seen.execution is not None

    with open_editor(stack.n8n.url, browser) as editor:
        editor.show_execution(workflow["id"], seen.execution.id, nodes=4)
        editor.picture(artifacts / "execution.png")
        succeeded = editor.part("canvas-node-status-success").count()

    assert succeeded >= 4
