"""The agents of a queue, as they are now."""

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.active_calls import active_calls
from threecx_pbx.reports.queues import agents_of, queues
from threecx_runner.sdk import Context, Effect, Located, Params, Result, operation


class GetQueueAgentsParams(Params):
    """Parameters of Get Queue Agents."""

    queue_id: Located
    only_available: bool = False


class AgentNow(Result):
    """One agent."""

    queue: str
    number: str
    name: str
    logged_in: bool
    registered: bool
    profile: str
    on_call: bool
    available: bool
    skill_group: str


@operation(result=AgentNow, effect=Effect.READ)
async def get_queue_agents(on: Context, ask: GetQueueAgentsParams) -> list[AgentNow]:
    """The log-in is one for all queues of an agent (api.md 7.3)."""
    if not ask.queue_id.value:
        raise BadParameter("The queue is empty.", hint="Choose a queue from the list.")
    by_id = ask.queue_id.mode == "id"
    number, id_ = ("", ask.queue_id.value) if by_id else (ask.queue_id.value, "")
    queue = (await queues(on.reports, number=number, id_=id_))[0]
    agents = await agents_of(on.reports, queue, await active_calls(on.reports, ()))
    return [
        AgentNow(
            queue=queue.number,
            number=one.person.number,
            name=one.person.name,
            logged_in=one.person.in_queues,
            registered=one.person.registered,
            profile=one.person.profile,
            on_call=one.on_call,
            available=one.available,
            skill_group=one.skill_group,
        )
        for one in agents
        if one.available or not ask.only_available
    ]
