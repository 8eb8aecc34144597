"""What callers can hear: a parameter's choice of sound becomes PCM. Implements `sdk.Sounding`."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from threecx_pbx.errors import AudioTooLong, BadParameter
from threecx_pbx.media import (
    AudioSource,
    Bytes,
    FetchPolicy,
    Pcm,
    Prompt,
    PromptPath,
    SoundLibrary,
    Spoken,
    Url,
)
from threecx_runner.files import FileId, Files
from threecx_runner.sdk import Locator
from threecx_runner.settings import Settings
from threecx_runner.state_folder import StateFolder

SHIPPED = Path(__file__).parent / "prompts"
"""The prompts that come with the runner, a folder for each language."""


_LARGEST = 100_000_000
"""Bytes of a binary that are read into memory: more than twenty minutes of any format need."""

_DECODERS = 2
"""Threads for decoding: more would compete with the clock of the calls' sound (architecture 4)."""


class Sounds:
    """The library of prompts, and the files that items bring along."""

    def __init__(self, library: SoundLibrary, files: Files) -> None:
        self._library = library
        self._files = files

    async def of(self, wanted: Locator, name: str) -> Pcm:
        """See `Sounding`."""
        if not wanted.value.strip():
            raise BadParameter(f"The parameter {name} is empty.", hint="Choose what the caller hears.")
        return await self._library.load(await self._source(wanted, name))

    async def spoken(self, text: str, language: str, voice: str, speed: float) -> Pcm:
        """See `Sounding`."""
        return await self._library.load(Spoken(text, language=language, voice=voice, speed=speed))

    async def save(self, name: str, wanted: Locator) -> str:
        """See `Sounding`."""
        source = await self._source(wanted, "Audio File")
        if not isinstance(source, Bytes):
            raise BadParameter(
                "A prompt is uploaded from a binary field of the item.",
                hint="Set Audio File to Binary Field; an HTTP Request node can download the file before.",
            )
        return (await self._library.save(name, source.data)).name

    async def prompts(self) -> list[str]:
        """See `Sounding`."""
        return [prompt.name for prompt in await self._library.prompts()]

    async def _source(self, wanted: Locator, name: str) -> AudioSource:
        value = wanted.value.strip()
        match wanted.mode:
            case "list":
                return _named(value)
            case "path":
                return PromptPath(value)
            case "url":
                return Url(value)
            case "text":
                return Spoken(value)
            case "binary":
                return await self._brought(FileId(value))
        raise BadParameter(
            f"The parameter {name} has the mode '{wanted.mode}'.",
            hint="Its modes are list, path, url, binary and text.",
        )

    async def _brought(self, id_: FileId) -> Bytes:
        """A binary of the item. Raises FileUnknown, AudioTooLong."""
        file = self._files.get(id_)
        if (await asyncio.to_thread(file.path.stat)).st_size > _LARGEST:
            raise AudioTooLong(f"The file {file.name} is larger than {_LARGEST // 1_000_000} MB.")
        return Bytes(await asyncio.to_thread(file.path.read_bytes), name=file.name)


def _named(value: str) -> AudioSource:
    """A text where a choice was expected, as an expression or a model gives it: `/prompts/welcome.wav`, an address, a name."""
    if value.startswith(("http://", "https://")):
        return Url(value)
    return PromptPath(value) if value.startswith("/") else Prompt(value)


@asynccontextmanager
async def opened_sounds(settings: Settings, state: StateFolder, files: Files) -> AsyncIterator[Sounds]:
    """The sounds of a runner, until left. The folder of the prompt list is made where it is the state folder's own."""
    own = settings.prompts or state.path / "prompts"
    await asyncio.to_thread(own.mkdir, parents=True, exist_ok=True)
    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="sound") as executor:
        policy = FetchPolicy(allow_private=settings.allow_private_urls)
        library = SoundLibrary((own, SHIPPED), executor, policy)
        try:
            yield Sounds(library, files)
        finally:
            await library.close()
