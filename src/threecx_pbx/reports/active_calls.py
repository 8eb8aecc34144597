"""The PBX's active calls."""

from dataclasses import dataclass
from datetime import datetime

from threecx_pbx.calls.model import Call
from threecx_pbx.session import PbxSession


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """One row of the XAPI's ActiveCalls, and the live call that it is, where this client sees it."""

    id: int
    status: str
    caller: str
    caller_number: str
    callee: str
    callee_number: str
    established_at: datetime | None
    duration_seconds: float | None
    seen: Call | None


async def active_calls(session: PbxSession) -> tuple[ActiveCall, ...]:
    """All calls of the PBX now. Raises Forbidden when the API client may not read them."""
    raise NotImplementedError
