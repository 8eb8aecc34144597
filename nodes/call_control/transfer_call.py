"""Puts a caller through to an extension, queue, ring group, IVR, voicemail or outside number."""

import re
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.calls.model import Call, PartyKind
from threecx_pbx.calls.routing import Outcome, Routed
from threecx_pbx.errors import BadParameter, CallEnded
from threecx_pbx.media import Layer, ringback
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, Field, Located, operation


class TargetType(StrEnum):
    """What the target is; the number decides, this says what is expected there."""

    EXTENSION = "extension"
    QUEUE = "queue"
    RING_GROUP = "ringGroup"
    IVR = "ivr"
    VOICEMAIL = "voicemail"
    EXTERNAL = "external"


class TransferType(StrEnum):
    """How the caller is handed over."""

    BLIND = "blind"
    SUPERVISED = "supervised"


MAILBOX = "*4"
"""3CX's default dial code of mailboxes (XAPI: DialCodeSettings.DialCodeVMail), followed by the extension."""

_EXTENSION = re.compile(r"[1-9][0-9]{1,4}")


class Params(CallParams):
    """Parameters of Transfer."""

    target_type: TargetType = TargetType.EXTENSION
    target: Located
    transfer_type: TransferType = TransferType.BLIND
    timeout: Annotated[int, Field(ge=1, le=300)] = 30


class TransferResult(CallResult):
    """Where the caller is now."""

    connected: bool
    outcome: Outcome
    target: str
    target_type: TargetType
    transfer_type: TransferType
    answered_by: str
    reason: str
    seconds: float


OUTPUTS = {
    "connected": lambda result: result.connected,
    "notConnected": lambda result: not result.connected,
    "hungUp": lambda _: False,
}


@operation(result=TransferResult, effect=Effect.DIAL, outputs=OUTPUTS)
async def transfer_call(on: Context, ask: Params) -> TransferResult:
    """Transfers a connected call, or diverts a ringing one; the answer comes when the target was reached or could not be."""
    call = on.call()
    target = await on.guard.check(ask.target.value)
    mailbox = ask.target_type is TargetType.VOICEMAIL
    if mailbox and not _has_mailbox(target, on.session.kind_of_number(target)):
        raise BadParameter(
            f"The target '{target}' has no voicemail box, only an extension has one.",
            hint="Choose an extension, or another Target Type.",
        )
    to = f"{MAILBOX}{target}" if mailbox else target
    within = timedelta(seconds=ask.timeout)
    if ask.transfer_type is TransferType.SUPERVISED:
        routed = await _supervised(on, call, to, within)
    else:
        routed = await on.session.transfer(call, to, within)
    return TransferResult(
        call_id=call.id,
        connected=routed.connected,
        outcome=Outcome.VOICEMAIL if mailbox and routed.connected else routed.outcome,
        target=target,
        target_type=ask.target_type,
        transfer_type=ask.transfer_type,
        answered_by=routed.answered_by,
        reason=routed.reason,
        seconds=routed.seconds,
    )


def _has_mailbox(target: str, kind: PartyKind) -> bool:
    """Where the directory may not be read, as far as a number can look like an extension."""
    return kind is PartyKind.EXTENSION or (kind is PartyKind.UNKNOWN and bool(_EXTENSION.fullmatch(target)))


async def _supervised(on: Context, call: Call, target: str, within: timedelta) -> Routed:
    """3CX gives the caller no tone while it tries the target, so we do (api.md 2.4, official attitude)."""
    media = await on.voice("A supervised transfer")
    media.background(ringback(), Layer.RING_BACK)
    try:
        return await on.session.route(call, target, within)
    finally:
        with suppress(CallEnded):
            media.background(None, Layer.RING_BACK)
