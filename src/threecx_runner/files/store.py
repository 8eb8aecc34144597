"""Binaries on their way between n8n and operations, on disk until they expire; never held in memory whole."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NewType

from threecx_pbx.clock import Clock
from threecx_runner.errors import FileUnknown, TooLarge
from threecx_runner.sdk import Attached

FileId = NewType("FileId", str)
"""`f_` and 32 hex digits that nobody can guess."""

KEPT_FOR = timedelta(hours=1)
LARGEST_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file as it was sent."""

    id: FileId
    path: Path
    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    content_type: str
    expires: str


class Files:
    """A folder of blobs, each with a label beside it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def put(self, chunks: AsyncIterator[bytes], name: str, content_type: str) -> FileId:
        """Raises TooLarge. A file that did not arrive whole leaves nothing behind."""
        await asyncio.to_thread(self._ready)
        wanted = FileId(f"f_{secrets.token_hex(16)}")
        draft = self._folder / f"{wanted}.part"
        try:
            await _write(draft, chunks)
            label = _Label(name, content_type, (self._clock.now() + KEPT_FOR).isoformat())
            self._write_label(wanted, label)
            draft.rename(self._blob(wanted))
        finally:
            draft.unlink(missing_ok=True)
        return wanted

    async def save(self, chunks: AsyncIterator[bytes], name: str, mime_type: str) -> Attached:
        """A file that an operation gives. Raises TooLarge."""
        return Attached(await self.put(chunks, name, mime_type), name, mime_type)

    async def append(self, wanted: FileId, data: bytes) -> None:
        """More of a file that comes in pieces. Raises FileUnknown, TooLarge; what has become too large is removed."""
        blob = self.get(wanted).path
        if await asyncio.to_thread(_appended, blob, data) > LARGEST_BYTES:
            self._label(wanted).unlink()
            blob.unlink()
            raise _too_large()

    async def read(self, wanted: FileId, offset: int, size: int) -> bytes:
        """A piece of a file, shorter than `size` at its end. Raises FileUnknown."""
        return await asyncio.to_thread(_piece, self.get(wanted).path, offset, size)

    def get(self, wanted: FileId) -> StoredFile:
        """Raises FileUnknown, also when it has expired."""
        known = wanted.startswith("f_") and wanted.removeprefix("f_").isalnum()
        if not known or not self._blob(wanted).is_file():
            raise FileUnknown("This file is not known to the runner, or it has expired.")
        label = _Label(**json.loads(self._label(wanted).read_text()))
        if datetime.fromisoformat(label.expires) <= self._clock.now():
            raise FileUnknown("This file has expired.")
        return StoredFile(wanted, self._blob(wanted), label.name, label.content_type)

    def _ready(self) -> None:
        """The folder, without what has expired."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = self._clock.now()
        for label in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # whoever keeps a file at the same time has removed it
                if datetime.fromisoformat(json.loads(label.read_text())["expires"]) <= now:
                    label.with_suffix(".blob").unlink(missing_ok=True)
                    label.unlink(missing_ok=True)

    def _write_label(self, of: FileId, label: _Label) -> None:
        """Whole at once: others look through all labels at any time."""
        draft = self._label(of).with_suffix(".label")
        draft.write_text(json.dumps(asdict(label)))
        draft.rename(self._label(of))

    def _blob(self, of: FileId) -> Path:
        return self._folder / f"{of}.blob"

    def _label(self, of: FileId) -> Path:
        return self._folder / f"{of}.json"


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> None:
    size = 0
    with await asyncio.to_thread(_private, path) as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise _too_large()
            await asyncio.to_thread(file.write, chunk)


def _appended(path: Path, data: bytes) -> int:
    with path.open("ab") as file:
        file.write(data)
        return file.tell()


def _piece(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def _too_large() -> TooLarge:
    return TooLarge("The file is larger than 1 GB.", hint="Send a smaller file.")


def _private(path: Path) -> BinaryIO:
    path.touch(mode=0o600)
    return path.open("wb")
