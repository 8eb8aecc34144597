"""The endpoints of the Call Control API, typed. A 401 is answered with one new token and one repetition."""

from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from threecx_pbx.auth import Tokens
from threecx_pbx.callcontrol.refusals import refusal
from threecx_pbx.callcontrol.wire import Device, DnInfo, Participant
from threecx_pbx.errors import LicenceMissing, NotA3cx
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.live import READ_S, Live

T = TypeVar("T")
_DNS = TypeAdapter(list[DnInfo])
_DEVICES = TypeAdapter(list[Device])


class CallControl:
    """Everything is seen from a DN; there is no call object (api.md 2)."""

    def __init__(self, wire: Live, tokens: Tokens) -> None:
        self._wire = wire
        self._tokens = tokens

    async def all(self) -> list[DnInfo]:
        """All DNs that this client may see, with their legs. Raises LicenceMissing, NotA3cx, …"""
        answer = await self._ask("GET", "/callcontrol")
        _must_be_offered(answer)
        if not answer.ok:
            raise refusal(answer, "read its calls")
        return self._shaped(_DNS, answer, "the list of extensions")

    async def is_offered(self, own: str) -> None:
        """Returns when the Call Control API still is: the devices of the own route point always can be read (api.md 2.1).

        Raises LicenceMissing, …
        """
        answer = await self._ask("GET", f"{_at(own)}/devices")
        _must_be_offered(answer)
        if not answer.ok:
            raise refusal(answer, "read the devices of its route point")

    async def participant(self, dn: str, participant: int) -> Participant | None:
        """None: the leg is gone (404) or not ours to see (403)."""
        answer = await self._ask("GET", f"{_at(dn)}/participants/{participant}")
        if answer.status in (403, 404):
            return None
        if not answer.ok:
            raise refusal(answer, "read a call")
        return self._shaped(TypeAdapter(Participant), answer, "a call")

    async def devices(self, dn: str) -> list[Device]:
        """The devices of a DN; a route point has one too (api.md 2.2)."""
        answer = await self._ask("GET", f"{_at(dn)}/devices")
        if not answer.ok:
            raise refusal(answer, f"read the devices of {dn}")
        return self._shaped(_DEVICES, answer, "the list of devices")

    async def act(
        self, dn: str, participant: int, action: str, body: dict[str, Any], limit_s: float = READ_S
    ) -> Answer:
        """One of drop, answer, divert, routeto, transferto, attach_…; never repeated but for an expired token."""
        return await self._ask("POST", f"{_at(dn)}/participants/{participant}/{action}", body, limit_s)

    async def make_call(self, dn: str, device: str | None, body: dict[str, Any], limit_s: float) -> Answer:
        """From a device, whose result is sure to name the initiator, or from the DN (api.md 2.3)."""
        of = f"/devices/{quote(device, safe='')}" if device else ""
        return await self._ask("POST", f"{_at(dn)}{of}/makecall", body, limit_s)

    async def _ask(self, method: str, path: str, body: Any = None, limit_s: float = READ_S) -> Answer:
        token = await self._tokens.current()
        answer = await self._wire.call(method, path, token, body, limit_s)
        if answer.status != 401:
            return answer
        return await self._wire.call(method, path, await self._tokens.instead_of(token), body, limit_s)

    @staticmethod
    def _shaped(form: TypeAdapter[T], answer: Answer, what: str) -> T:
        try:
            return form.validate_python(answer.json())
        except ValidationError as error:
            raise NotA3cx(f"The server's answer is not what 3CX gives for {what}.") from error


def _must_be_offered(answer: Answer) -> None:
    """A missing licence and an unticked box look the same: api.md 1.1, 11.23."""
    if answer.status in (403, 404):
        raise LicenceMissing("3CX does not offer the Call Control API to this API client.")


def _at(dn: str) -> str:
    return f"/callcontrol/{quote(dn, safe='')}"
