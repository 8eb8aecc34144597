"""Calls of the running engine that are over, as the call log keeps them: read from their timelines."""

import re
from datetime import datetime

from threecx_simulator.company.past import (
    GENERATED,
    PER_DAY,
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
_STEP = re.compile(r"(ringing|connected|voicemail of|left) (\S+)$")


def past_call(pbx: Pbx, call: Call, count: int) -> PastCall:
    """The call as the archive shows it; `count`: how many ended before it."""
    caller = _party(pbx, call.origin)
    segments = _segments(pbx, call, caller)
    trunk, dn = pbx.directory.dids.get(call.target, (None, ""))
    inbound, outbound = caller.type == PartyType.EXTERNAL, segments[-1].destination.type == PartyType.EXTERNAL
    return PastCall(
        number=call_number(call.began.toordinal(), GENERATED + count % (PER_DAY - GENERATED)),
        direction="Inbound" if inbound else "Outbound" if outbound else "Internal",
        segments=tuple(segments),
        did=call.target if dn else "",
        trunk=trunk.number if trunk else _first_trunk(pbx) if inbound or outbound else "",
        visit=_visit(call, segments),
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
    seen: dict[str, list[tuple[str, datetime]]] = {}
    for one in call.timeline:
        step = _STEP.match(one.what)
        if step and step[2] != call.origin:
            seen.setdefault(step[2], []).append((step[1], one.at))
    over = call.ended or pbx.now
    steps = list(seen.items()) or [(_dialled(pbx, call), [("ringing", call.began)])]
    found = []
    for place, (number, moments) in enumerate(steps):
        start = moments[0][1]
        answered = next((at for what, at in moments if what in {"connected", "voicemail of"}), None)
        following = [at for _, other in steps[place + 1 :] for what, at in other if what == "connected"]
        until = min([at for at in following if answered and at > answered] or [over])
        end = answered or min([over, *following])
        ringing = max(0.0, (end - start).total_seconds())
        talking = max(0.0, (until - answered).total_seconds()) if answered else 0.0
        to = _party(pbx, number)
        if moments[0][0] == "voicemail of":
            to = Party(pbx.world.voicemail, number, f"Voicemail of {to.name}", PartyType.VOICEMAIL)
        if answered and to.type == PartyType.QUEUE:
            found.append(
                Segment(start, talking, 0.0, caller, to, "Waiting", call.ended_by or "", min(place, 3))
            )
        else:
            status = "Answered" if answered else "Unanswered"
            reason = f"Ended by {call.ended_by}" if call.ended_by else ""
            outcome = Segment(start, ringing, talking, caller, to, "Answered", reason, min(place, 3))
            found.append(outcome if status == "Answered" else outcome._replace(status="Unanswered"))
    return found


def _dialled(pbx: Pbx, call: Call) -> str:
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
