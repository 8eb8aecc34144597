"""Paths of 3CX's XAPI."""

from threecx_pbx.xapi.paths import known_paths
from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def xapi_paths(on: Context, search: str) -> list[Choice]:
    """Paths of the official swagger that hold the search text; values go in place of the braces."""
    wanted = search.casefold()
    return [
        Choice(name=f"{path} [{methods}]", value=path)
        for path, methods in known_paths().items()
        if wanted in path.casefold()
    ]
