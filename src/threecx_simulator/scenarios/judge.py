"""Whether what a scenario expects of a call came true."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from threecx_simulator.audio.match import Match, earliest
from threecx_simulator.audio.pcm import SAMPLES, whole
from threecx_simulator.audio.people import sound
from threecx_simulator.control.model import CallReport
from threecx_simulator.scenarios.model import Expectation


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation and what became of it. `why` is a sentence for people."""

    call: str
    expectation: str
    met: bool
    why: str


def judge(expectation: Expectation, report: CallReport, heard: bytes, folder: Path) -> Verdict:
    """Judge one expectation of an ended call. `heard`: the PCM that its caller heard; `folder`: where WAVs lie."""
    if expectation.hears is not None:
        met, why = _hears(expectation, report, heard, folder)
    elif expectation.ended_by is not None:
        met, why = report.ended_by == expectation.ended_by, f"ended by {report.ended_by}"
    else:
        what = expectation.moment or f"connected {expectation.connected_to}"
        met, why = _reached(what, expectation, report)
    wanted = expectation.model_dump(exclude_defaults=True)
    return Verdict(
        report.id, ", ".join(f"{name} {_plain(value)}" for name, value in wanted.items()), met, why
    )


def _plain(value: object) -> str:
    return " then ".join(value) if isinstance(value, tuple) else str(value)


def _hears(expectation: Expectation, report: CallReport, heard: bytes, folder: Path) -> tuple[bool, str]:
    since = _time(expectation.after, report)
    if since is None:
        return False, _missing(expectation.after, report)
    skipped = (since - report.began_at).total_seconds()
    found = _in_turn(expectation, heard[whole(skipped) :], folder)
    first, last = found[0][1], found[-1][1]
    if first.clean(expectation.share) and expectation.within is not None and first.start > expectation.within:
        return False, f"heard only {first.start:.2f} s after '{expectation.after}'"
    told = [one.verdict(expectation.share) for _, one in found]
    if len(expectation.hears or ()) > 1:
        told = [f"{name}: {one}" for (name, _), one in zip(found, told, strict=True)]
    if skipped:
        told.append(f"counted from '{expectation.after}'")
    return last.clean(expectation.share), "; ".join(told)


def _in_turn(expectation: Expectation, heard: bytes, folder: Path) -> list[tuple[str, Match]]:
    """Each sound behind the end of the one before, up to the first that was not heard."""
    found: list[tuple[str, Match]] = []
    at = 0.0
    for name in expectation.hears or ():
        wanted = sound(name, folder)
        one = earliest(heard[whole(at) :], wanted, expectation.share)
        found.append((name, replace(one, start=at + one.start)))
        if not one.clean(expectation.share):
            break
        at = max(at + one.start, 0.0) + len(wanted) / 2 / SAMPLES
    return found


def _reached(what: str, expectation: Expectation, report: CallReport) -> tuple[bool, str]:
    since = _time(expectation.after, report)
    at = _time(what, report, not_before=since)
    if since is None or at is None:
        missing = what if since is not None else expectation.after
        return False, _missing(missing, report)
    took = (at - since).total_seconds()
    late = expectation.within is not None and took > expectation.within
    return not late, f"{took:.2f} s after '{expectation.after}'"


def _missing(what: str, report: CallReport) -> str:
    return f"'{what}' is not in the timeline: {', '.join(report.moments)}"


def _time(what: str, report: CallReport, not_before: datetime | None = None) -> datetime | None:
    times = [line.at for line in report.timeline if line.what == what]
    return next((at for at in times if not_before is None or at >= not_before), None)
