"""How well a call of the log was heard: rows with `QualityReport` have one."""

import re
from collections.abc import Mapping
from typing import Any

from threecx_simulator.company.past import PartyType, PastCall, Segment
from threecx_simulator.xapi.cdr import history_id
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.values import Row

_CDR_ID = re.compile(r"00000000-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})")
_PACKETS = 50  # a second, of 20 ms each


def quality_report(office: Office, _row: Row | None, given: Mapping[str, Any]) -> Row | None:
    """`ReportCallLogData/Pbx.GetCallQualityReport(…)`: for the part of a call in which people talked."""
    found = _segment(office, given["cdrId"])
    if found is None:
        return None
    call, segment = found
    bad = call.number % 97 / 97
    parties = (
        _party(segment, segment.source.number, bad),
        _party(segment, segment.destination.number, bad / 2),
    )
    return {
        "MOS": round(4.4 - bad, 2),
        "OverallScore": 5 if bad < 0.5 else 4,
        "Summary": 0,
        "Transcoding": PartyType.EXTERNAL in {segment.source.type, segment.destination.type},
        "Reason": segment.reason,
        "Party1": parties[0],
        "Party2": parties[1],
    }


def _segment(office: Office, cdr_id: str) -> tuple[PastCall, Segment] | None:
    taken = _CDR_ID.fullmatch(cdr_id)
    number, place = divmod(int(taken[1], 16), 8) if taken else (-1, 0)
    call = office.archive.call(number)
    parts = call.segments if call else ()
    if call is None or place >= len(parts):
        return None
    part = parts[place]
    told = part.talking and history_id(part.start, number * 8 + place) == cdr_id
    return (call, part) if told else None


def _party(segment: Segment, number: str, bad: float) -> Row:
    packets = int(segment.talking * _PACKETS)
    return {
        "Number": number,
        "Codec": "PCMA",
        "Duration": int(segment.talking),
        "MOSFromPBX": round(4.4 - bad, 2),
        "MOSToPBX": round(4.4 - bad / 2, 2),
        "RTT": round(12 + 60 * bad, 1),
        "RxPackets": packets,
        "RxLost": round(bad / 2, 3),
        "RxJitter": round(1 + 9 * bad, 1),
        "TxPackets": packets,
        "TxLost": 0.0,
        "TxJitter": round(1 + 4 * bad, 1),
    }
