"""What can go wrong in the runner itself, and the one place that turns any exception into a Problem.

ThreeCxError
  AskedWrongly            the workflow's author
    BadRequest              badRequest
    NotFound                notFound
    MethodNotAllowed        methodNotAllowed
    TooLarge                tooLarge
    OperationUnknown        operationUnknown
    ReceiverOverlap         receiverOverlap
    SubscriptionUnknown     subscriptionUnknown
    FileUnknown             fileUnknown
    DialInterrupted         dialInterrupted
  RunnerSaidNo            who installed the runner: a token, a setting, a version
    RunnerTokenMissing      runnerTokenMissing
    RunnerTokenWrong        runnerTokenWrong
    OriginRefused           originRefused
    ProtocolMismatch        protocolMismatch
    N8nUnreachable          n8nUnreachable
    SettingWrong            settingWrong
    StateLocked             stateLocked
    DeadlinePassed          deadlinePassed
  InternalError           us: internalError
"""

import structlog
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.errors import AskedWrongly, BadParameter, ThreeCxError
from threecx_runner.api.wire import Problem
from threecx_runner.naming import field_camel, field_label
from threecx_runner.texts import whole

_log = structlog.get_logger(__name__)


class BadRequest(AskedWrongly):
    error_id = "badRequest"
    http_status = 400
    default_hint = "The n8n package and the runner do not fit together: update both to their newest versions."


class NotFound(AskedWrongly):
    error_id = "notFound"
    http_status = 404
    default_hint = "Check the Runner URL in the credential: it is the address alone, without a path."


class MethodNotAllowed(AskedWrongly):
    error_id = "methodNotAllowed"
    http_status = 405
    default_hint = "The runner's API is described at /docs of the Runner URL."


class TooLarge(AskedWrongly):
    error_id = "tooLarge"
    http_status = 413
    default_hint = "Send fewer items at once, for example with a Loop Over Items node."


class OperationUnknown(AskedWrongly):
    error_id = "operationUnknown"
    http_status = 404
    default_hint = (
        "Update the runner with `uvx threecx-runner@latest serve`; it must not be older than the n8n package."
    )


class ReceiverOverlap(AskedWrongly):
    error_id = "receiverOverlap"
    http_status = 409
    default_hint = "One call belongs to one Receiver: deactivate the other workflow, or choose other call types or another extension."


class SubscriptionUnknown(AskedWrongly):
    error_id = "subscriptionUnknown"
    http_status = 404
    default_hint = "The trigger subscribes again by itself within a minute while its workflow is active."


class FileUnknown(AskedWrongly):
    error_id = "fileUnknown"
    http_status = 404
    default_hint = "Files are kept for an hour: upload it again, in the same execution that uses it."


class DialInterrupted(AskedWrongly):
    error_id = "dialInterrupted"
    http_status = 409
    default_hint = "It may have rung, and a call that still rang was ended; start the workflow anew if it is still wanted."


class RunnerSaidNo(ThreeCxError):
    """Who installed the runner can mend it."""


class RunnerTokenMissing(RunnerSaidNo):
    error_id = "runnerTokenMissing"
    http_status = 401
    default_hint = "Run `threecx-runner token` where the runner runs (as a service: `threecx-runner token --state-dir /var/lib/threecx-runner`) and put what it prints into Runner Token of the credential."


class RunnerTokenWrong(RunnerSaidNo):
    error_id = "runnerTokenWrong"
    http_status = 401
    default_hint = "Run `threecx-runner token` where the runner runs (as a service: `threecx-runner token --state-dir /var/lib/threecx-runner`) and put what it prints into Runner Token of the credential."


class OriginRefused(RunnerSaidNo):
    error_id = "originRefused"
    http_status = 403
    default_hint = "Use http://127.0.0.1 or http://localhost as Runner URL, or put what `threecx-runner token` prints into Runner Token (for a service: `threecx-runner token --state-dir /var/lib/threecx-runner`)."


class ProtocolMismatch(RunnerSaidNo):
    error_id = "protocolMismatch"
    http_status = 409
    default_hint = "Update the runner with `uvx threecx-runner@latest serve`."


class N8nUnreachable(RunnerSaidNo):
    error_id = "n8nUnreachable"
    http_status = 424
    retryable = True
    default_hint = "Set N8N_3CX_N8N_URL of the runner, or n8n Base URL in the credential, to n8n's address as the runner reaches it."


class SettingWrong(RunnerSaidNo):
    error_id = "settingWrong"
    http_status = 500


class StateLocked(RunnerSaidNo):
    error_id = "stateLocked"
    http_status = 500
    default_hint = (
        "Stop the other runner, or give this one a folder of its own with --state-dir or N8N_3CX_STATE_DIR."
    )


class DeadlinePassed(RunnerSaidNo):
    error_id = "deadlinePassed"
    http_status = 504
    default_hint = "The operation took longer than the node waits; the call was left as it is. Shorten the operation's own time-out."


class InternalError(ThreeCxError):
    error_id = "internalError"
    http_status = 500
    default_hint = "This is a fault of the 3CX runner: its log has the details; please report them."


def problem_of(error: BaseException) -> Problem:
    """The Problem that a user may read; an exception that is none of ours is logged with its traceback first."""
    known = _known(error)
    message, hint = whole(known.message), whole(known.hint)
    return Problem(
        error_id=known.error_id,
        message=message,
        description=hint or message,
        http_status=known.http_status,
        retryable=known.retryable,
        hint=hint,
    )


def bad_parameter(error: ValidationError) -> BadParameter:
    """Names the first wrong parameter as n8n spells it, and what it must be. Never shows the value: it may be a secret."""
    first = error.errors(include_url=False, include_context=True, include_input=False)[0]
    path = ".".join(field_camel(part) if isinstance(part, str) else str(part + 1) for part in first["loc"])
    name = f"The parameter {path}" if path else "The request"
    return BadParameter(f"{name} {_must(first)}.", hint=_remedy(first, path))


def bad_credential(error: ValidationError) -> BadParameter:
    """Names the first wrong field of the credential as n8n shows it, and what it must be. Never shows the value."""
    first = error.errors(include_url=False, include_context=True, include_input=False)[0]
    fields: dict[int | str, str] = {field_camel(name): name for name in Login.model_fields}
    field = next((fields[part] for part in first["loc"] if part in fields), "")
    name = f"{field_label(field)} of the credential" if field else "The credential"
    examples = (Login.model_fields[field].examples or []) if field else []
    hint = (
        f"Write it like {examples[0]}." if examples else "Correct it in the credential 3CX Call Control API."
    )
    return BadParameter(f"{name} {_must(first)}.", hint=hint)


def _known(error: BaseException) -> ThreeCxError:
    if isinstance(error, ThreeCxError):
        return error
    if isinstance(error, ValidationError):
        return bad_parameter(error)
    _log.error("unexpected error", exc_info=error)
    return InternalError("The runner failed in a way it was not made for.")


_RULES = {
    "missing": "is missing",
    "extra_forbidden": "is not known to this version of the runner",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "does not have the expected form",
    "string_too_short": "must not be shorter than {min_length} characters",
    "string_too_long": "must not be longer than {max_length} characters",
    "too_long": "must not have more than {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "json_invalid": "must be JSON",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
"""pydantic's error types → our words; the braces take the error's context."""

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "dict": "an object",
    "datetime": "a date and time",
}
"""The first word of `int_type`, `int_parsing`, `bool_parsing` …"""


def _must(error: ErrorDetails) -> str:
    """`must be at least 1`, `must be a whole number` …"""
    if error["type"] in _RULES:
        return _RULES[error["type"]].format(**error.get("ctx", {}))
    kind = _KINDS.get(error["type"].split("_", maxsplit=1)[0])
    return f"must be {kind}" if kind else "does not have a value that is allowed here"


def _remedy(error: ErrorDetails, path: str) -> str:
    if error["type"] == "extra_forbidden":
        return "Update the runner with `uvx threecx-runner@latest serve`; it must not be older than the n8n package."
    return f"Open the node in n8n and correct {path or 'its parameters'}; an expression may give something else than expected."
