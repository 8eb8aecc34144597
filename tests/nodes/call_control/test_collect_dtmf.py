"""Collect DTMF: what the caller types arrives, in time, hidden when secret, and nothing of it is lost."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.readings import ANSWERED
from threecx_pbx.calls.entry import Preset, fits

from .conftest import SHIPPED, Workflow, samples

PROMPT = {"mode": "list", "value": "en/please-hold"}


async def typed(workflow: Workflow, keys: str, **parameters: Any) -> dict[str, Any]:
    """What Collect DTMF says of a caller who types these keys ahead."""
    call = await workflow.call()
    call.press(keys)
    return await call.run("collectDTMF", **parameters)


def said(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["output"], line["item"]["dtmfInput"], line["item"]["status"]


@pytest.mark.proves("control.collectDTMF")
async def test_digits_arrive_after_a_prompt(workflow: Workflow) -> None:
    call = await workflow.call()
    asking = asyncio.create_task(call.run("collectDTMF", prompt=PROMPT, maxDigits=2))
    await workflow.sim.control.after_prompt(call.report)
    call.press("12")
    line = await asking
    assert line["output"] == "collected"
    assert line["item"] == {
        "callId": call.id,
        "dtmfInput": "12",
        "status": "completed",
        "attempts": 1,
        "matches": None,
    }
    await call.hears(samples(SHIPPED / "en/please-hold.wav"))


@pytest.mark.proves("control.collectDTMF.type-ahead")
async def test_keys_pressed_before_the_prompt_count(workflow: Workflow) -> None:
    line = await typed(workflow, "47", prompt=PROMPT, maxDigits=2)
    assert said(line) == ("collected", "47", "completed")


@pytest.mark.proves("control.collectDTMF.type-ahead")
async def test_keys_pressed_before_the_prompt_are_forgotten_when_asked(workflow: Workflow) -> None:
    line = await typed(workflow, "4", typeAhead=False, timeout=1, retries=0)
    assert said(line) == ("noInput", "", "timeout")


@pytest.mark.proves("control.collectDTMF.terminators")
@ANSWERED
@pytest.mark.parametrize("terminators", ["#", ["#", "*"], "*, #"])
async def test_a_terminator_ends_the_input_and_is_no_part_of_it(
    workflow: Workflow, terminators: object
) -> None:
    line = await typed(workflow, "123#9", maxDigits=10, terminators=terminators)
    assert said(line) == ("collected", "123", "terminator")


@ANSWERED
async def test_a_star_is_a_key_like_others_when_it_ends_nothing(workflow: Workflow) -> None:
    line = await typed(workflow, "1*2#", maxDigits=4, terminators="")
    assert said(line) == ("collected", "1*2#", "completed")


@pytest.mark.proves("control.collectDTMF.retries")
@ANSWERED
async def test_silence_repeats_the_prompt_as_often_as_asked(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("collectDTMF", prompt=PROMPT, timeout=1, retries=1)
    assert said(line) == ("noInput", "", "timeout")
    assert line["item"]["attempts"] == 2
    once = samples(SHIPPED / "en/please-hold.wav")
    heard = workflow.sim.control.heard(call.report)
    assert sum(span.end - span.start for span in heard.spans if span.sound) > 1.5 * len(once) / 16_000


@pytest.mark.proves("control.collectDTMF.retries")
@ANSWERED
async def test_wrong_input_is_told_and_asked_for_again(workflow: Workflow) -> None:
    call = await workflow.call()
    call.press("9")
    invalid = {"mode": "list", "value": "en/invalid"}
    asking = asyncio.create_task(
        call.run("collectDTMF", pattern="1,2", invalidPrompt=invalid, retries=1, timeout=5)
    )
    await workflow.sim.control.after_prompt(call.report)
    call.press("2")
    line = await asking
    assert said(line) == ("collected", "2", "completed")
    assert line["item"]["attempts"] == 2
    await call.hears(samples(SHIPPED / "en/invalid.wav"))


@ANSWERED
async def test_input_that_stays_wrong_leaves_by_no_input(workflow: Workflow) -> None:
    line = await typed(workflow, "9", pattern="1,2", retries=0)
    assert said(line) == ("noInput", "9", "invalid")


@pytest.mark.proves("control.collectDTMF.timeout")
@ANSWERED
async def test_silence_after_enough_keys_completes_the_input(workflow: Workflow) -> None:
    line = await typed(workflow, "12", maxDigits=6, interDigitTimeout=1)
    assert said(line) == ("collected", "12", "completed")


@pytest.mark.proves("control.collectDTMF.timeout")
@ANSWERED
async def test_too_few_keys_count_as_no_input(workflow: Workflow) -> None:
    line = await typed(workflow, "12", maxDigits=6, minDigits=4, interDigitTimeout=1, retries=0)
    assert said(line) == ("noInput", "12", "timeout")


@pytest.mark.proves("control.collectDTMF.secret", "control.collectDTMF.expectedValue")
@pytest.mark.parametrize(("expected", "matches"), [("739184", True), ("739185", False)])
async def test_secret_digits_are_compared_and_appear_nowhere(
    workflow: Workflow, expected: str, matches: bool, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    caplog.set_level("DEBUG")
    call = await workflow.call()
    asking = asyncio.create_task(
        call.run("collectDTMF", maxDigits=6, secret=True, expectedValue=expected, timeout=10)
    )
    await asyncio.sleep(0)
    for key in "739184":
        call.press(key)
    line = await asking
    assert said(line) == ("collected", "****", "completed")
    assert line["item"]["matches"] is matches
    told = [str(line).encode(), caplog.text.encode(), capsys.readouterr().out.encode()]
    kept = [path.read_bytes() for path in workflow.state.rglob("*") if path.is_file()]
    assert not any(b"739184" in text for text in (*told, *kept))


@pytest.mark.proves("control.collectDTMF.secret", "control.collectDTMF.type-ahead")
async def test_secret_digits_that_were_typed_ahead_are_told_and_kept_nowhere(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=PROMPT, interruptible=False))
    await call.heard_sound()
    for key in "471188":
        call.press(key)
    await playing
    line = await call.run("collectDTMF", secret=True, maxDigits=4, expectedValue="4711")
    assert said(line) == ("collected", "****", "completed")
    assert line["item"]["matches"] is True
    after = await call.run("collectDTMF", timeout=1, retries=0)
    assert said(after) == ("noInput", "", "timeout")
    assert not any(event["type"] == "dtmf_received" for event in await call.told())
    assert not any(
        b"dtmf_received" in path.read_bytes() for path in workflow.state.rglob("*") if path.is_file()
    )


async def test_digits_that_are_no_secret_are_told_once_they_are_read(workflow: Workflow) -> None:
    call = await workflow.call()
    call.press("123#")
    await call.run("collectDTMF", maxDigits=2, terminators="")
    told = await call.told()
    assert [event["digits"] for event in told if event["type"] == "dtmf_received"] == ["1", "2"]


@pytest.mark.proves("control.collectDTMF.terminators")
@ANSWERED
@pytest.mark.parametrize("late", [False, True])
async def test_a_terminator_after_enough_keys_belongs_to_them(workflow: Workflow, late: bool) -> None:
    call = await workflow.call()
    call.press("1234" if late else "1234#")
    assert said(await call.run("collectDTMF", maxDigits=4)) == ("collected", "1234", "completed")
    if late:
        call.press("#")
    call.press("2")
    choices = {"rows": [{"key": "2"}]}
    line = await call.run("menu", prompt=PROMPT, choices=choices, retries=0)
    assert (line["output"], line["item"]["attempts"]) == ("2", 1)


@ANSWERED
async def test_a_key_that_ends_inputs_is_a_choice_where_none_was_typed_before(workflow: Workflow) -> None:
    line = await typed(workflow, "12#", maxDigits=1)
    assert said(line) == ("collected", "1", "completed")
    call_id = line["item"]["callId"]
    assert said(await workflow.run("collectDTMF", call_id, terminators="*", maxDigits=2)) == (
        "collected",
        "2#",
        "completed",
    )


async def test_a_caller_who_hangs_up_leaves_by_hung_up_with_what_was_typed(workflow: Workflow) -> None:
    call = await workflow.call()
    prompt = {"mode": "list", "value": "en/main-menu"}
    asking = asyncio.create_task(call.run("collectDTMF", prompt=prompt, maxDigits=4, interDigitTimeout=30))
    await call.heard_sound()
    call.press("1")
    await workflow.sim.control.after_prompt(call.report, silence=0.2)
    call.hang_up()
    line = await asking
    assert said(line) == ("hungUp", "1", "hangup")


@ANSWERED
async def test_a_second_reader_of_the_same_call_is_refused_by_name(workflow: Workflow) -> None:
    call = await workflow.call()
    first = asyncio.create_task(call.run("collectDTMF", prompt=PROMPT, timeout=20))
    await call.heard_sound()
    second = await call.run("collectDTMF")
    assert second["error"]["errorId"] == "keysTaken"
    assert "Collect DTMF" in second["error"]["message"]
    call.press("5")
    assert said(await first) == ("collected", "5", "completed")


@ANSWERED
@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"minDigits": 3, "maxDigits": 2}, "Min Digits"),
        ({"pattern": "(a+)+"}, "(a+)+"),
        ({"maxDigits": 0}, "maxDigits"),
        ({"terminators": "q"}, "terminators"),
    ],
)
async def test_parameters_that_make_no_sense_are_named(
    workflow: Workflow, parameters: dict[str, Any], names: str
) -> None:
    call = await workflow.call()
    line = await call.run("collectDTMF", **parameters)
    assert line["error"]["errorId"] == "badParameter"
    assert names in line["error"]["message"]
    assert line["error"]["hint"]


@pytest.mark.parametrize(
    ("preset", "good", "bad"),
    [
        (Preset.DIGITS, ["0", "123"], ["", "1*", "#"]),
        (Preset.DATE, ["24122026", "290224", "01012000"], ["31022026", "2412", "24*2"]),
        (Preset.TIME, ["0930", "2359"], ["2460", "930"]),
        (Preset.CARD_NUMBER, ["4111111111111111"], ["4111111111111112", "411"]),
        (Preset.ANY, ["", "*#"], []),
    ],
)
def test_presets_tell_good_input_from_bad(preset: Preset, good: list[str], bad: list[str]) -> None:
    accepts: Callable[[str], bool] = lambda text: fits(text, [], preset)  # noqa: E731
    assert all(map(accepts, good))
    assert not any(map(accepts, bad))


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [("1xx", "105", "1050"), ("z.", "1234", "0123"), ("*9", "*9", "19"), ("4.", "4", "5")],
)
def test_dial_patterns_say_what_is_valid(pattern: str, good: str, bad: str) -> None:
    assert fits(good, [pattern], Preset.ANY)
    assert not fits(bad, [pattern], Preset.ANY)
