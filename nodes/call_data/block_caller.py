"""Blocks a caller on the whole PBX."""

from typing import Annotated

from threecx_pbx.reports.contacts import block, whole_number
from threecx_runner.sdk import Context, Effect, Field, Params, Result, operation

from ..shared.contact import country_for


class BlockCallerParams(Params):
    """Parameters of Block Caller."""

    number: Annotated[str, Field(min_length=1)]
    description: str = ""
    country: Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")] = ""


class Blocked(Result):
    """The block."""

    number: str
    block_id: str
    already_blocked: bool


@operation(result=Blocked, effect=Effect.WRITE)
async def block_caller(on: Context, ask: BlockCallerParams) -> Blocked:
    """A number that is blocked already stays as it is."""
    number = whole_number(ask.number, await country_for(on.reports, ask.number, ask.country))
    id_, known = await block(on.reports, number, ask.description.strip() or "Blocked by n8n")
    return Blocked(number=number, block_id=id_, already_blocked=known)
