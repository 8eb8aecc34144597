"""What the person (or the telephone) behind a number does when it rings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All times in seconds of the PBX's clock."""

    answers_after: float | None = 2.0
    """Ring time until the call is taken; None = nobody answers."""
    busy: bool = False
    """The line is engaged: a call is refused at once."""
    registered: bool = True
    """Whether a telephone is logged in; if not, a call fails as not registered."""
    voicemail_after: float | None = None
    """Unanswered for so long (or busy, or not registered), the call goes to voicemail, which answers; None = never."""
    forwards_to: str | None = None
    """The number to which the call goes then, instead of voicemail."""
    hangs_up_after: float | None = None
    """Talk time after which this side hangs up; None = it leaves that to the others."""
    says: str | None = None
    """What is said on picking up: a WAV file, `tone:440` (hertz), `tone:440:1.5` (and seconds), or `text:Hello` (by espeak-ng)."""
    presses: str | None = None
    """Keys that are pressed after picking up, as by somebody whom an application calls."""
    presses_after: float = 1.0
    """Seconds between picking up and the keys."""
    exists: bool = True
    """For outside numbers: False = the trunk reports an unknown number."""
