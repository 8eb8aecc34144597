"""The sound of all own legs of one login: who has streams open, and the clock that paces them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from datetime import timedelta
from typing import Any

from threecx_pbx.clock import Clock
from threecx_pbx.errors import ThreeCxError, Unreachable
from threecx_pbx.media.keeping import Tokens, keep_open
from threecx_pbx.media.keys import Key
from threecx_pbx.media.listening import ListenStream
from threecx_pbx.media.media import Media
from threecx_pbx.media.speaking import SpeakStream
from threecx_pbx.media.ticking import Ticker
from threecx_pbx.media.wire import Address, Pbx, StreamEnd, connected, head

_AT_ONCE = 32
"""Handshakes under way together: more would hold up the sound of the others."""
_SOON_S = 0.05
"""A handshake takes milliseconds of the loop: the answer of whoever has connected the call goes first. A prompt waits for nothing."""
_APART_S = 0.015
"""When many calls are connected at once, their streams open one after another: commands on other calls go before them."""
_LOOK_S = 0.1
_OUTAGE_S = 5.0
"""While the network is down a stream is tried again so often."""
_BACK_WITHIN_S = 0.15
"""Whoever waits on a leg that is gone must hear of it within 200 ms."""


class Voice:
    """One own leg's media and the tasks that keep its streams open."""

    def __init__(self, of: "Voices", address: Address) -> None:
        self._of = of
        self.address = address
        self.media = Media(of.clock, self.want, lambda key: of.read(self.address, key))
        self._speak: SpeakStream | None = None
        self._listen: ListenStream | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._soon: asyncio.Task[None] | None = None

    def connected(self) -> None:
        """The leg is connected: the POST opens soon, though nobody speaks yet."""
        self.media.connected = True
        if self._soon is None:
            self._soon = self._of.spawn(self._want_soon(), "speak soon")

    async def _want_soon(self) -> None:
        await self._of.clock.sleep(_SOON_S)
        async with self._of.unhurried:
            if self._speaking is None:
                self.want()
                await self._of.clock.sleep(_APART_S)

    def want(self) -> None:
        """Opens and closes what is needed now: the POST while connected, the GET while somebody listens."""
        if self.media.connected and self._speaking is None:
            self._speaking = self._of.spawn(self._keep_speaking(), "speak")
        if self.media.connected and self.media.ear.wanted and self._listening is None:
            self._listening = self._of.spawn(self._keep_listening(), "listen")
        elif self._listening is not None and not self.media.ear.wanted:
            self._listening.cancel()
            self._listening = None

    def move(self, address: Address) -> None:
        """The leg has another participant id now."""
        if address != self.address:
            self.address = address
            self.reopen()

    def reopen(self) -> None:
        """Streams begin anew: with another token, or at another address."""
        for stream in (self._speak, self._listen):
            if stream is not None:
                stream.abort()

    def end(self, why: str) -> None:
        """The leg is gone."""
        self.media.mouth.finish()
        self.media.end(why)
        for task in (self._soon, self._speaking, self._listening):
            if task is not None:
                task.cancel()

    async def _keep_speaking(self) -> None:
        self._of.ticker.add(self.media.mouth)
        try:
            while True:
                trouble = await self._of.keep(self, self._speak_once)
                self.media.impossible(trouble)
                if not isinstance(trouble, Unreachable):
                    return
                await self._of.clock.sleep(_OUTAGE_S)
        finally:
            self._of.ticker.remove(self.media.mouth)
            self._speaking = None

    async def _speak_once(self, token: str) -> StreamEnd:
        request = head("POST", self._of.pbx, self.address, token)
        mouth = self.media.mouth
        async with self._of.connecting:
            stream = self._speak = await connected(self._of.pbx, lambda: SpeakStream(request))
        mouth.attach(stream, self._of.clock.now())
        end = StreamEnd()
        try:
            end = await asyncio.shield(stream.ended)
            return end
        finally:
            self._speak = None
            mouth.detach(self._of.clock.now(), unheard=end.refused)
            stream.abort()

    async def _keep_listening(self) -> None:
        self.media.ear.end(await self._of.keep(self, self._listen_once))

    async def _listen_once(self, token: str) -> StreamEnd:
        request = head("GET", self._of.pbx, self.address, token)
        async with self._of.connecting:
            stream = self._listen = await connected(self._of.pbx, lambda: ListenStream(request, self._heard))
        self.media.mouth.drift.listen()
        self.media.ear.restart()
        try:
            return await asyncio.shield(stream.ended)
        finally:
            self._listen = None
            stream.abort()

    def _heard(self, data: bytes) -> None:
        self.media.mouth.listened(len(data), self._of.clock.now())
        self.media.ear.feed(data)


class Voices:
    """Made with its login; `run` is its clock's task. Legs are named by whatever key the book gives them."""

    def __init__(
        self,
        pbx: Pbx,
        tokens: Tokens,
        clock: Clock,
        suspect: Callable[[Address], None],
        read: Callable[[Address, Key], None],
    ) -> None:
        """`read` is told each key that a reader took, unless it is a secret."""
        self.pbx = pbx
        self.clock = clock
        self.ticker = Ticker(clock)
        self.connecting = asyncio.Semaphore(_AT_ONCE)
        self.unhurried = asyncio.Semaphore(1)
        """Whose turn it is to open a stream on which nobody speaks yet."""
        self.read = read
        self._tokens = tokens
        self._suspect = suspect
        self._legs: dict[Hashable, Voice] = {}
        self._away: dict[Hashable, Hashable] = {}
        """By call: a leg that may come back under another id in a moment."""
        self._tasks: set[asyncio.Task[None]] = set()

    def media(self, leg: Hashable) -> Media | None:
        """None: that leg has ended."""
        voice = self._legs.get(leg)
        return voice.media if voice is not None else None

    def follow(self, leg: Hashable, call: Hashable, address: Address, *, is_connected: bool) -> None:
        """An own leg was seen; at its first sight it begins to remember keys."""
        away = self._away.pop(call, leg)
        voice = self._legs.get(leg) or self._legs.pop(away, None) or Voice(self, address)
        self._legs[leg] = voice
        voice.move(address)
        if is_connected:
            voice.connected()

    def gone(self, leg: Hashable, why: str) -> None:
        """A leg has ended; legs that are not ours are none of ours."""
        voice = self._legs.pop(leg, None)
        if voice is not None:
            voice.end(why)

    def away(self, leg: Hashable, call: Hashable, why: str) -> None:
        """An own leg that placed its call has left it: a transfer at the other end may give it another id (api.md 11.8)."""
        if leg in self._legs:
            self._away[call] = leg
            self.spawn(self._gone_unless_back(leg, call, why), "leg away")

    async def _gone_unless_back(self, leg: Hashable, call: Hashable, why: str) -> None:
        await self.clock.sleep(_BACK_WITHIN_S)
        if self._away.get(call) == leg:
            del self._away[call]
            self.gone(leg, why)

    def press(self, leg: Hashable, keys: str) -> None:
        """The caller has pressed keys."""
        voice = self._legs.get(leg)
        if voice is not None:
            voice.media.press(keys)

    @property
    def busy(self) -> bool:
        """Whether any stream is open or on its way."""
        return bool(self._tasks)

    async def silence(self, within: timedelta) -> None:
        """Returns when nobody hears anything but silence, or when that takes too long."""
        deadline = self.clock.now() + within
        while any(voice.media.mouth.playout.sounding for voice in self._legs.values()):
            if self.clock.now() >= deadline:
                return
            await self.clock.sleep(_LOOK_S)

    def reopen(self) -> None:
        """All streams, after a token was minted: the former one's are cut (api.md 1.2)."""
        for voice in self._legs.values():
            voice.reopen()

    async def keep(self, voice: Voice, one: Callable[[str], Awaitable[StreamEnd]]) -> ThreeCxError:
        """`keep_open` with what all streams of the login share."""
        return await keep_open(self._tokens, self.clock, one, lambda: self._suspect(voice.address))

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task that ends with the login."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self) -> None:
        """The clock; cancelled at the end of the login, it ends all streams."""
        try:
            await self.ticker.run()
        finally:
            for leg in list(self._legs):
                self.gone(leg, "The runner is going down.")
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
