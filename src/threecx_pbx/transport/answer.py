"""One HTTP answer of the PBX."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_MARK = b"\xef\xbb\xbf"
"""UTF-8's byte order mark, which some servers put before JSON (RFC 8259, 8.1)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and the headers that matter (lower case)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def kind(self) -> str:
        """Its media type, without parameters; "" when none is told."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The parsed body; None when it is empty or no JSON (a proxy's HTML page, say)."""
        try:
            return orjson.loads(self.body.removeprefix(_MARK)) if self.body else None
        except ValueError:
            return None
