"""Where sounds come from, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """An entry of the prompt list: `en/welcome`, with or without its ending."""

    name: str


@dataclass(frozen=True, slots=True)
class PromptPath:
    """A file inside a prompt folder, by its path: absolute, or relative to the folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Url:
    """A file on the web."""

    url: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file's content; `name` is for people."""

    data: bytes
    name: str = "The file"

    def __repr__(self) -> str:
        return f"Bytes({self.name!r}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Spoken:
    """Text to say. `voice` is a variant of the language's own, or empty; `speed` 1.0 is natural."""

    text: str
    language: str = "en"
    voice: str = ""
    speed: float = 1.0


AudioSource = Prompt | PromptPath | Url | Bytes | Spoken
