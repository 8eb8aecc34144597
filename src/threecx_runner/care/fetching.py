"""The sounds of an operation on a call: nobody waits for them in silence."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from threecx_pbx.media import Pcm
from threecx_runner.sdk import Locator, Sounding


class Fetching:
    """See `sdk.Sounding`. `waiting` is on while a sound is made or fetched."""

    def __init__(self, sounds: Sounding, waiting: Callable[[], AbstractContextManager[None]]) -> None:
        self._sounds = sounds
        self._waiting = waiting

    async def of(self, wanted: Locator, name: str) -> Pcm:
        with self._waiting():
            return await self._sounds.of(wanted, name)

    async def spoken(self, text: str, language: str, voice: str, speed: float) -> Pcm:
        with self._waiting():
            return await self._sounds.spoken(text, language, voice, speed)

    async def save(self, name: str, wanted: Locator) -> str:
        return await self._sounds.save(name, wanted)

    async def prompts(self) -> list[str]:
        return await self._sounds.prompts()
