"""One HTTP answer of the PBX."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and the headers that matter (lower case)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed body; None when it is empty or no JSON (a proxy's HTML page, say)."""
        try:
            return orjson.loads(self.body) if self.body else None
        except ValueError:
            return None
