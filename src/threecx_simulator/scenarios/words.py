"""What a timeline can say, and how a call can end: the words that a scenario may wait for or expect."""

import re

from threecx_simulator.pbx.attempts import word
from threecx_simulator.pbx.ids import Reason

_FAILED = "|".join(sorted({re.escape(word(reason)) for reason in Reason}))
_ENDS = (
    "caller",
    "PBX restarted",
    "call limit reached",
    "caller is blocked",
    "dropped by the administrator",
    "queue time-out",
    "reset",
)
_ONE_NUMBER = (
    "ringing|connected|picked up|left|dropped|routed to|transferred to|voicemail of|queue time-out|"
    f"party is now|merged with|{_FAILED}"
)
_WHY = f"{'|'.join(map(re.escape, _ENDS))}|{_FAILED}|merged into \\S+"
_LINE = (
    f"began|ended(?: by \\S*|: (?:{_WHY}))|(?:{_ONE_NUMBER}) \\S*|(?:diverted|forwarded) \\S+ to \\S+"
    "|pressed [0-9*#A-D]+|refused: (?:call limit reached|caller is blocked)"
)
MOMENT = rf"^(?:{_LINE})$"
ENDING = rf"^(?:{_WHY}|\S+)$"
_REACHED = re.compile(r"(?:ringing|connected) (\S+)")


def moment(text: str) -> str:
    """A line of a timeline; ValueError when no timeline can hold it."""
    if not re.fullmatch(MOMENT, text):
        raise ValueError(f"'{text}' is no line of a timeline, like 'connected 101' or 'ringing 101'")
    return text


def ending(text: str) -> str:
    """Who or what ended a call; ValueError when nothing ends a call in these words."""
    if not re.fullmatch(ENDING, text):
        raise ValueError(
            f"'{text}' is no end of a call; there are a number, {', '.join(_ENDS)}, busy, no answer …"
        )
    return text


def ends_by_itself(text: str) -> bool:
    """Whether that end is told by a word rather than by the number of whoever hung up."""
    return bool(re.fullmatch(_WHY, text))


def number_in(text: str) -> str | None:
    """The number that a moment says was rung or reached."""
    found = _REACHED.fullmatch(text)
    return found[1] if found else None
