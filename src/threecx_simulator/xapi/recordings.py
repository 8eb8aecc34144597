"""`/Recordings` (api.md 7.6): the list, newest first, and the sound of each."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from threecx_simulator.company.past import Party, PartyType, PastCall, Segment
from threecx_simulator.company.speech import Sound
from threecx_simulator.http.refusals import empty
from threecx_simulator.xapi.archive import ALWAYS, Archive
from threecx_simulator.xapi.cdr import recording_url, spoken, transcribed
from threecx_simulator.xapi.texts import stamp
from threecx_simulator.xapi.values import moment

Row = dict[str, Any]
_TYPES = {"Inbound": "InboundExternal", "Outbound": "OutboundExternal", "Internal": "Local"}
_BEFORE = timedelta(hours=2)  # a call begins at most so long before its recording
_BOUND = re.compile(r"StartTime (ge|gt|le|lt) (\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)")


def recordings(archive: Archive, language: str, first: datetime, last: datetime) -> Iterator[Row]:
    """The rows of a period, by the beginning of the recording."""
    held: list[tuple[float, int, PastCall]] = []  # the latest first; calls come by their own beginning
    for call in archive.calls(first, last):
        while held and -held[0][0] >= call.start.timestamp() + _BEFORE.total_seconds():
            yield _row(heappop(held)[2], archive, language)
        if call.recorded and call.talk is not None and call.number not in archive.erased:
            heappush(held, (-_begin(call.talk).timestamp(), call.number, call))
    while held:
        yield _row(heappop(held)[2], archive, language)


def _begin(talk: Segment) -> datetime:
    return talk.start + timedelta(seconds=talk.ringing)


def period(condition: str | None) -> tuple[datetime, datetime]:
    """The period that a `$filter` leaves, so that days outside of it need not be computed; wider than it when unsure."""
    first, last = ALWAYS
    if condition is None or re.search(r"\b(or|not|add|sub)\b", condition, re.IGNORECASE):
        return first, last
    for operator, text in _BOUND.findall(condition):
        bound = moment(text)
        if operator.startswith("g"):
            first = max(first, bound - _BEFORE)
        else:
            last = min(last, bound)
    return first, last


def _row(call: PastCall, archive: Archive, language: str) -> Row:
    talk = call.talk
    assert talk is not None
    done = transcribed(call, archive)
    return {
        "Id": call.number,
        "StartTime": stamp(_begin(talk)),
        "EndTime": stamp(talk.end),
        "CallType": _TYPES[call.direction],
        **_side("From", talk.source, call),
        **_side("To", talk.destination, call),
        "RecordingUrl": recording_url(call, talk),
        "ArchivedUrl": "",
        "IsArchived": False,
        "IsTranscribed": done,
        "CanBeTranscribed": not done,
        "TranscriptionResult": 1 if done else 0,
        "RefParticipantId": call.number,
        **spoken(call, archive, language),
    }


def _side(prefix: str, party: Party, call: PastCall) -> Row:
    outside = party.type == PartyType.EXTERNAL
    return {
        f"{prefix}Dn": party.dn,
        f"{prefix}DnType": int(party.type),
        f"{prefix}CallerNumber": party.number,
        f"{prefix}DisplayName": party.name or None,
        f"{prefix}DidNumber": call.did if outside and prefix == "From" else None,
        f"{prefix}CrmContact": party.name or None if outside else None,
        f"{prefix}IdParticipant": call.number * 2 % 2_000_000_000 + (prefix == "To"),
    }


def sound(archive: Archive, number: int, final_before: datetime) -> Sound | None:
    """The sound of a recording; None = there is none (yet: it must have ended by `final_before`)."""
    call = archive.call(number)
    if call is None or not call.recorded or call.talk is None or number in archive.erased:
        return None
    return Sound(number, call.talk.talking) if call.end <= final_before else None


def download(request: Request, archive: Archive, number: int, final_before: datetime) -> Response:
    """The WAV, whole or the part that a `Range` asks for."""
    found = sound(archive, number, final_before)
    if found is None:
        return empty(404)
    name = {"Content-Disposition": f'attachment; filename="recording-{number}.wav"', "Accept-Ranges": "bytes"}
    start, stop = _range(request.headers.get("range"), len(found))
    if start >= stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(found)}"})
    name["Content-Length"] = str(stop - start)
    status = 200
    if request.headers.get("range", "").startswith("bytes="):
        status, name["Content-Range"] = 206, f"bytes {start}-{stop - 1}/{len(found)}"
    return StreamingResponse(found.read(start, stop), status, name, media_type="audio/wav")


def _range(header: str | None, size: int) -> tuple[int, int]:
    """One range of bytes, the end exclusive; everything when there is none that can be read."""
    begin, dash, end = (header or "").removeprefix("bytes=").partition("-")
    if not (header or "").startswith("bytes=") or not dash or not (begin + end).isdecimal():
        return 0, size
    if not begin:
        return max(0, size - int(end)), size
    return int(begin), min(int(end) + 1, size) if end else size
