"""The PBX's active calls (api.md 7.2)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from threecx_pbx.calls.model import Call
from threecx_pbx.xapi.client import Xapi


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """One row of the XAPI's ActiveCalls, and the live call that it is, where this client sees it."""

    id: int
    status: str
    caller: str
    caller_number: str
    callee: str
    callee_number: str
    established_at: datetime | None
    duration_seconds: float | None
    seen: Call | None


async def active_calls(xapi: Xapi, live: tuple[Call, ...]) -> tuple[ActiveCall, ...]:
    """All calls of the PBX now, joined with those that we see `live`. Raises Forbidden when the API client may not read them."""
    rows = await xapi.rows("ActiveCalls", "read the active calls")
    return tuple(_call(row, live) for row in rows)


async def drop_whole(xapi: Xapi, call: Call, live: tuple[Call, ...]) -> bool:
    """Ends a call for everybody, through the XAPI. False: it is not among the active calls."""
    mine = [row for row in await active_calls(xapi, live) if row.seen is not None and row.seen.id == call.id]
    for row in mine:
        await xapi.drop_call(row.id)
    return bool(mine)


def _call(row: dict[str, Any], live: tuple[Call, ...]) -> ActiveCall:
    caller, callee = str(row.get("Caller") or ""), str(row.get("Callee") or "")
    began, server_now = _moment(row.get("EstablishedAt")), _moment(row.get("ServerNow"))
    numbers = {number_shown(caller), number_shown(callee)} - {""}
    return ActiveCall(
        id=int(row.get("Id") or 0),
        status=str(row.get("Status") or ""),
        caller=caller,
        caller_number=number_shown(caller),
        callee=callee,
        callee_number=number_shown(callee),
        established_at=began,
        # the PBX's own clock decides: api.md 7.2
        duration_seconds=(server_now - began).total_seconds() if began and server_now else None,
        seen=_same(int(row.get("Id") or 0), numbers, live),
    )


def _same(id_: int, numbers: set[str], live: tuple[Call, ...]) -> Call | None:
    """Whether `Id` is the `callid` is not known (api.md 13.6): the parties must agree as well."""
    fitting = [call for call in live if numbers & _touched(call)]
    by_id = [call for call in fitting if call.pbx_call == id_]
    if by_id:
        return by_id[0]
    both = [call for call in fitting if numbers <= _touched(call)]
    return both[0] if len(both) == 1 else None


def _touched(call: Call) -> set[str]:
    legs = [call.first, *call.legs.values()]
    return {number for leg in legs for number in (leg.dn, leg.party.number, leg.party.e164) if number}


def number_shown(shown: str) -> str:
    """The number in "1002 Doe, Jane", "Doe, Jane (1002)", "+4930123" or, of a party outside, "10001 Trunk (+4930123)".

    The display form is not documented (api.md 7.2); a party outside was seen as its trunk with its number behind it.
    """
    text = shown.strip()
    outside = re.fullmatch(
        r"\d+ .*\((\+?[\d*#]{5,})\)", text
    )  # shorter ones are part of a name: "102 Desk (24)"
    if outside:
        return outside.group(1)
    first = text.split(" ", 1)[0].strip("()")
    if re.fullmatch(r"\+?[\d*#]+|SP\d+", first):
        return first
    bracketed = re.search(r"\((\+?[\d*#]+)\)", text)
    return bracketed.group(1) if bracketed else ""


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
