"""The guard of destinations: who may be called (features.md 1.7). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

ALWAYS_REFUSED = frozenset(
    {"112", "911", "999", "000", "110", "119", "113", "115", "117", "118", "144", "133", "122"}
)
"""Emergency numbers of the world's larger regions. One that is a DN of this PBX is that DN, but for the first four."""

_OUTSIDE_LINES = ("", "0", "00", "1", "8", "9", "99")
"""What people dial first to get an outside line."""

_NEVER_A_DN = frozenset({"112", "911", "999", "000"})
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}")
_INTERNAL = re.compile(r"[1-9][0-9]{1,4}")
"""What counts as internal where the PBX's directory may not be read: as long as 3CX's extensions are."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What the credential allows, and what the PBX tells of its numbers."""

    patterns: tuple[str, ...] = ()
    """Outside numbers in E.164; `*` stands for any digits. Empty: internal numbers only."""
    per_hour: int = 0
    """Outside calls in 60 minutes; 0: as many as one likes."""
    hours: tuple[time, time] | None = None
    """When outside numbers may be called, in the runner's local time; over midnight too."""
    dry_run: bool = False
    internal: frozenset[str] | None = None
    """The PBX's own numbers; None where they may not be read."""
    emergency: frozenset[str] = frozenset()
    """What the PBX's emergency rules match."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, and what to do about it; both are sentences."""

    message: str
    hint: str


def cleaned(destination: str) -> str:
    """Without the spaces, dots, dashes, slashes and brackets that people write in numbers."""
    text = destination.strip()
    bare = re.sub(r"[\s()./-]", "", text)
    return bare if _NUMBER.fullmatch(bare) or bare.startswith(("*", "#")) else text


def allowed(to: str, guard: Guard, recent: Sequence[datetime], now: datetime) -> Refusal | None:
    """None: it may be called. `recent`: when outside numbers were called; `now` in the runner's local time zone."""
    if to.startswith(("*", "#")) or "*" in to or "#" in to:
        return Refusal(f"'{to}' is a star code, which is never dialled from a workflow.", "Use a number.")
    if _emergency(to, guard):
        return Refusal(
            f"'{to}' is an emergency number, which is never dialled from a workflow.", "Use another number."
        )
    if not _NUMBER.fullmatch(to) and not (_NAME.fullmatch(to) and to in (guard.internal or ())):
        return Refusal(
            f"'{to}' is not a number that can be called.",
            "Use the digits 0 to 9, with a leading + for other countries.",
        )
    if guard.dry_run:
        return Refusal(f"Dry Run is on, so '{to}' was not called.", "Turn Dry Run off in the credential.")
    if is_internal(to, guard):
        return None
    return _outside(to, guard, recent, now)


def _emergency(to: str, guard: Guard) -> bool:
    digits = to.removeprefix("+")
    if digits in _NEVER_A_DN or digits in guard.emergency:
        return True
    if guard.internal is not None and to in guard.internal:
        return False
    # the digits for an outside line before an emergency number make it no less one
    return any(digits.removeprefix(line) in ALWAYS_REFUSED | guard.emergency for line in _OUTSIDE_LINES)


def is_internal(to: str, guard: Guard) -> bool:
    """Whether it is a number of this PBX, as far as is known."""
    return to in guard.internal if guard.internal is not None else bool(_INTERNAL.fullmatch(to))


def _outside(to: str, guard: Guard, recent: Sequence[datetime], now: datetime) -> Refusal | None:
    if not guard.patterns:
        return Refusal(
            f"'{to}' is not a number of this PBX, and only those are allowed.",
            "To allow outside numbers, enter patterns such as +49* under Allowed Destinations of the credential.",
        )
    if not any(_matches(pattern, to) for pattern in guard.patterns):
        return Refusal(
            f"'{to}' is not among the Allowed Destinations of the credential.", "Add a pattern for it there."
        )
    if guard.hours is not None and not _open(guard.hours, now.time()):
        begin, end = guard.hours
        return Refusal(
            f"'{to}' is outside the PBX, and outside calls are allowed from {begin:%H:%M} to {end:%H:%M} only.",
            "Change Calling Hours in the credential.",
        )
    last_hour = [at for at in recent if at > now - timedelta(hours=1)]
    if guard.per_hour and len(last_hour) >= guard.per_hour:
        return Refusal(
            f"'{to}' was not called: {guard.per_hour} outside calls an hour are allowed, and that many were made.",
            "Raise Max Calls Per Hour in the credential, or wait.",
        )
    return None


def _matches(pattern: str, to: str) -> bool:
    """`00` counts as `+`; the pattern's `*` as any digits, also none."""
    number = "+" + to[2:] if to.startswith("00") else to
    shape = re.escape(pattern.strip().replace(" ", "")).replace(r"\*", r"\+?[0-9]*")
    return re.fullmatch(shape, number) is not None or re.fullmatch(shape, to) is not None


def _open(hours: tuple[time, time], now: time) -> bool:
    begin, end = hours
    return begin <= now < end if begin < end else now >= begin or now < end
