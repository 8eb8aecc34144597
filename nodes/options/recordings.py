"""The newest recordings."""

from threecx_pbx.reports.recordings import recordings as newest
from threecx_runner.sdk import Choice, Context, option_list

_SHOWN = 100


@option_list
async def recordings(on: Context, search: str) -> list[Choice]:
    """Recordings whose moment, numbers or names hold the search text."""
    wanted = search.casefold()
    found = []
    async for one in newest(on.reports, "", _SHOWN):
        when = one.start.strftime("%Y-%m-%d %H:%M") if one.start else ""
        name = f"{when} {one.from_number} {one.from_name} > {one.to_number} {one.to_name}".strip()
        if wanted in name.casefold():
            found.append(Choice(name=name, value=str(one.id)))
    return found
