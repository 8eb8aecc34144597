"""Changes the forwarding profile of an extension."""

from threecx_pbx.reports.people import set_presence
from threecx_runner.sdk import Context, Effect, Located, Params, operation

from ..shared.presence import Presence, Profile, person_at, presence


class SetExtensionStatusParams(Params):
    """Parameters of Set Extension Status."""

    extension: Located
    profile: Profile = Profile.AVAILABLE


@operation(result=Presence, effect=Effect.WRITE)
async def set_extension_status(on: Context, ask: SetExtensionStatusParams) -> Presence:
    """Gives the extension as it is afterwards."""
    who = await person_at(on.reports, ask.extension)
    return presence(await set_presence(on.reports, who, profile=ask.profile.value))
