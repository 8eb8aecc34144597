"""Lets the caller choose by key."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.errors import BadParameter, CallEnded
from threecx_pbx.media import ALL_KEYS, Media, Pcm
from threecx_runner.sdk import (
    CallParams,
    CallResult,
    Context,
    Effect,
    Field,
    Located,
    Locator,
    Rows,
    Wire,
    operation,
)


class MenuChoice(Wire):
    """One choice: its key and its name in the workflow."""

    key: Annotated[str, Field(pattern=r"^[0-9*#A-D]$")]
    label: str = ""


class Params(CallParams):
    """Parameters of Menu."""

    prompt: Located = Locator()
    choices: Annotated[list[MenuChoice], Rows, Field(max_length=16)] = []
    timeout: Annotated[int, Field(ge=1, le=300)] = 10
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    invalid_prompt: Located = Locator()
    interruptible: bool = True
    type_ahead: bool = True


class MenuStatus(StrEnum):
    """How the menu ended."""

    CHOSEN = "chosen"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    HANGUP = "hangup"


class MenuResult(CallResult):
    """The choice. `attempts`: how often the menu was heard; `key` also tells the last wrong one."""

    status: MenuStatus
    key: str
    label: str
    attempts: int


OUTPUTS = {
    "*choices": lambda result: result.key if result.status is MenuStatus.CHOSEN else "",
    "noInput": lambda result: result.status is not MenuStatus.HANGUP,
    "hungUp": lambda _: True,
}


@operation(result=MenuResult, effect=Effect.CALL, outputs=OUTPUTS, lasts=timedelta(hours=1))
async def menu(on: Context, ask: Params) -> MenuResult:
    """Plays the menu and waits for a key; each choice is an output. A wrong key and silence repeat it."""
    labels = _labels(ask)
    asking = _Asking(ask)
    try:
        media = await on.voice("Menu")
        prompt = await media.meanwhile(on.sounds.of(ask.prompt, "Prompt"))
        invalid = await media.meanwhile(_invalid(on, ask))
        await asking.dialogue(media, prompt, invalid)
    except CallEnded:
        asking.status = MenuStatus.HANGUP
    chosen = asking.status is MenuStatus.CHOSEN
    return MenuResult(
        call_id=on.call_id,
        status=asking.status,
        key=asking.key,
        label=labels[asking.key] if chosen else "",
        attempts=asking.attempts,
    )


class _Asking:
    """The dialogue, and how far it came."""

    def __init__(self, ask: Params) -> None:
        self._ask = ask
        self.status = MenuStatus.TIMEOUT
        self.key = ""
        self.attempts = 0

    async def dialogue(self, media: Media, prompt: Pcm, invalid: Pcm | None) -> None:
        """Until a choice is made or no attempt is left. Raises KeysTaken, CallEnded."""
        keys_known = {choice.key for choice in self._ask.choices}
        with media.reading("Menu") as keys:
            if not self._ask.type_ahead:
                keys.clear()
            while self.attempts <= self._ask.retries:
                if self.status is MenuStatus.INVALID and invalid is not None:
                    await media.play(invalid, stop_on=ALL_KEYS)
                self.attempts += 1
                await media.play(prompt, stop_on=ALL_KEYS if self._ask.interruptible else frozenset())
                self.key = await keys.key(timedelta(seconds=self._ask.timeout)) or ""
                self.status = MenuStatus.INVALID if self.key else MenuStatus.TIMEOUT
                if self.key in keys_known:
                    self.status = MenuStatus.CHOSEN
                    return
                # what was typed after a wrong key belongs to it
                keys.clear()


async def _invalid(on: Context, ask: Params) -> Pcm | None:
    return await on.sounds.of(ask.invalid_prompt, "Invalid Prompt") if ask.invalid_prompt.value else None


def _labels(ask: Params) -> dict[str, str]:
    """Raises BadParameter for choices that an output cannot be made of."""
    labels = {choice.key: choice.label for choice in ask.choices}
    if not labels:
        raise BadParameter("The menu has no choices.", hint="Add a choice for each key under Choices.")
    if len(labels) < len(ask.choices):
        raise BadParameter("Two choices of the menu have the same key.", hint="Give each its own key.")
    return labels
