"""The PBX's queues."""

from threecx_runner.sdk import Choice, Context, option_list


@option_list
async def queues(on: Context, search: str) -> list[Choice]:
    """Queues whose number or name holds the search text."""
    rows = await on.reports.rows("Queues", "read the queues", select="Number,Name", orderby="Number")
    wanted = search.casefold()
    shown = [
        (str(row.get("Number") or ""), f"{row.get('Number')} {row.get('Name') or ''}".strip()) for row in rows
    ]
    return [Choice(name=name, value=number) for number, name in shown if wanted in name.casefold()]
