"""The PBX's numbers that a call can be put through to."""

from threecx_pbx.reports.directory import Entry
from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def extensions(on: Context, search: str) -> list[Choice]:
    """Extensions, queues, ring groups, IVRs and the like whose number or name holds the search text."""
    wanted = search.casefold()
    return [
        Choice(name=f"{entry.number} {entry.name}".strip(), value=entry.number)
        for entry in await on.session.directory(on.reports)
        if wanted in f"{entry.number} {entry.name}".casefold() and _callable(entry)
    ]


def _callable(entry: Entry) -> bool:
    return entry.kind not in ("ExternalLine", "Group", "None")
