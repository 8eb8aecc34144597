"""Reports about calls from and to the outside, and the numbers that they use."""

from collections.abc import Iterator

from threecx_simulator.company.past import PastCall
from threecx_simulator.xapi.cdr import history_id, recording_url
from threecx_simulator.xapi.reports.books import Books, Given, Row
from threecx_simulator.xapi.texts import duration, stamp

_DEFAULT = "__DEFAULT__"  # (T) what this report calls the first department


def _shared(books: Books, call: PastCall) -> Row:
    first, last = call.segments[0], call.segments[-1]
    ringing, talking = sum(one.ringing for one in call.segments), sum(one.talking for one in call.segments)
    trunk = next((one.name for one in books.world.trunks if one.number == call.trunk), None)
    row: Row = {
        "CdrId": history_id(first.start, call.number * 8),
        "CallHistoryId": history_id(call.start, call.number),
        "StartTime": stamp(first.start),
        "TrunkName": trunk,
        "TrunkNumber": call.trunk,
        "SourceDn": first.source.dn,
        "SourceCallerId": first.source.number,
        "SourceDisplayName": first.source.name or None,
        "DestinationDn": last.destination.dn,
        "DestinationDisplayName": last.destination.name or None,
        "Status": "Answered" if call.talk else "Unanswered",
        "RingingDuration": duration(ringing),
        "TalkingDuration": duration(talking) if talking else None,
        "CallDuration": duration(ringing + talking),
    }
    if call.recorded and call.talk:
        row |= {"RecordingId": call.number, "RecordingUrl": recording_url(call, call.talk)}
    return row


def _between(books: Books, given: Given, direction: str) -> Iterator[PastCall]:
    trunks = set(given["trunkDns"].replace(",", " ").split())
    for call in books.calls(given["periodFrom"], given["periodTo"]):
        if call.direction == direction and (not trunks or call.trunk in trunks):
            yield call


def inbound(books: Books, given: Given) -> Iterator[Row]:
    """Calls from outside with the number that was called."""
    for call in _between(books, given, "Inbound"):
        yield _shared(books, call) | {
            "Did": call.did or None,
            "DestinationCallerId": call.segments[-1].destination.number,
        }


def outbound(books: Books, given: Given) -> Iterator[Row]:
    """Calls to the outside."""
    for call in _between(books, given, "Outbound"):
        more = {
            "DestinationCalleeId": call.segments[-1].destination.number,
            "Answered": bool(call.talk),
            "CallCost": 0,
        }
        yield _shared(books, call) | more


def call_cost(books: Books, given: Given) -> Iterator[Row]:
    """What a department's calls to the outside cost: nothing, this company has a flat rate. An unknown or empty
    `groupFilter` gives nothing and no error (T)."""
    department = books.department(given["groupFilter"])
    members = set(books.members(department)) if department else set()
    for call in books.calls(given["periodFrom"], given["periodTo"]):
        one = call.segments[0]
        if call.direction != "Outbound" or one.source.dn not in members:
            continue
        yield {
            "SegId": history_id(one.start, call.number * 8),
            "SrcDn": one.source.dn,
            "SrcDisplayName": one.source.name,
            "DstDn": one.destination.number,
            "DstDnClass": int(one.destination.type),
            "StartTime": stamp(one.start),
            "IsAnswered": bool(call.talk),
            "RingingDur": duration(one.ringing),
            "TalkingDur": duration(one.talking),
            "BillingCost": 0,
            "CallType": "Not Configured",  # (T) where no rates are kept
            "GroupName": _DEFAULT if given["groupFilter"] == "GRP0000" else department,
        }


def inbound_rules(books: Books, _given: Given) -> Iterator[Row]:
    """Where each number called from outside leads."""
    for row in books.rules:
        yield {
            "Id": row["Id"],
            "DID": row.get("Data"),
            "Trunk": row["Trunk"],
            "RuleName": row.get("RuleName"),
            "InOfficeRouting": row.get("OfficeHoursDestination"),
            "OutOfficeRouting": row.get("OutOfOfficeHoursDestination"),
        }


def nothing(_books: Books, _given: Given) -> tuple[Row, ...]:
    """A report about something that does not happen here (chats, calls before Update 6)."""
    return ()
