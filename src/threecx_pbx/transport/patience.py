"""How long a PBX that is asked too often wants to be left alone (api.md 9)."""

import random
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime

from threecx_pbx.transport.answer import Answer

TRIES = 4
_LONGEST_S = 60.0
"""A PBX that wants a longer pause is told to the user instead of being waited for."""
_BUSY = (429, 503)


def pause(answer: Answer, tries: int, now: datetime) -> float | None:
    """Seconds until the next try of a request that may be repeated; None: this answer is the last one."""
    if answer.status not in _BUSY or tries >= TRIES:
        return None
    told = told_pause(answer, now)
    seconds = 0.4 * 2**tries * random.uniform(0.75, 1.25) if told is None else told  # noqa: S311 - jitter is no secret
    return seconds if seconds <= _LONGEST_S else None


def told_pause(answer: Answer, now: datetime) -> float | None:
    """What `Retry-After` says, in seconds or as a moment (RFC 9110, 10.2.3); None when it says nothing that can be read."""
    said = answer.headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    with suppress(ValueError, TypeError):  # no date, or one without a zone
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    return None
