"""What a PBX's status codes mean for a person: the one place that reads them (api.md 2.1)."""

from threecx_pbx.errors import (
    DependencyFailed,
    Forbidden,
    Impossible,
    NotA3cx,
    PbxFailed,
    RateLimited,
    ThreeCxError,
    WrongCredentials,
)
from threecx_pbx.transport.answer import Answer


def meaning(answer: Answer, doing: str, said: str = "") -> ThreeCxError:
    """`doing` completes "3CX does not let this API client …"; `said` is what the PBX gave as its reason."""
    because = f": {said}" if said else ""
    if answer.status >= 500:
        return PbxFailed(f"The PBX failed (HTTP {answer.status}) when asked to {doing}.")
    kind, sentence = _MEANINGS.get(answer.status, (NotA3cx, _STRANGE))
    return kind(sentence.format(doing=doing, because=because, until=_until(answer), status=answer.status))


_STRANGE = "The server answered HTTP {status} when asked to {doing}, which 3CX does not."
_MEANINGS: dict[int, tuple[type[ThreeCxError], str]] = {
    401: (WrongCredentials, "3CX does not accept this API client's log-in any more."),
    403: (Forbidden, "3CX does not let this API client {doing}{because}."),
    404: (Impossible, "3CX has nothing there when asked to {doing}{because}."),
    422: (Impossible, "3CX cannot {doing} now{because}."),
    424: (DependencyFailed, "3CX could not {doing}: something that it depends on failed{because}."),
    429: (RateLimited, "3CX limits how often it may be asked to {doing}{until}."),
}


def _until(answer: Answer) -> str:
    after = answer.headers.get("retry-after", "")
    return f"; it says to wait {after} seconds" if after.isdecimal() else ""
