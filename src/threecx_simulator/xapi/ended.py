"""Calls of the running engine that are over, as the call log keeps them: read from their timelines."""

import re
from datetime import datetime

from threecx_simulator.company.past import (
    GENERATED,
    PER_DAY,
    Outcome,
    Party,
    PartyType,
    PastCall,
    Poll,
    Segment,
    Visit,
    call_number,
)
from threecx_simulator.pbx.ids import DnType
from threecx_simulator.pbx.state import Call, Pbx

_TYPES = {
    DnType.EXTENSION: PartyType.EXTENSION,
    DnType.QUEUE: PartyType.QUEUE,
    DnType.RING_GROUP: PartyType.RING_GROUP,
    DnType.IVR: PartyType.IVR,
    DnType.SPECIAL_MENU: PartyType.VOICEMAIL,
    DnType.PARKING: PartyType.PARKING,
    DnType.ROUTE_POINT: PartyType.ROUTE_POINT,
    DnType.EXTERNAL: PartyType.EXTERNAL,
}
_STEP = re.compile(r"(ringing|connected) (\S+)$")


def past_call(pbx: Pbx, call: Call, count: int) -> PastCall:
    """The call as the archive shows it; `count`: how many ended before it."""
    trunk, dn = pbx.directory.dids.get(call.target, (None, ""))
    line = trunk.number if trunk else _first_trunk(pbx)
    caller = _party(pbx, call.origin)
    if call.by_trunk:  # its number may be withheld or as short as one inside
        caller = Party(line, call.origin, "", PartyType.EXTERNAL)
    caller = caller._replace(name=caller.name or call.caller_name)
    segments = _segments(pbx, call, caller)
    inbound, outbound = caller.type == PartyType.EXTERNAL, segments[-1].destination.type == PartyType.EXTERNAL
    return PastCall(
        number=call_number(call.began.toordinal(), GENERATED + count % (PER_DAY - GENERATED)),
        direction="Inbound" if inbound else "Outbound" if outbound else "Internal",
        segments=tuple(segments),
        did=call.target if dn else "",
        trunk=line if trunk or inbound or outbound else "",
        visit=_visit(call, segments),
        ring_group=next(
            (one.destination.dn for one in segments if one.destination.type == PartyType.RING_GROUP), ""
        ),
    )


def _first_trunk(pbx: Pbx) -> str:
    return pbx.world.trunks[0].number if pbx.world.trunks else ""


def _party(pbx: Pbx, number: str) -> Party:
    inside = number in pbx.directory.inside
    if not inside and len(number) >= 5:
        return Party(_first_trunk(pbx), number, "", PartyType.EXTERNAL)
    kind = _TYPES.get(pbx.directory.type_of(number), PartyType.EXTENSION)
    return Party(number, number, pbx.directory.name(number), kind)


def _segments(pbx: Pbx, call: Call, caller: Party) -> list[Segment]:
    """One for each number that rang or was reached, in the order of the timeline."""
    steps = _steps(pbx, call)
    reached = {number: at for number, moments in steps.items() for what, at in moments if what == "connected"}
    found: list[Segment] = []
    for number, moments in steps.items():
        others = [at for other, at in reached.items() if other != number]
        one = _segment(pbx, call, caller, number, moments[0][1], reached.get(number), others)
        if (
            found and one.destination.type == PartyType.VOICEMAIL
        ):  # whose box it is, as the log of the past names it
            box = one.destination._replace(name=f"Voicemail of {found[-1].destination.name}")
            one = one._replace(destination=box)
        parked = one.destination.type == PartyType.PARKING
        found.append(one._replace(indent=min(len(found), 3), parked=parked))
    return _linked(found)


def _steps(pbx: Pbx, call: Call) -> dict[str, list[tuple[str, datetime]]]:
    """(`ringing` or `connected`, when) of each number, the first that was called at the front."""
    dialled = _dialled(pbx, call)
    first = {dialled: [("ringing", call.began)]}
    seen = first if pbx.directory.type_of(dialled) == DnType.RING_GROUP else {}
    for one in call.timeline:
        step = _STEP.match(one.what)
        if step and step[2] != call.origin:
            seen.setdefault(step[2], []).append((step[1], one.at))
    return seen or first


def _segment(
    pbx: Pbx,
    call: Call,
    caller: Party,
    number: str,
    start: datetime,
    answered: datetime | None,
    others: list[datetime],
) -> Segment:
    """Rang until it answered, or until somebody else did; talked until somebody else took over."""
    over, to = call.ended or pbx.now, _party(pbx, number)
    reason = _ended_by(pbx, call, caller)
    if answered is None:
        until = min([at for at in others if at > start] or [over])
        status: Outcome = "Waiting" if to.type == PartyType.RING_GROUP else "Unanswered"
        return Segment(start, (until - start).total_seconds(), 0.0, caller, to, status, reason)
    until = min([at for at in others if at > answered] or [over])
    talking = (until - answered).total_seconds()
    if to.type == PartyType.QUEUE:
        return Segment(start, talking, 0.0, caller, to, "Waiting", reason)
    return Segment(start, (answered - start).total_seconds(), talking, caller, to, "Answered", reason)


def _ended_by(pbx: Pbx, call: Call, caller: Party) -> str:
    who = call.ended_by or ""
    if who == "caller" or who in pbx.directory.inside:
        party = caller if who == "caller" else _party(pbx, who)
        return f"Ended by {party.name or party.number} ({party.number})"
    return who.capitalize()


def _linked(segments: list[Segment]) -> list[Segment]:
    """Each segment that another one followed says so, as the log words it: "was replaced by Name (102)" (T)."""
    linked = []
    for place, one in enumerate(segments):
        after = next((other for other in segments[place + 1 :] if other.status == "Answered"), None)
        if after is not None:
            words = f"was replaced by {after.destination.name or after.destination.number} ({after.destination.number})"
            one = one._replace(reason=words, action=after.destination)  # noqa: PLW2901 (a value, not the loop's state)
        linked.append(one)
    return linked


def _dialled(pbx: Pbx, call: Call) -> str:
    """The number inside that was called."""
    _, dn = pbx.directory.dids.get(call.target, (None, None))
    return dn or call.target


def _visit(call: Call, segments: list[Segment]) -> Visit | None:
    queue = next((one for one in segments if one.destination.type == PartyType.QUEUE), None)
    if queue is None:
        return None
    rung = [
        one for one in segments if one.start >= queue.start and one.destination.type == PartyType.EXTENSION
    ]
    polls = tuple(Poll(one.destination.dn, one.ringing, one.status == "Answered") for one in rung)
    talked = sum(one.talking for one in rung)
    answered = next((one for one in rung if one.status == "Answered"), None)
    until = (
        answered.start.timestamp() + answered.ringing if answered else (call.ended or queue.end).timestamp()
    )
    return Visit(queue.destination.dn, queue.start, max(0.0, until - queue.start.timestamp()), polls, talked)
