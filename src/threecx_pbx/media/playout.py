"""What one leg is to hear next, byte by byte: the prompt, else what sounds in the background, else silence. No clock, no socket."""

from datetime import timedelta
from enum import IntEnum

from threecx_pbx.media.levels import FADE, fade_in, fade_out
from threecx_pbx.media.sound import Pcm, bytes_in, time_of

_FADE_BYTES = FADE * 2


class Layer(IntEnum):
    """Sounds between prompts; the highest that is set is heard."""

    IDLE = 0
    """What fills the gaps between operations (features.md 1.3)."""
    BACKGROUND = 1
    """What an operation plays behind the others."""
    RING_BACK = 2
    """What a caller hears while somebody else's phone rings."""
    HOLD = 3
    """What a caller on hold hears."""


class Prompt:
    """One sound on its way to the caller, so often as asked, with silence between."""

    __slots__ = ("_data", "_length", "_pause", "_period", "ended_at", "position")

    def __init__(self, sound: Pcm, times: int = 1, pause: timedelta = timedelta(0)) -> None:
        self._data = memoryview(sound.data)
        self._pause = bytes(bytes_in(pause))
        self._period = len(sound.data) + len(self._pause)
        self._length = self._period * times - len(self._pause) if times else 0
        self.position = 0
        """Bytes of it that were written."""
        self.ended_at: int | None = None
        """The count of bytes written to the leg when its last one was; None while some are left."""

    @property
    def heard(self) -> timedelta:
        """How much of it the caller hears: what is written cannot be taken back."""
        return time_of(self.position)

    @property
    def left(self) -> int:
        return self._length - self.position

    def take(self, count: int) -> bytes | memoryview:
        """Its next bytes, `count` at most."""
        count = min(count, self.left)
        at = self.position % self._period
        self.position += count
        if at + count <= len(self._data):
            return self._data[at : at + count]
        return self._across(at, count)

    def _across(self, at: int, count: int) -> bytes:
        whole = b"".join((self._data, self._pause))
        times = (at + count) // self._period + 1
        return (whole * times)[at : at + count]


class _Loop:
    """A background sound, for ever; it goes on where it was when something else was heard meanwhile."""

    __slots__ = ("_at", "_data")

    def __init__(self, sound: Pcm) -> None:
        self._data = sound.data
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        while len(taken) < count:
            taken += self._data[: count - len(taken)]
        self._at = (self._at + count) % len(self._data)
        return taken


class Playout:
    """The mouth of one leg. Whatever begins or ends in the middle of a sound is faded, 8 ms."""

    __slots__ = ("_layers", "_resumes", "_tail", "prompt", "written")

    def __init__(self) -> None:
        self.prompt: Prompt | None = None
        self.written = 0
        """Bytes taken since the leg's beginning."""
        self._layers: dict[Layer, _Loop] = {}
        self._tail = b""
        self._resumes = True

    @property
    def sounding(self) -> bool:
        """Whether anything but silence comes next."""
        return bool((self.prompt and self.prompt.left) or self._layers or self._tail)

    def begin(self, prompt: Prompt) -> None:
        """The newest wins; the one before ends in a fade."""
        self.end_prompt()
        self._leave_loop(self._loop)
        self.prompt = prompt

    def end_prompt(self) -> None:
        """At once, in a fade."""
        prompt, self.prompt = self.prompt, None
        if prompt is not None and prompt.left:
            self._tail = fade_out(prompt.take(_FADE_BYTES))

    def set_layer(self, layer: Layer, sound: Pcm | None) -> None:
        """None ends it. A change of what is heard is faded."""
        before = self._loop
        if sound is None:
            self._layers.pop(layer, None)
        elif sound.data:
            self._layers[layer] = _Loop(sound)
        if before is not self._loop:
            self._leave_loop(before)

    def has(self, layer: Layer) -> bool:
        return layer in self._layers

    def take(self, count: int) -> bytes | memoryview:
        """Exactly so many bytes."""
        self.written += count
        if self.prompt is not None and not self._tail and self.prompt.left > count:
            return self.prompt.take(count)
        return self._pieces(count)

    def lost(self, count: int) -> None:
        """The last `count` bytes were written to a stream that nobody heard: what the prompt had of them is played again."""
        if self.prompt is not None:
            if self.prompt.ended_at is not None:
                count = max(0, count - (self.written - self.prompt.ended_at))
            self.prompt.position = max(0, self.prompt.position - count)
            self.prompt.ended_at = None

    @property
    def _loop(self) -> _Loop | None:
        return self._layers[max(self._layers)] if self._layers else None

    def _leave_loop(self, loop: _Loop | None) -> None:
        """A background sound that was being heard ends in a fade; whatever sounds next behind the prompts fades in."""
        if loop is not None and not self._resumes:
            self._tail += fade_out(loop.take(_FADE_BYTES))
        self._resumes = True

    def _pieces(self, count: int) -> bytes:
        parts: list[bytes | memoryview] = []
        for source in (self._from_tail, self._from_prompt, self._from_behind):
            part = source(count)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _from_tail(self, count: int) -> bytes:
        part, self._tail = self._tail[:count], self._tail[count:]
        return part

    def _from_prompt(self, count: int) -> bytes | memoryview:
        if self.prompt is None or not count:
            return b""
        part = self.prompt.take(count)
        if not self.prompt.left and self.prompt.ended_at is None:
            self.prompt.ended_at = self.written - count + len(part)
        return part

    def _from_behind(self, count: int) -> bytes:
        loop = self._loop
        if loop is None or not count:
            return bytes(count)
        taken = loop.take(count)
        if self._resumes:
            self._resumes = False
            taken = fade_in(taken[:_FADE_BYTES]) + taken[_FADE_BYTES:]
        return taken
