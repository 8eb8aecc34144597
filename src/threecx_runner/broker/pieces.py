"""Binaries over a task broker, in pieces: one large message would hold the loop, and with it all callers' sound (architecture 4)."""

import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import Base64Bytes, Field

from threecx_runner.api.wire import FileAnswer, Text
from threecx_runner.files import FileId, Files
from threecx_runner.sdk import Wire

LARGEST_PIECE = 2**20


class _Piece(Wire):
    """`data` without `id`: a new file begins. `data` and `id`: it goes on. No `data`: some of the file is wanted."""

    id: FileId = FileId("")
    name: Text = ""
    mime_type: Text = ""
    data: Annotated[Base64Bytes | None, Field(max_length=LARGEST_PIECE)] = None
    offset: Annotated[int, Field(ge=0)] = 0
    size: Annotated[int, Field(ge=1, le=LARGEST_PIECE)] = LARGEST_PIECE


class FileAsked(Wire):
    """The second argument of `startJob` for a file (tests/contract/task.json, `files`)."""

    file: _Piece


class PieceAnswer(Wire):
    """Some of a file in base64; shorter than was asked for at its end."""

    data: str


def is_about_file(asked: Any) -> bool:
    """Whether a task is about a file, and not about an operation."""
    return isinstance(asked, dict) and "file" in asked


async def piece_of(files: Files, asked: Any) -> FileAnswer | PieceAnswer:
    """Raises ValidationError, FileUnknown, TooLarge."""
    piece = FileAsked.model_validate(asked).file
    if piece.data is None:
        some = await files.read(piece.id, piece.offset, piece.size)
        return PieceAnswer(data=base64.b64encode(some).decode())
    if not piece.id:
        return FileAnswer(id=await files.put(_alone(piece.data), piece.name, piece.mime_type))
    await files.append(piece.id, piece.data)
    return FileAnswer(id=piece.id)


async def _alone(data: bytes) -> AsyncIterator[bytes]:
    yield data
