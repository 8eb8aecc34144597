"""What a filter names, looked up first: a report answers a number that the PBX does not have with no rows, as if there were no calls."""

from collections.abc import Sequence

from threecx_pbx.errors import Forbidden, LicenceMissing, RecordUnknown
from threecx_pbx.reports.departments import group_number
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import one_of

_AT_ONCE = 40
"""An address has room for so many numbers."""


async def known_queues(xapi: Xapi, named: Sequence[str], field: str) -> tuple[str, ...]:
    """The numbers of queues that are named by number or name. Raises RecordUnknown, which names `field`."""
    if not named:
        return ()
    try:
        rows = await xapi.rows("Queues", "read the queues", select="Number,Name")
    except (Forbidden, LicenceMissing):
        return tuple(named)  # who may not look asks as he wrote
    return tuple(_number(rows, one, field, "queue") for one in named)


async def known_agents(xapi: Xapi, numbers: Sequence[str], field: str) -> tuple[str, ...]:
    """The same of agents, by number. Raises RecordUnknown, which names `field`."""
    rows: list[Row] = []
    try:
        for begin in range(0, len(numbers), _AT_ONCE):
            part = one_of("Number", numbers[begin : begin + _AT_ONCE])
            rows += await xapi.rows("Users", "read the agents", filter=part, select="Number")
    except (Forbidden, LicenceMissing):
        return tuple(numbers)
    return tuple(_number(rows, one, field, "agent") for one in numbers)


async def known_department(xapi: Xapi, named: str) -> str:
    """The number of a department that is named by number or name. Raises RecordUnknown."""
    try:
        return await group_number(xapi, named)
    except (Forbidden, LicenceMissing):
        return named


def _number(rows: Sequence[Row], named: str, field: str, kind: str) -> str:
    wanted = named.strip().casefold()
    for key in ("Number", "Name"):
        for row in rows:
            if str(row.get(key) or "").casefold() == wanted:
                return str(row.get("Number") or "")
    raise RecordUnknown(
        f"{field} in Filters names '{named.strip()[:40]}', and the PBX has no such {kind}.",
        hint=f"Correct {field}, or leave it empty.",
    )
