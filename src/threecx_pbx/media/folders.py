"""The prompt folders: the user's own, then those that ship with the runner. Nothing outside of them is ever read. Blocking."""

import os
import re
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from threecx_pbx.errors import AudioMissing, AudioRefused, AudioTooLong, BadParameter
from threecx_pbx.media.sound import RATE, Pcm

SUFFIXES = (".wav", ".mp3", ".ogg", ".flac", ".m4a", ".aac", ".opus", ".webm", ".aiff", ".au")
LARGEST = 100_000_000
"""Bytes of a file in the folder; twenty minutes of anything are smaller."""
_LONG = 100
"""Characters; what is longer and does not exist was meant to be spoken."""
_SPEAK = "A text that is to be spoken goes into Say Text, or into this parameter as Spoken Text."
_NAME = re.compile(r"[\w][\w .+-]{0,60}(/[\w][\w .+-]{0,60}){0,3}")


@dataclass(frozen=True, slots=True)
class PromptInfo:
    """One entry of the prompt list."""

    name: str
    """Its path in the folder, with `/` on every system."""
    own: bool
    """Whether the user put it there."""


class Folders:
    """Looks in each in turn: a user's prompt takes the place of a shipped one of the same name."""

    def __init__(self, own: Path, shipped: Sequence[Path] = ()) -> None:
        self._own = own
        self._all = (own, *shipped)

    def named(self, name: str) -> Path:
        """The file of a list entry. Raises AudioMissing, AudioRefused."""
        return self._found(name, [name, *(name + suffix for suffix in SUFFIXES)], "The prompt")

    def at(self, path: str) -> Path:
        """The file at a path. Raises AudioMissing, AudioRefused."""
        return self._found(path, [path], "The audio file")

    def content(self, path: Path) -> bytes:
        """Raises AudioMissing, AudioTooLong."""
        try:
            if path.stat().st_size > LARGEST:
                raise AudioTooLong(f"{path.name} is larger than {LARGEST // 1_000_000} MB.")
            return path.read_bytes()
        except OSError as error:
            raise AudioMissing(f"{path.name} cannot be read: {error.strerror}.") from error

    def listed(self) -> list[PromptInfo]:
        """All prompts, by name."""
        found = {
            name: PromptInfo(name, root == self._own)
            for root in reversed(self._all)
            for name in _sounds(root)
        }
        return sorted(found.values(), key=lambda each: each.name.casefold())

    def save(self, name: str, sound: Pcm) -> PromptInfo:
        """Puts a prompt into the user's folder, in place of one of the same name. Raises BadParameter, AudioRefused."""
        stem = name.strip().removesuffix(Path(name).suffix if Path(name).suffix.lower() in SUFFIXES else "")
        if not _NAME.fullmatch(stem):
            raise BadParameter(
                f"'{name}' cannot be the name of a prompt.",
                hint="Use letters, digits, spaces, - and _, and / for folders.",
            )
        target = self._inside(self._own, stem + ".wav")
        if target is None:
            raise AudioRefused(f"'{name}' would lie outside the prompt folder.")
        try:
            _write(target, sound)
        except OSError as error:
            raise AudioRefused(
                f"The prompt cannot be written: {error.strerror}.",
                hint="Give the runner a prompt folder that it may write to.",
            ) from error
        return PromptInfo(target.relative_to(self._own.resolve()).as_posix(), own=True)

    def _found(self, asked: str, names: list[str], what: str) -> Path:
        if not asked.strip():
            raise BadParameter("No audio was chosen.")
        places = [self._inside(root, name) for root in self._all for name in names]
        inside = [place for place in places if place is not None]
        if not inside:
            raise AudioRefused(
                f"{what} '{_cut(asked)}' lies outside the prompt folder.",
                hint="Put the file into the runner's prompt folder (N8N_3CX_PROMPTS) and give its path there.",
            )
        for place in inside:
            if _is_file(place):
                return place
        hint = _SPEAK if len(asked) > _LONG else None
        raise AudioMissing(f"{what} '{_cut(asked)}' does not exist.", hint=hint)

    @staticmethod
    def _inside(root: Path, name: str) -> Path | None:
        """The path if it stays inside, links followed."""
        try:
            home, path = root.resolve(), (root / name).resolve()
        except (OSError, ValueError):
            return None
        return path if path.is_relative_to(home) else None


def _cut(name: str) -> str:
    """For a sentence."""
    return name if len(name) <= _LONG else f"{name[:40]}…"


def _is_file(place: Path) -> bool:
    """Path.is_file() fails for a name that the file system finds too long."""
    try:
        return place.is_file()
    except OSError:
        return False


def _sounds(root: Path) -> Iterator[str]:
    for folder, _, files in os.walk(root):
        for file in files:
            if file.lower().endswith(SUFFIXES) and not file.startswith("."):
                yield Path(folder, file).relative_to(root).as_posix()


def _write(target: Path, sound: Pcm) -> None:
    """As a WAV; whoever reads meanwhile gets the old one or the new one, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file, wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(RATE)
            wav.writeframes(sound.data)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
