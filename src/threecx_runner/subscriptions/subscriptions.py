"""All subscriptions of all triggers: desired state in memory, kept in the journal."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.model import PbxId
from threecx_pbx.clock import Clock
from threecx_pbx.errors import ThreeCxError, Unreachable
from threecx_runner.api.ports import Listening
from threecx_runner.api.wire import SubscriptionBody
from threecx_runner.care.guarding import check_guards
from threecx_runner.errors import OperationUnknown, ReceiverOverlap, bad_parameter
from threecx_runner.login import pbx_id
from threecx_runner.n8n import n8n_session
from threecx_runner.sdk import Params, Trigger
from threecx_runner.subscriptions.address import probe, webhook_address
from threecx_runner.subscriptions.checks import check_parameters
from threecx_runner.subscriptions.lease import over, rank, rival, state_of
from threecx_runner.subscriptions.model import LeaseState, Live, Subscription, SubscriptionId
from threecx_runner.texts import check_whole

_log = structlog.get_logger(__name__)

_SWEEP_S = 5.0


class Shelf(Protocol):
    """Where subscriptions outlive the runner: the journal."""

    async def put_subscription(self, wish: Subscription) -> None: ...
    async def subscriptions(self) -> tuple[Subscription, ...]: ...
    async def forget_subscription(self, wanted: SubscriptionId) -> None: ...


FindTrigger = Callable[[str, str], Trigger[Any] | None]
"""Node and trigger name → its code."""


class Subscriptions:
    """Belongs to the loop. `of` and `get` are synchronous: events are matched against what is true now."""

    def __init__(
        self, shelf: Shelf, find: FindTrigger, clock: Clock, *, n8n_url: str = "", ca_file: Path | None = None
    ) -> None:
        self._shelf = shelf
        self._find = find
        self._clock = clock
        self._n8n_url = n8n_url
        self._ca_file = ca_file
        self._all: dict[SubscriptionId, Live] = {}
        self._revived: list[Callable[[SubscriptionId], None]] = []
        self._listening: Listening | None = None

    async def __aenter__(self) -> "Subscriptions":
        """With what the journal holds: deliveries that are due find their addressees from the first moment."""
        stored = [live for wish in await self._shelf.subscriptions() if (live := self._understood(wish))]
        self._all = {live.subscription.id: live for live in stored}
        self._http = n8n_session(self._ca_file)
        self._sweeping = asyncio.create_task(self._sweep_for_ever(), name="leases of test events")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sweeping.cancel()
        await asyncio.wait({self._sweeping})
        await self._http.close()

    async def restore(self, listening: Listening) -> None:
        """Resumes by itself what the journal holds (n8n never asks again, architecture 7)."""
        self._listening = listening
        await asyncio.gather(*(self._resume(live, listening) for live in tuple(self._all.values())))

    def on_revived(self, callback: Callable[[SubscriptionId], None]) -> None:
        """Told when a subscription that failed has been renewed or was heard again."""
        self._revived.append(callback)

    def get(self, wanted: SubscriptionId) -> Live | None:
        return self._all.get(wanted)

    def of(self, pbx: PbxId) -> tuple[Live, ...]:
        """Those that events of this PBX go to, in the order in which they are asked about a call."""
        now = self._clock.now()
        mine = (
            live for live in self._all.values() if live.subscription.pbx == pbx and self._hears(live, now)
        )
        return tuple(sorted(mine, key=lambda live: rank(live, now)))

    def everything(self) -> tuple[tuple[Live, LeaseState], ...]:
        now = self._clock.now()
        return tuple((live, state_of(live.subscription, now)) for live in self._all.values())

    async def put(self, wanted: SubscriptionId, body: SubscriptionBody, login: Login) -> Subscription:
        """Makes or renews it. Raises what the user must hear; a kept one stays as it was then.

        While the PBX cannot be reached a production subscription is kept all the same, and the error is raised after.
        """
        new = self._wanted(wanted, body, login)
        changed = self._is_changed(new)
        if changed:
            _check(new)
        self._refuse_rivals(new)
        if self._is_news(new):
            await probe(self._http, new.subscription.webhook_url)
        try:
            await self._watch(new, changed=changed)
        except Unreachable:
            if not new.subscription.test:
                await self._keep(new)
            raise
        await self._keep(new)
        return new.subscription

    async def remove(self, wanted: SubscriptionId) -> bool:
        """False when there was none."""
        gone = self._all.pop(wanted, None)
        if gone is not None and self._listening is not None:
            await self._listening.unwatch(
                gone
            )  # keeps the login of callers first, which goes with the subscription
        await self._shelf.forget_subscription(wanted)
        return gone is not None

    async def heard(self, wanted: SubscriptionId, answered: bool) -> None:
        """A post was answered with an echo, or not: the first failure of a row starts the day until suspension."""
        live = self._all.get(wanted)
        if live is None or answered is (live.subscription.failing_since is None):
            return
        failing_since = None if answered else self._clock.now()
        await self._store(live, replace(live.subscription, failing_since=failing_since))
        if answered:
            self._tell_revived(wanted)

    def _hears(self, live: Live, now: datetime) -> bool:
        return (
            not over(live.subscription, now) and state_of(live.subscription, now) is not LeaseState.SUSPENDED
        )

    def _wanted(self, wanted: SubscriptionId, body: SubscriptionBody, login: Login) -> Live:
        trigger = self._find(body.node, body.trigger)
        if trigger is None:
            raise OperationUnknown(f"This runner knows no trigger {body.trigger} of {body.node}.")
        now = self._clock.now()
        old = self._all.get(wanted)
        wish = Subscription(
            id=wanted,
            pbx=pbx_id(login),
            login=login,
            node=body.node,
            trigger=body.trigger,
            webhook_url=webhook_address(body.webhook_url, login.n8n_base_url or self._n8n_url),
            webhook_id=body.webhook_id,
            workflow_id=body.workflow_id,
            workflow_name=body.workflow_name,
            node_name=body.node_name,
            test=body.test,
            lease=timedelta(seconds=body.lease_seconds),
            parameters=body.parameters,
            renewed=now,
            created=now if old is None else old.subscription.created,
        )
        return Live(wish, trigger, _parsed(trigger, body.parameters))

    def _refuse_rivals(self, new: Live) -> None:
        others = tuple(
            live for live in self._all.values() if not _succeeds(new.subscription, live.subscription)
        )
        other = rival(new, others, self._clock.now())
        if other is not None:
            raise ReceiverOverlap(
                f'The workflow "{other.subscription.workflow_name}" receives these calls already.'
            )

    def _is_changed(self, new: Live) -> bool:
        """What an earlier version took is renewed as it is: its calls are better received than refused."""
        old = self._all.get(new.subscription.id)
        return old is None or (old.want, old.subscription.login) != (new.want, new.subscription.login)

    def _is_news(self, new: Live) -> bool:
        """Whether it is unknown yet that n8n can be reached there."""
        old = self._all.get(new.subscription.id)
        return (
            old is None
            or old.subscription.webhook_url != new.subscription.webhook_url
            or old.subscription.failing_since is not None
        )

    async def _watch(self, new: Live, *, changed: bool) -> None:
        if self._listening is not None:
            await self._listening.watch(new, changed=changed)

    async def _keep(self, new: Live) -> None:
        self._refuse_rivals(new)  # another may have come while we waited for n8n and the PBX
        wish = new.subscription
        old = self._all.get(wish.id)
        for other in [live.subscription for live in self._all.values() if _succeeds(wish, live.subscription)]:
            await self.remove(other.id)
        await self._store(new, wish)
        if old is not None and old.subscription.failing_since is not None:
            self._tell_revived(wish.id)

    async def _store(self, live: Live, wish: Subscription) -> None:
        self._all[wish.id] = replace(live, subscription=wish)
        await self._shelf.put_subscription(wish)

    async def _resume(self, live: Live, listening: Listening) -> None:
        try:
            await listening.watch(live)
        except ThreeCxError as error:
            _log.warning(
                "a subscription waits", workflow=live.subscription.workflow_name, reason=error.message
            )

    def _understood(self, wish: Subscription) -> Live | None:
        trigger = self._find(wish.node, wish.trigger)
        try:
            live = None if trigger is None else Live(wish, trigger, _parsed(trigger, wish.parameters))
        except ThreeCxError as error:
            _log.warning(
                "a stored subscription cannot be read", workflow=wish.workflow_name, reason=error.message
            )
            return None
        try:
            if live is not None:
                _check(live)
        except ThreeCxError as error:
            _log.warning("a stored subscription is faulty", workflow=wish.workflow_name, reason=error.message)
        return live

    def _tell_revived(self, wanted: SubscriptionId) -> None:
        for callback in self._revived:
            callback(wanted)

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._clock.sleep(_SWEEP_S)
            now = self._clock.now()
            for wish in [live.subscription for live in self._all.values() if over(live.subscription, now)]:
                await self.remove(wish.id)


def troubles(of: Iterable[tuple[Live, LeaseState]]) -> tuple[str, ...]:
    """One sentence for each production subscription that n8n does not renew or does not answer."""
    return tuple(_SENTENCES[state].format(live.subscription) for live, state in of if state in _SENTENCES)


_SENTENCES = {
    LeaseState.LAPSED: 'The workflow "{0.workflow_name}" has not renewed its subscription since {0.renewed:%H:%M:%S} UTC: is n8n running?',
    LeaseState.SUSPENDED: 'The workflow "{0.workflow_name}" has taken no delivery since {0.failing_since:%Y-%m-%d %H:%M} UTC and is suspended; publish it again.',
}


def _parsed(trigger: Trigger[Any], parameters: Any) -> Params:
    try:
        parsed: Params = trigger.params.model_validate(parameters)
    except ValidationError as error:
        raise bad_parameter(error) from error
    return parsed


def _check(live: Live) -> None:
    """Raises BadParameter for what can never work, whatever the PBX is like."""
    check_whole(live.subscription.parameters)
    check_parameters(live.want)
    check_guards(live.subscription.login)


def _succeeds(new: Subscription, old: Subscription) -> bool:
    """The same node of the same workflow under a new webhook id: n8n did not delete the old one."""
    same_n8n = new.webhook_url.split("/webhook", 1)[0] == old.webhook_url.split("/webhook", 1)[0]
    same_node = bool(new.workflow_id) and (new.workflow_id, new.node_name) == (old.workflow_id, old.node_name)
    return new.id != old.id and same_n8n and same_node and not new.test and not old.test
