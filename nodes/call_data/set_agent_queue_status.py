"""Logs an agent in to the queues, or out of them."""

from enum import StrEnum

from threecx_pbx.reports.people import set_presence
from threecx_runner.sdk import Context, Effect, Located, Params, operation

from ..shared.presence import Presence, person_at, presence


class QueueStatus(StrEnum):
    """One state for all queues of an agent (api.md 7.3)."""

    LOGGED_IN = "loggedIn"
    LOGGED_OUT = "loggedOut"


class SetAgentQueueStatusParams(Params):
    """Parameters of Set Agent Queue Status."""

    extension: Located
    status: QueueStatus = QueueStatus.LOGGED_IN


@operation(result=Presence, effect=Effect.WRITE)
async def set_agent_queue_status(on: Context, ask: SetAgentQueueStatusParams) -> Presence:
    """Gives the extension as it is afterwards."""
    who = await person_at(on.reports, ask.extension)
    return presence(await set_presence(on.reports, who, in_queues=ask.status is QueueStatus.LOGGED_IN))
