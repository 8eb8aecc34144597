"""The prompts that callers can hear: those of the runner's prompt folder, and those that come with it."""

from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def prompts(on: Context, search: str) -> list[Choice]:
    """Prompts whose name holds the search text."""
    wanted = search.casefold()
    return [Choice(name=name, value=name) for name in await on.sounds.prompts() if wanted in name.casefold()]
