"""The numbers by which the PBX is called from outside."""

from threecx_pbx.reports.trunks import trunks
from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def dids(on: Context, search: str) -> list[Choice]:
    """DID numbers of all trunks that hold the search text, or whose trunk's name does."""
    wanted = search.casefold()
    shown = {did: f"{did} {one.name}".strip() for one in await trunks(on.reports) for did in one.dids}
    return [Choice(name=shown[did], value=did) for did in sorted(shown) if wanted in shown[did].casefold()]
