"""What a Receiver's own task may do to its call, while the phone still rings."""

import logging
from datetime import timedelta

from threecx_pbx.calls.model import Call, CallId, LegState
from threecx_pbx.errors import ThreeCxError
from threecx_pbx.session import PbxSession
from threecx_runner.care.insisting import insist
from threecx_runner.sdk import Guarding
from threecx_runner.subscriptions.model import Live

log = logging.getLogger(__name__)


class AttendedCall:
    """See `sdk.Attending`."""

    def __init__(self, session: PbxSession, id_: CallId, guard: Guarding) -> None:
        self._session = session
        self._id = id_
        self._guard = guard

    def _ringing(self) -> Call | None:
        call = self._session.look(self._id)
        return call if call is not None and _rings(call) else None

    async def answer(self) -> None:
        await insist(self._session, self._id, self._session.answer, _rings, lambda error: error.retryable)

    async def answered_or_gone(self, within: float) -> None:
        await self._session.until(self._id, _answered_or_gone, timedelta(seconds=within))

    async def drop(self) -> None:
        await insist(self._session, self._id, self._session.drop_own, _rings)

    async def divert(self, destination: str) -> None:
        call = self._ringing()
        if call is None:
            return
        try:
            routed = await self._session.divert(call, await self._guard.check(destination))
        except ThreeCxError as error:
            log.warning("call %s could not be diverted: %s", self._id, error)
            await self.drop()
            return
        if not routed.connected:
            await self.drop()


def _rings(call: Call) -> bool:
    leg = call.own_leg
    return leg is not None and leg.state is LegState.RINGING


def _answered_or_gone(call: Call | None) -> bool | None:
    leg = call.own_leg if call else None
    return True if leg is None or leg.state is LegState.CONNECTED else None


async def attended(call: AttendedCall, live: Live) -> None:
    """The Receiver's own task for one caller."""
    assert live.trigger.attend is not None
    try:
        await live.trigger.attend(call, live.want)
    except* ThreeCxError as errors:
        log.info("%s: %s", live.subscription.workflow_name, errors.exceptions[0])
