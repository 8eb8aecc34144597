"""The runner's whole life cycle in one place."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from threecx_pbx.clock import Clock, SystemClock
from threecx_runner.api.services import Services
from threecx_runner.api.serving import Api
from threecx_runner.broker import Brokers
from threecx_runner.dispatch import Dispatcher
from threecx_runner.files import Files
from threecx_runner.interpreter import tune
from threecx_runner.journal import Journal
from threecx_runner.outbox import Outbox
from threecx_runner.registry import found
from threecx_runner.sessions import Sessions, opened_sessions
from threecx_runner.settings import Settings
from threecx_runner.sounds import opened_sounds
from threecx_runner.state_folder import open_state
from threecx_runner.subscriptions.subscriptions import Subscriptions
from threecx_runner.watch import Parts


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner that serves: its API, and what stands behind it."""

    api: Api
    services: Services
    sessions: Sessions
    brokers: Brokers


async def serve(settings: Settings, clock: Clock | None = None) -> None:
    """Until SIGTERM or SIGINT; then refuses new work, drains 30 s, ends sessions, flushes, closes.

    Raises StateLocked, SettingWrong.
    """
    async with AsyncExitStack() as stack:
        runner = await started(settings, clock or SystemClock(), stack)
        tune()
        await runner.api.stopped()
        runner.brokers.refuse()


async def started(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Runner:
    """Everything up, in the order in which the stack unwinds. Raises StateLocked, SettingWrong."""
    registry = found()
    state = stack.enter_context(open_state(settings))
    journal = await stack.enter_async_context(Journal.open(state.journal_url, state.cipher, clock))
    subscriptions = Subscriptions(
        journal, registry.trigger, clock, n8n_url=settings.n8n_url, ca_file=settings.ca_file
    )
    await stack.enter_async_context(subscriptions)
    outbox = await stack.enter_async_context(Outbox(journal, subscriptions, clock, ca_file=settings.ca_file))
    files = Files(state.files, clock)
    sounds = await stack.enter_async_context(opened_sounds(settings, state, files))
    care = settings.fallback_destination
    parts = Parts(
        journal, outbox, subscriptions, clock, care, sounds, files, xapi_per_second=settings.xapi_per_second
    )
    ca_file = str(settings.ca_file) if settings.ca_file else None
    sessions = await stack.enter_async_context(opened_sessions(parts, registry, ca_file))
    dispatcher = Dispatcher(sessions, journal, registry)
    brokers = await stack.enter_async_context(Brokers(dispatcher, files, settings, clock))
    services = Services(
        dispatcher=dispatcher,
        accounts=sessions,
        options=sessions,
        claims=sessions,
        view=sessions,
        subscriptions=subscriptions,
        journal=journal,
        outbox=outbox,
        files=files,
        settings=settings,
        clock=clock,
        broker_troubles=brokers.troubles,
    )
    api = await stack.enter_async_context(Api(services, state))
    # after the API listens: n8n may claim the calls that are found waiting
    await subscriptions.restore(sessions)
    await sessions.take_up()
    return Runner(api, services, sessions, brokers)
