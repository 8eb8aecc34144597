"""Keys of a telephone, and those that were pressed on one leg: from its first moment, for one reader at a time."""

from collections import deque
from enum import StrEnum

from threecx_pbx.errors import BadParameter, KeysTaken

_REMEMBERED = 128
"""Keys that nobody reads: the eldest are forgotten."""


class Key(StrEnum):
    """What 3CX tells in `dtmf_input` (api.md 5)."""

    ZERO = "0"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    SIX = "6"
    SEVEN = "7"
    EIGHT = "8"
    NINE = "9"
    STAR = "*"
    HASH = "#"
    A = "A"
    B = "B"
    C = "C"
    D = "D"


ALL_KEYS = frozenset(Key)


def keys_of(text: str) -> tuple[Key, ...]:
    """The keys that a person wrote down, `12#`. Raises BadParameter for anything else."""
    wrong = [letter for letter in text if letter.upper() not in ALL_KEYS]
    if wrong:
        raise BadParameter(
            f"'{wrong[0]}' is not a key of a telephone.", hint="Keys are 0 to 9, * and #, rarely A to D."
        )
    return tuple(Key(letter.upper()) for letter in text)


def pressed_in(told: str) -> tuple[Key, ...]:
    """The keys in what the PBX told: one or several (api.md 5). Anything that is no key is left out."""
    return tuple(Key(letter.upper()) for letter in told if letter.upper() in ALL_KEYS)


class KeyBuffer:
    """Type-ahead of one leg. Holds no clock and awaits nothing; its repr tells no digit."""

    __slots__ = ("_keys", "reader", "secret")

    def __init__(self) -> None:
        self._keys: deque[Key] = deque(maxlen=_REMEMBERED)
        self.reader: str | None = None
        """Who reads now."""
        self.secret = False
        """Whether what is read now is for the reader alone."""

    def claim(self, reader: str, *, secret: bool) -> None:
        """Raises KeysTaken, which names the reader before."""
        if self.reader is not None:
            raise KeysTaken(f"'{self.reader}' is waiting for digits on this call already.")
        self.reader, self.secret = reader, secret

    def release(self) -> None:
        """What a secret reader leaves unread is forgotten: it may be more of the secret."""
        if self.secret:
            self.clear()
        self.reader, self.secret = None, False

    def press(self, key: Key) -> None:
        self._keys.append(key)

    def take(self) -> Key | None:
        """The eldest key that nobody has read."""
        return self._keys.popleft() if self._keys else None

    def take_if(self, wanted: frozenset[Key]) -> Key | None:
        """The eldest unread key, if it is wanted."""
        return self._keys.popleft() if self._keys and self._keys[0] in wanted else None

    @property
    def empty(self) -> bool:
        return not self._keys

    def first_of(self, wanted: frozenset[Key]) -> Key | None:
        """The eldest unread key that is wanted; it stays where it is."""
        return next((key for key in self._keys if key in wanted), None)

    def clear(self) -> None:
        self._keys.clear()
