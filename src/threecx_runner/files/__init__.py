"""Binaries in and out."""

from threecx_runner.files.store import FileId, Files, StoredFile

__all__ = ["FileId", "Files", "StoredFile"]
