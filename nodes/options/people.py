"""The PBX's users."""

from threecx_pbx.reports.people import people as users
from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def people(on: Context, search: str) -> list[Choice]:
    """Users whose number or name holds the search text."""
    wanted = search.casefold()
    found = [(one.number, f"{one.number} {one.name}".strip()) async for one in users(on.reports)]
    return [Choice(name=name, value=number) for number, name in found if wanted in name.casefold()]
