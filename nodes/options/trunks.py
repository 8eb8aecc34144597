"""The PBX's trunks."""

from threecx_pbx.reports.trunks import trunks as all_trunks
from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def trunks(on: Context, search: str) -> list[Choice]:
    """Trunks whose number, name or main number holds the search text."""
    wanted = search.casefold()
    shown = [
        (one.number, " ".join(filter(None, (one.number, one.name, one.external_number))))
        for one in await all_trunks(on.reports)
    ]
    return [Choice(name=name, value=number) for number, name in shown if wanted in name.casefold()]
