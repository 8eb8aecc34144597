"""n8n dies while a caller is in a menu: ring-back, a word of explanation, a person."""

import pytest

from lab.hearing import heard_prompts
from lab.simulator import Simulator
from lab.stack import Stack, template

from .conftest import BY_URL, Activate


@BY_URL
@pytest.mark.proves("care.workflow-stopped", "receiver.idleAudio", "receiver.idleTimeout")
def test_a_caller_in_the_menu_of_a_killed_n8n_hears_ring_back_then_the_fallback_then_the_operator(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    pbx.behave("100", answersAfter=1)
    workflow = template("smart_ivr")
    workflow["nodes"][0]["parameters"]["idleTimeout"] = 8
    activate(workflow)

    placed = pbx.call("+4930111040")
    pbx.listens(placed)
    with stack.n8n_killed():
        report = pbx.reached(placed, "connected 100", within_s=40)
        heard = pbx.heard(placed)
        names = heard_prompts(pbx.heard_wav(placed))

    assert report.connected_to == "100"
    assert names[0] == "welcome"
    assert names[-1] == "fallback"
    # a second of ring-back, each five seconds, between the menu and the word
    assert any(0.8 < span.end - span.start < 1.2 for span in heard.sounds)
