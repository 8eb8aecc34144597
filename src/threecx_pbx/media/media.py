"""Both directions of one own leg: prompts, keys, background sound, the caller's voice. No locks: the loop owns it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from threecx_pbx.clock import Clock
from threecx_pbx.errors import CallEnded, NotConnected, ThreeCxError
from threecx_pbx.media.keys import Key, KeyBuffer, pressed_in
from threecx_pbx.media.listening import Ear
from threecx_pbx.media.mouth import Mouth
from threecx_pbx.media.playout import Layer, Prompt
from threecx_pbx.media.sound import Pcm

T = TypeVar("T")

_CLOSES_WITHIN = timedelta(seconds=2)
"""So long after a complete input a caller may still press the key that ends it, as one does by habit."""


class PlayEnd(StrEnum):
    """Why a prompt is over."""

    COMPLETED = "completed"
    KEY = "key"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Played:
    """How a prompt ended and how much of it the caller heard. The key stays in the buffer for its reader."""

    end: PlayEnd
    heard: timedelta
    key: Key | None = None


@dataclass(slots=True)
class _Playing:
    """The prompt that is on."""

    prompt: Prompt
    stop_on: frozenset[Key]
    done: "asyncio.Future[Played]"


class KeyReader:
    """The one reader of a leg's keys, from `Media.reading`."""

    def __init__(self, media: "Media") -> None:
        self._media = media

    async def key(self, within: timedelta) -> Key | None:
        """The eldest unread key, or the next; None when none came in time. Raises CallEnded."""
        return await self._media.next_key(within)

    def clear(self) -> None:
        """Forgets what was typed ahead."""
        self._media.clear_keys()

    def complete(self, closing: frozenset[Key]) -> None:
        """The input is whole without one of `closing`: if that comes next, and soon, it belongs to this input still."""
        self._media.close_input(closing)


class Media:
    """One own leg, from its first moment to its last. Whoever waits here when the leg ends gets CallEnded at once."""

    def __init__(
        self, clock: Clock, wake: Callable[[], None], read: Callable[[Key], None] = lambda _: None
    ) -> None:
        """`read` is told each key that is no secret, when its reader takes it: before, nobody knows whether it is one."""
        self._clock = clock
        self._wake = wake
        self._read = read
        self._keys = KeyBuffer()
        self._closing: frozenset[Key] = frozenset()
        self._closing_until = clock.now()
        self._pressed: asyncio.Future[None] | None = None
        self._playing: _Playing | None = None
        self._meanwhile: set[asyncio.Task[Any]] = set()
        self._over: str | None = None
        self.mouth = Mouth(clock.now(), self._heard_out)
        self.ear = Ear()
        self.connected = False
        self.held = False
        """Whether the caller is on hold: keys do not count."""

    @property
    def ended(self) -> bool:
        return self._over is not None

    @property
    def busy(self) -> bool:
        """Whether somebody looks after the caller: a prompt, a reader, a listener, a background sound, hold."""
        playout = self.mouth.playout
        return bool(
            self._playing
            or self._keys.reader
            or self.ear.wanted
            or self.held
            or playout.has(Layer.BACKGROUND)
            or playout.has(Layer.HOLD)
        )

    async def meanwhile(self, work: Coroutine[Any, Any, T]) -> T:
        """What it gives, such as a sound that is being fetched, unless the leg ends before: then it is cancelled.

        Raises CallEnded, and what the work raises.
        """
        task = asyncio.create_task(work, name="meanwhile")
        self._meanwhile.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()
            self._meanwhile.discard(task)
        if task.cancelled():
            self._must_live()
        return task.result()

    # prompts

    async def play(
        self,
        sound: Pcm,
        *,
        stop_on: frozenset[Key] = frozenset(),
        repeat: int = 1,
        pause: timedelta = timedelta(0),
    ) -> Played:
        """Plays it so often, until its end has been heard, a key of `stop_on` is pressed, or a newer prompt begins.

        A key that was typed ahead counts. Raises CallEnded, NotConnected, and AudioImpossible, PbxUnreachable or
        WrongCredentials when the PBX takes no audio. Cancelled: the prompt ends.
        """
        self._must_be_heard()
        typed = self._keys.first_of(stop_on)
        if typed is not None or not sound.data or repeat < 1:
            return Played(PlayEnd.COMPLETED if typed is None else PlayEnd.KEY, timedelta(0), typed)
        self._end_prompt(PlayEnd.SUPERSEDED)
        done: asyncio.Future[Played] = asyncio.get_running_loop().create_future()
        playing = self._playing = _Playing(Prompt(sound, repeat, pause), stop_on, done)
        self.mouth.playout.begin(playing.prompt)
        self._wake()
        self.mouth.tick(self._clock.now())
        try:
            return await done
        finally:
            if self._playing is playing:
                self._end_prompt(PlayEnd.STOPPED)

    def stop(self) -> bool:
        """Ends the prompt that is on, if one is."""
        return self._end_prompt(PlayEnd.STOPPED)

    def background(self, sound: Pcm | None, layer: Layer = Layer.BACKGROUND) -> None:
        """Sounds for ever between prompts; None ends it. Raises CallEnded."""
        self._must_live()
        self.mouth.playout.set_layer(layer, sound)
        self._wake()

    def hold(self, music: Pcm | None = None) -> None:
        """Keys do not count and the music sounds until `resume`. Raises CallEnded, NotConnected."""
        self._must_be_heard()
        self.held = True
        self.background(music, Layer.HOLD)

    def resume(self) -> None:
        """The end of `hold`. Raises CallEnded."""
        self.held = False
        self.background(None, Layer.HOLD)

    # keys

    async def key(self, within: timedelta, reader: str = "another operation") -> Key | None:
        """One key, for a reader that wants no more. Raises KeysTaken, CallEnded."""
        with self.reading(reader) as keys:
            return await keys.key(within)

    @contextmanager
    def reading(self, name: str, *, secret: bool = False) -> Iterator[KeyReader]:
        """The claim to all keys until left; `secret`: nobody else hears of them, nor of what is left. Raises KeysTaken, CallEnded."""
        self._must_live()
        self._keys.claim(name, secret=secret)
        try:
            yield KeyReader(self)
        finally:
            self._keys.release()

    async def next_key(self, within: timedelta) -> Key | None:
        """For the reader. Raises CallEnded."""
        deadline = self._clock.now() + within
        while True:
            self._must_live()
            key = self._keys.take()
            if key is not None:
                if not self._keys.secret:
                    self._read(key)
                return key
            left = deadline - self._clock.now()
            if left <= timedelta(0):
                return None
            await self._pressing(left)

    def clear_keys(self) -> None:
        """Forgets what was typed ahead."""
        self._keys.clear()

    def close_input(self, closing: frozenset[Key]) -> None:
        """For the reader, see `KeyReader.complete`."""
        if self._keys.take_if(closing) is None and self._keys.empty:
            self._closing, self._closing_until = closing, self._clock.now() + _CLOSES_WITHIN

    async def _pressing(self, within: timedelta) -> None:
        self._pressed = asyncio.get_running_loop().create_future()
        timer = asyncio.create_task(self._clock.sleep(within.total_seconds()), name="bound of a key")
        try:
            await asyncio.wait((self._pressed, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            self._pressed = None

    # the caller's voice

    @asynccontextmanager
    async def hear(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Frames of 20 ms from now on, 320 bytes each; they end with the leg. Raises CallEnded, NotConnected."""
        self._must_be_heard()
        frames = self.ear.join()
        self._wake()
        try:
            yield frames
        finally:
            self.ear.leave(frames)
            self._wake()

    # what happens to the leg

    def press(self, told: str) -> None:
        """Keys came from the PBX."""
        if self.held:
            return
        for key in pressed_in(told):
            if self._closes(key):
                continue
            self._keys.press(key)
            if self._playing is not None and key in self._playing.stop_on:
                self._end_prompt(PlayEnd.KEY, key)
        self._tell_reader()

    def impossible(self, why: ThreeCxError) -> None:
        """The PBX takes no audio: whoever waits to be heard is told."""
        playing, self._playing = self._playing, None
        self.mouth.playout.end_prompt()
        if playing is not None and not playing.done.done():
            playing.done.set_exception(why)

    def end(self, why: str) -> None:
        """The leg is gone. `why` is the sentence that everybody who waits gets."""
        self._over = why
        self.connected = False
        self.impossible(CallEnded(why))
        self.ear.end()
        for task in self._meanwhile:
            task.cancel()
        self._tell_reader()

    # inside

    def _closes(self, key: Key) -> bool:
        """Whether the key ends an input that was complete before; only the very next one can."""
        closing, self._closing = self._closing, frozenset()
        return key in closing and self._clock.now() < self._closing_until

    def _heard_out(self) -> None:
        self._end_prompt(PlayEnd.COMPLETED)

    def _end_prompt(self, why: PlayEnd, key: Key | None = None) -> bool:
        playing, self._playing = self._playing, None
        if playing is None:
            return False
        self.mouth.playout.end_prompt()
        if not playing.done.done():
            playing.done.set_result(Played(why, playing.prompt.heard, key))
        return True

    def _tell_reader(self) -> None:
        if self._pressed is not None and not self._pressed.done():
            self._pressed.set_result(None)

    def _must_live(self) -> None:
        if self._over is not None:
            raise CallEnded(self._over)

    def _must_be_heard(self) -> None:
        self._must_live()
        if not self.connected:
            raise NotConnected("This call has not been answered, so there is nobody to hear or be heard.")
