"""What the XAPI's refusals mean for a person (api.md 1.3, 7.1)."""

import re
from typing import Any

from threecx_pbx.errors import (
    BadParameter,
    Forbidden,
    LicenceMissing,
    NotA3cx,
    RateLimited,
    RecordUnknown,
    ThreeCxError,
)
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.meanings import meaning
from threecx_pbx.xapi.paths import known_paths

OWNER = "System Owner"
_OWNERS = re.compile(r"^(Report(?!er)|Recordings|ChatHistoryView|ScheduledReports|CallHistoryView)")
"""Only a System Owner reads these (api.md 1.3)."""


def refusal(answer: Answer, path: str, doing: str) -> ThreeCxError:
    """`doing` completes "3CX does not let this API client …"; `path` is what stands after /xapi/v1/."""
    match answer.status:
        case 403:
            return lacking(needed_role(path), doing)
        case 404 if "(" in path or path not in known_paths():
            return RecordUnknown(f"3CX has nothing there when asked to {doing}.")
        case 404:
            return LicenceMissing(
                f"3CX does not offer the XAPI to this API client, so it cannot {doing}.", hint=_TICK
            )
        case unfit if unfit in _UNFIT:
            why = _said(answer) or f" (HTTP {unfit})"
            return BadParameter(
                f"3CX did not accept the request to {doing}{why}.", hint=_UNFIT[unfit] or _COMPARE
            )
        case 429 | 503 if answer.headers.get("retry-after", "").isdecimal():
            return RateLimited(
                f"3CX limits how often it may be asked to {doing}; it says to wait {answer.headers['retry-after']} seconds.",
            )
        case _:
            return meaning(answer, doing)


def lacking(role: str, doing: str) -> Forbidden:
    """Names the role that the API client needs for `doing`."""
    return Forbidden(
        f"3CX does not let this API client {doing}: the role {role} is needed.", hint=_hint(role)
    )


def needed_role(path: str) -> str:
    """The lowest role that may use a path, by its name in the Admin Console."""
    return OWNER if _OWNERS.match(path) else "System Admin"


def parsed(answer: Answer, doing: str) -> dict[str, Any]:
    """The body as an object. Raises NotA3cx for HTML, an empty body, or anything else that is no JSON object."""
    body = answer.json()
    if not isinstance(body, dict):
        raise foreign("an empty body" if not answer.body.strip() else "something that is not JSON", doing)
    return body


def whole(answer: Answer, doing: str) -> Answer:
    """The same, whose body is JSON, or of another kind, or empty. Raises NotA3cx for a web page and for JSON that breaks off."""
    text = answer.body.strip()
    if not text or text == b"null" or answer.json() is not None:
        return answer
    if answer.kind == "text/html" or text[:9].lower().startswith((b"<!doctype", b"<html")):
        raise foreign("a web page", doing)
    if not answer.kind or "json" in answer.kind:
        raise foreign("something that is not JSON", doing)
    return answer


def foreign(what: str, doing: str) -> NotA3cx:
    """`what` completes "The PBX answered with …"."""
    return NotA3cx(
        f"The PBX answered with {what} when asked to {doing}.",
        hint="A proxy or a web page stands where the PBX should be, or the PBX is starting. Check Server URL.",
    )


def _said(answer: Answer) -> str:
    """The PBX's own sentence: of an OData error, or of the older `{"error": "…"}` (api.md 7.1)."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    return f": {' '.join(text.split())[:300].rstrip('.')}" if isinstance(text, str) and text.strip() else ""


def _hint(role: str) -> str:
    asked = f"In 3CX Admin Console > Integrations > API, give the client the role {role}"
    if role == OWNER:
        return f"{asked}, or enter a second client of that role as Reports Client ID in the credential."
    return f"{asked}."


_COMPARE = "Compare the parameters with what the PBX says above."
_TOO_LONG = "Ask for less at once: the path, or a filter, is too long."
_UNFIT = {
    400: "",
    405: "Check Method: records and functions are read with GET, actions are run with POST.",
    406: "",
    409: "",
    411: "",
    412: "The record has changed since: read it again and give its new ETag as If-Match, or a star.",
    413: "Send less at once.",
    414: _TOO_LONG,
    415: "Check Method, Path and Body: 3CX takes no body of this kind there.",
    422: "",
    428: "Give the record's ETag as If-Match, or a star.",
    431: _TOO_LONG,
}
"""What 3CX says of a request that it understood too little of, and what to do when its own words do not tell."""
_TICK = (
    "Tick 'Configuration API (XAPI) access' at this API client, in 3CX Admin Console > Integrations > API."
)
