"""The PBX's directory numbers."""

from dataclasses import dataclass

from threecx_pbx.session import PbxSession


@dataclass(frozen=True, slots=True)
class Entry:
    """One DN; `kind` is the XAPI's word (Extension, Queue, RingGroup, IVR, RoutePoint, ExternalLine …)."""

    number: str
    name: str
    kind: str


async def directory(session: PbxSession) -> tuple[Entry, ...]:
    """All DNs of the PBX. Raises Forbidden when the API client may not read them."""
    return await session.directory()
