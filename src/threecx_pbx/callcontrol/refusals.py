"""Answers to verbs: their result object, and what a refusal means."""

from pydantic import ValidationError

from threecx_pbx.callcontrol.wire import ActionResult, lower_keys
from threecx_pbx.errors import ThreeCxError
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.meanings import meaning


def result_of(answer: Answer) -> ActionResult:
    """The result object of an answer, of a 4xx too: official clients read `reasontext` there (api.md 2.1)."""
    body = lower_keys(answer.json())
    if not isinstance(body, dict):
        return ActionResult()
    try:
        return ActionResult.model_validate(body)
    except ValidationError:
        return ActionResult()


def refusal(answer: Answer, doing: str) -> ThreeCxError:
    """`doing` completes "3CX does not let this API client …"."""
    return meaning(answer, doing, result_of(answer).reasontext)
