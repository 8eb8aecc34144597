"""Any exception becomes a Problem that says what to do and shows no value."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError
from structlog.testing import capture_logs

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx import errors as pbx_errors
from threecx_pbx.errors import BadParameter, ThreeCxError
from threecx_runner import errors
from threecx_runner.broker.work import request_of
from threecx_runner.errors import problem_of
from threecx_runner.naming import field_camel, field_label
from threecx_runner.sdk import Params
from threecx_runner.settings import Settings
from threecx_runner.texts import check_whole


class Mode(StrEnum):
    FAST = "fast"
    SLOW = "slow"


class Asked(Params):
    max_digits: Annotated[int, Field(ge=1, le=64)] = 1
    mode: Mode = Mode.FAST
    pattern: Annotated[str, Field(pattern="^[0-9]*$")] = ""
    numbers: list[int] = [1]
    wanted: str


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"maxDigits": 0}, "The parameter maxDigits must be at least 1."),
        ({"maxDigits": 65}, "The parameter maxDigits must be at most 64."),
        ({"maxDigits": "seven"}, "The parameter maxDigits must be a whole number."),
        ({"max_digits": 0}, "The parameter maxDigits must be at least 1."),
        ({"mode": "hasty"}, "The parameter mode must be 'fast' or 'slow'."),
        ({"pattern": "4711-secret"}, "The parameter pattern does not have the expected form."),
        ({"numbers": [1, "x"]}, "The parameter numbers.2 must be a whole number."),
        ({"numbers": 1}, "The parameter numbers must be a list."),
        ({"novelty": 1}, "The parameter novelty is not known to this version of the runner."),
        ({"wanted": None}, "The parameter wanted must be text."),
    ],
)
def test_a_wrong_parameter_is_named_as_in_n8n_without_its_value(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Asked.model_validate({"wanted": "x"} | given)
    problem = problem_of(caught.value)
    assert (problem.error_id, problem.http_status, problem.message) == ("badParameter", 400, sentence)
    assert "secret" not in problem.model_dump_json()
    assert problem.hint


def test_half_of_a_character_in_an_error_is_a_question_mark() -> None:
    problem = problem_of(BadParameter("'\ud83d' is no number.", hint="Not '\ude00' either."))
    assert (problem.message, problem.hint) == ("'?' is no number.", "Not '?' either.")


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"target": "\ud83d"}, "target"),
        ({"target": {"mode": "number", "value": "1\ude00"}}, "target.value"),
        ({"rows": [{"key": "1"}, {"key": "\ud83d"}]}, "rows.2.key"),
        ({"rows": {"\ud83d": 1}}, "rows"),
    ],
)
def test_a_parameter_with_half_of_a_character_is_named(parameters: dict[str, Any], path: str) -> None:
    with pytest.raises(BadParameter) as caught:
        check_whole(parameters)
    assert caught.value.message == f"The parameter {path} contains half of a character."
    assert f"correct {path}:" in caught.value.hint


def test_whole_characters_of_every_kind_are_fine() -> None:
    check_whole({"text": "Grüße 😀", "rows": [{"ключ": 1, "none": None}]})


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        Asked.model_validate({})
    assert problem_of(caught.value).message == "The parameter wanted is missing."


def test_a_wrong_field_of_the_credential_is_named_alike_when_n8n_s_task_runner_carries_it(
    contract: Callable[[str], dict[str, Any]], tmp_path: Path
) -> None:
    asked = contract("task")["settings"]
    asked["login"]["callingHours"] = "9-17"
    with pytest.raises(BadParameter) as caught:
        request_of(asked, Settings(state_dir=tmp_path))
    assert caught.value.message.startswith("Calling Hours of the credential")
    assert "08:00-18:00" in caught.value.hint


def test_each_field_of_the_credential_is_named_as_n8n_shows_it() -> None:
    file = Path(__file__).parents[2] / "node_descriptors/credentials/threecx_call_control_api.json"
    shown = json.loads(file.read_text())["parameters"]
    assert {name: field_label(name) for name in Login.model_fields} == {
        name: shown[field_camel(name)]["displayName"] for name in Login.model_fields
    }


def test_a_bug_is_one_sentence_and_its_traceback_is_logged() -> None:
    bug = ZeroDivisionError("somewhere deep")
    with capture_logs() as logs:
        problem = problem_of(bug)
    assert (problem.error_id, problem.http_status) == ("internalError", 500)
    assert "deep" not in problem.model_dump_json()
    assert logs == [{"event": "unexpected error", "exc_info": bug, "log_level": "error"}]


def leaves(kind: type[ThreeCxError]) -> list[type[ThreeCxError]]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


def test_every_error_is_drawn_in_its_tree_and_has_an_id_of_its_own() -> None:
    assert errors.__doc__ is not None
    assert pbx_errors.__doc__ is not None
    drawn = errors.__doc__ + pbx_errors.__doc__
    found = [
        leaf for leaf in leaves(ThreeCxError) if leaf.__module__ in (errors.__name__, pbx_errors.__name__)
    ]
    ids = [leaf.error_id for leaf in found]
    assert len(ids) == len(set(ids)) > 30
    for leaf in found:
        assert f"{leaf.__name__} " in drawn
        assert leaf.error_id in drawn
        assert 400 <= leaf.http_status <= 599
