"""Collects keys that the caller presses."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import SecretStr

from threecx_pbx.calls.entry import Preset, checked_patterns, fits
from threecx_pbx.errors import BadParameter, CallEnded
from threecx_pbx.media import ALL_KEYS, KeyReader, Media, Pcm, keys_of
from threecx_runner.sdk import (
    CallParams,
    CallResult,
    Context,
    Effect,
    Field,
    KeyText,
    Located,
    Locator,
    NumberList,
    operation,
)

HIDDEN = "****"
"""Stands for secret digits; its length tells nothing."""


class Params(CallParams):
    """Parameters of Collect DTMF."""

    prompt: Located = Locator()
    max_digits: Annotated[int, Field(ge=1, le=64)] = 1
    timeout: Annotated[int, Field(ge=1, le=300)] = 10
    terminators: KeyText = "#"
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    min_digits: Annotated[int, Field(ge=1, le=64)] = 1
    inter_digit_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    pattern: NumberList = []
    preset: Preset = Preset.ANY
    invalid_prompt: Located = Locator()
    interruptible: bool = True
    type_ahead: bool = True
    secret: bool = False
    expected_value: SecretStr = SecretStr("")


class CollectStatus(StrEnum):
    """How the input ended."""

    COMPLETED = "completed"
    TERMINATOR = "terminator"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    HANGUP = "hangup"

    @property
    def collected(self) -> bool:
        """Whether there is valid input."""
        return self in (CollectStatus.COMPLETED, CollectStatus.TERMINATOR)


class CollectResult(CallResult):
    """What was typed. `attempts`: how often it was asked for; `matches` null: no expected value was given."""

    dtmf_input: str
    status: CollectStatus
    attempts: int
    matches: bool | None


OUTPUTS = {
    "collected": lambda result: result.status.collected,
    "noInput": lambda result: not result.status.collected and result.status is not CollectStatus.HANGUP,
    "hungUp": lambda _: True,
}


@dataclass(slots=True)
class _Asking:
    """One dialogue: what is asked, and what has been typed so far."""

    ask: Params
    prompt: Pcm | None = None
    invalid: Pcm | None = None
    typed: str = ""
    attempts: int = 0

    async def dialogue(self, media: Media) -> CollectStatus:
        """Asks until there is valid input or no attempt is left. Raises KeysTaken, CallEnded."""
        with media.reading("Collect DTMF", secret=self.ask.secret) as keys:
            if not self.ask.type_ahead:
                keys.clear()
            while True:
                self.attempts += 1
                status = await self._once(media, keys)
                if status.collected or self.attempts > self.ask.retries:
                    return status
                await self._complain(media, keys, status)

    async def _once(self, media: Media, keys: KeyReader) -> CollectStatus:
        self.typed = ""
        if self.prompt is not None:
            stop_on = ALL_KEYS if self.ask.interruptible else frozenset()
            await media.play(self.prompt, stop_on=stop_on)
        status = await self._type(keys)
        wrong = status.collected and not fits(self.typed, self.ask.pattern, self.ask.preset)
        return CollectStatus.INVALID if wrong else status

    async def _type(self, keys: KeyReader) -> CollectStatus:
        """Keys until there are enough, a terminator, or silence. A terminator after enough keys belongs to them."""
        within = self.ask.timeout
        while len(self.typed) < self.ask.max_digits:
            key = await keys.key(timedelta(seconds=within))
            enough = len(self.typed) >= self.ask.min_digits
            if key is None and not enough:
                return CollectStatus.TIMEOUT
            if key is None:
                break
            if key in self.ask.terminators:
                return CollectStatus.TERMINATOR if enough else CollectStatus.INVALID
            self.typed += key
            within = self.ask.inter_digit_timeout
        keys.complete(frozenset(keys_of(self.ask.terminators)))
        return CollectStatus.COMPLETED

    async def _complain(self, media: Media, keys: KeyReader, status: CollectStatus) -> None:
        """What was typed after a wrong input belongs to it."""
        if status is CollectStatus.INVALID:
            keys.clear()
        if status is CollectStatus.INVALID and self.invalid is not None:
            await media.play(self.invalid, stop_on=ALL_KEYS)


@operation(result=CollectResult, effect=Effect.CALL, outputs=OUTPUTS, lasts=timedelta(hours=1))
async def collect_dtmf(on: Context, ask: Params) -> CollectResult:
    """Plays the prompt and collects keys until there are enough, a terminator, or silence; asks again as often as wanted."""
    _check(ask)
    asking = _Asking(ask)
    try:
        media = await on.voice("Collect DTMF")
        asking.prompt = await media.meanwhile(_sound(on, ask.prompt, "Prompt"))
        asking.invalid = await media.meanwhile(_sound(on, ask.invalid_prompt, "Invalid Prompt"))
        status = await asking.dialogue(media)
    except CallEnded:
        status = CollectStatus.HANGUP
    expected = ask.expected_value.get_secret_value()
    return CollectResult(
        call_id=on.call_id,
        dtmf_input=HIDDEN if ask.secret and asking.typed else asking.typed,
        status=status,
        attempts=asking.attempts,
        matches=hmac.compare_digest(asking.typed.encode(), expected.encode()) if expected else None,
    )


def _check(ask: Params) -> None:
    checked_patterns(ask.pattern)
    if ask.min_digits > ask.max_digits:
        raise BadParameter(
            f"Min Digits is {ask.min_digits}, more than Max Digits ({ask.max_digits}).",
            hint="Raise Max Digits, or lower Min Digits.",
        )


async def _sound(on: Context, wanted: Locator, name: str) -> Pcm | None:
    return await on.sounds.of(wanted, name) if wanted.value else None
