"""Presence of one extension."""

from threecx_pbx.reports.active_calls import active_calls
from threecx_runner.sdk import Context, Effect, Located, Params, operation

from ..shared.presence import Presence, person_at, presence


class GetExtensionStatusParams(Params):
    """Parameters of Get Extension Status."""

    extension: Located


class Status(Presence):
    """The extension, and whether it is on the phone."""

    on_call: bool
    active_calls: int


@operation(result=Status, effect=Effect.READ)
async def get_extension_status(on: Context, ask: GetExtensionStatusParams) -> Status:
    """Joins the user with the active calls."""
    who = await person_at(on.reports, ask.extension)
    calls = await active_calls(on.reports, ())
    mine = [one for one in calls if who.number in (one.caller_number, one.callee_number)]
    return Status(**dict(presence(who)), on_call=bool(mine), active_calls=len(mine))
