"""Recordings: list, audio, transcript (api.md 7.6). A System Owner reads them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from threecx_pbx.clock import Clock
from threecx_pbx.errors import RecordUnknown, Unreachable
from threecx_pbx.reports.periods import Period, when
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import all_of, literal, moment, one_of
from threecx_pbx.xapi.refusals import foreign

_TRIES = 5
_LOOK_AGAIN_S = 2.0
_SIDES = ("FromDn", "ToDn", "FromCallerNumber", "ToCallerNumber")
FEW = 4
"""So many numbers fit into a filter: OData counts its parts, a hundred at most where nobody has set more."""
_TEXTS = (b"<", b"{", b"[", b"\xef\xbb\xbf")


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording; `sentiment` is 1 (bad) to 5 (good). `raw` is the whole row."""

    id: int
    start: datetime | None
    end: datetime | None
    kind: str
    from_dn: str
    from_number: str
    from_name: str
    to_dn: str
    to_number: str
    to_name: str
    transcribed: bool
    transcription: str
    summary: str
    sentiment: int | None
    url: str
    raw: Row

    @property
    def seconds(self) -> float | None:
        """How long it is."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None

    @property
    def file_name(self) -> str:
        """`recording-467700090.wav`."""
        return f"recording-{self.id}.wav"


def condition(
    period: Period | None,
    *,
    extensions: Sequence[str] = (),
    kinds: Sequence[str] = (),
    transcribed: bool | None = None,
) -> str:
    """An OData filter."""
    return all_of(
        f"StartTime ge {moment(period.start)} and StartTime lt {moment(period.end)}" if period else "",
        "(" + " or ".join(one_of(field, extensions) for field in _SIDES) + ")" if extensions else "",
        one_of("CallType", kinds) if kinds else "",
        "" if transcribed is None else f"IsTranscribed eq {literal(transcribed)}",
    )


async def recordings(
    reports: Xapi, wanted: str, limit: int | None, of: Sequence[str] = ()
) -> AsyncIterator[Recording]:
    """Newest first; `of`: only those in which one of these numbers took part, however many they are. Raises Forbidden, …"""
    options, numbers, left = {"filter": wanted, "orderby": "StartTime desc"}, set(of), limit
    asked = None if numbers else limit
    async for page in reports.pages("Recordings", "read the recordings", options, limit=asked):
        meant = [row for row in page if not numbers or numbers & {row.get(side) for side in _SIDES}]
        for row in meant[:left]:
            yield recording_of(row)
        left = None if left is None else max(0, left - len(meant))
        if left == 0:
            return


async def recording(reports: Xapi, id_: int) -> Recording:
    """Raises RecordUnknown, Forbidden."""
    rows = await reports.rows("Recordings", "read a recording", filter=f"Id eq {id_}")
    if not rows:
        raise RecordUnknown(f"The PBX has no recording {id_}.")
    return recording_of(rows[0])


async def audio(reports: Xapi, id_: int, clock: Clock, final_within: timedelta) -> AsyncIterator[bytes]:
    """The sound as it comes. One that is not final yet is waited for; a download that breaks off is gone on with.

    Raises RecordUnknown, Forbidden, PbxUnreachable, NotA3cx, RateLimited, …
    """
    deadline = clock.now() + final_within
    got = tries = 0
    while True:
        try:
            async for chunk in _pieces(reports, id_, got):
                got += len(chunk)
                tries = 0
                yield chunk
        except RecordUnknown:
            # right after a call the PBX still writes it: 404 before it is final
            if got or clock.now() >= deadline:
                raise
            await clock.sleep(_LOOK_AGAIN_S)
        except Unreachable:
            tries += 1
            if tries >= _TRIES:
                raise
            await clock.sleep(0.5 * tries)
        else:
            return


async def _pieces(reports: Xapi, id_: int, begin: int) -> AsyncIterator[bytes]:
    """What one download gives from byte `begin` on. No file of sound begins like a text, or is empty."""
    doing, empty = f"download recording {id_}", not begin
    _, chunks = await reports.download(f"Recordings/Pbx.DownloadRecording(recId={id_})", doing, begin)
    async for chunk in chunks:
        if empty and chunk.startswith(_TEXTS):
            raise foreign("something that is no sound", doing)
        empty = False
        yield chunk
    if empty:
        raise RecordUnknown(f"The PBX gives no sound for recording {id_}.")


async def transcribe(reports: Xapi, id_: int) -> None:
    """Asks the PBX to write a recording down. Raises Forbidden, BadParameter, …"""
    await reports.send(
        "POST", "Recordings/Pbx.TranscribeRecordings", f"transcribe recording {id_}", {"ids": [id_]}
    )


async def transcribed(reports: Xapi, id_: int, clock: Clock, within: timedelta) -> Recording:
    """The recording once its transcript is there, or as it is when the time is over."""
    deadline = clock.now() + within
    while True:
        found = await recording(reports, id_)
        if found.transcribed or clock.now() >= deadline:
            return found
        await clock.sleep(_LOOK_AGAIN_S)


def recording_of(row: Row) -> Recording:
    """A row of `Recordings`."""

    def told(key: str) -> str:
        return str(row.get(key) or "")

    return Recording(
        id=int(told("Id")) if told("Id").isdecimal() else 0,
        start=when(row.get("StartTime")),
        end=when(row.get("EndTime")),
        kind=told("CallType"),
        from_dn=told("FromDn"),
        from_number=told("FromCallerNumber"),
        from_name=told("FromDisplayName"),
        to_dn=told("ToDn"),
        to_number=told("ToCallerNumber"),
        to_name=told("ToDisplayName"),
        transcribed=bool(row.get("IsTranscribed")),
        transcription=told("Transcription"),
        summary=told("Summary"),
        sentiment=row.get("SentimentScore"),
        url=told("RecordingUrl"),
        raw={key: value for key, value in row.items() if not key.startswith("@")},
    )
