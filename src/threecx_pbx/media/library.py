"""All sounds of a runner: found, decoded once, kept in bounded memory."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar

from threecx_pbx.clock import Clock, SystemClock
from threecx_pbx.media.decode import decoded
from threecx_pbx.media.fetching import Fetcher, FetchPolicy
from threecx_pbx.media.folders import Folders, PromptInfo
from threecx_pbx.media.sound import Pcm
from threecx_pbx.media.sources import AudioSource, Bytes, Prompt, PromptPath, Spoken, Url
from threecx_pbx.media.speech import spoken

T = TypeVar("T")

_USUAL = FetchPolicy()
_KEPT_BYTES = 96_000_000
_URL_FRESH_S = 60.0
"""So long the web is not asked again for the same address: a hundred callers hear one download."""


class SoundLibrary:
    """Lives on the loop; files and decoding are the executor's. `folders[0]` is the user's own, the rest ship with us."""

    def __init__(
        self,
        folders: Sequence[Path],
        executor: Executor,
        fetch: FetchPolicy = _USUAL,
        clock: Clock | None = None,
    ) -> None:
        self._folders = Folders(folders[0], folders[1:])
        self._executor = executor
        self._fetcher = Fetcher(fetch)
        self._clock = clock or SystemClock()
        self._kept: OrderedDict[Hashable, Pcm] = OrderedDict()
        self._bytes = 0
        self._coming: dict[Hashable, asyncio.Task[Pcm]] = {}
        self._fetched: dict[str, tuple[float, Hashable]] = {}

    async def load(self, source: AudioSource) -> Pcm:
        """The sound, at the loudness of all others.

        Raises AudioMissing, AudioRefused, AudioUnreachable, AudioUnreadable, AudioTooLong, SpeechMissing, BadParameter.
        """
        match source:
            case Prompt(name):
                return await self._file(await self._blocking(self._folders.named, name))
            case PromptPath(path):
                return await self._file(await self._blocking(self._folders.at, path))
            case Url(url):
                return await self._url(url)
            case Bytes(data, name):
                return await self._content(data, name)
            case Spoken(text, language, voice, speed):
                return await self._once(source, lambda: self._spoken(text, language, voice, speed))

    async def prompts(self) -> list[PromptInfo]:
        """The prompt list."""
        return await self._blocking(self._folders.listed)

    async def save(self, name: str, data: bytes) -> PromptInfo:
        """Makes a file a prompt of the list. Raises AudioUnreadable, AudioTooLong, BadParameter, AudioRefused."""
        sound = await self._content(data, f"'{name}'")
        return await self._blocking(self._folders.save, name, sound)

    async def close(self) -> None:
        """Ends downloads and decoding."""
        for task in self._coming.values():
            task.cancel()
        await self._fetcher.close()

    async def _file(self, path: Path) -> Pcm:
        stat = await self._blocking(path.stat)
        return await self._once((path, stat.st_mtime_ns, stat.st_size), lambda: self._read(path))

    async def _read(self, path: Path) -> Pcm:
        return await self._blocking(lambda: decoded(self._folders.content(path), path.name))

    async def _url(self, url: str) -> Pcm:
        now = self._clock.now().timestamp()
        fresh_until, key = self._fetched.get(url, (0.0, None))
        if now < fresh_until and key in self._kept:
            return self._kept[key]
        return await self._once(("url", url), lambda: self._downloaded(url), keep=False)

    async def _downloaded(self, url: str) -> Pcm:
        data = await self._fetcher.fetch(url)
        sound = await self._content(data, "The file at that address")
        until = self._clock.now().timestamp() + _URL_FRESH_S
        self._fetched = {known: to for known, to in self._fetched.items() if to[1] in self._kept}
        self._fetched[url] = (until, await self._digest(data))
        return sound

    async def _content(self, data: bytes, name: str) -> Pcm:
        key = await self._digest(data)
        return await self._once(key, lambda: self._blocking(decoded, data, name))

    async def _digest(self, data: bytes) -> Hashable:
        return await self._blocking(lambda: hashlib.sha256(data).digest())

    async def _spoken(self, text: str, language: str, voice: str, speed: float) -> Pcm:
        wav = await spoken(text, language, voice, speed)
        return await self._blocking(decoded, wav, "The spoken text")

    async def _once(self, key: Hashable, make: Callable[[], Awaitable[Pcm]], *, keep: bool = True) -> Pcm:
        """One making for all who ask meanwhile; it goes on when one of them is cancelled."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        task = self._coming.get(key)
        if task is None:
            task = self._coming[key] = asyncio.create_task(_awaited(make), name="load sound")
            task.add_done_callback(lambda done: self._made(key, done, keep=keep))
        return await asyncio.shield(task)

    def _made(self, key: Hashable, task: "asyncio.Task[Pcm]", *, keep: bool) -> None:
        del self._coming[key]
        if task.cancelled() or task.exception() is not None or not keep:
            return
        self._kept[key] = task.result()
        self._bytes += len(task.result().data)
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= len(old.data)

    async def _blocking(self, work: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *given)


async def _awaited(make: Callable[[], Awaitable[Pcm]]) -> Pcm:
    return await make()
