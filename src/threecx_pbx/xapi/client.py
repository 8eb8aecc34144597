"""Reads of the XAPI: rows as they come, paged (api.md 7.1)."""

from collections.abc import Mapping
from typing import Any

from threecx_pbx.auth import Tokens
from threecx_pbx.errors import Forbidden, LicenceMissing, NotA3cx
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.transport.meanings import meaning

PAGE = 100
"""`$top` above 100 answers 400 on entity sets (api.md 7.1)."""


class Xapi:
    """`/xapi/v1` of one PBX."""

    def __init__(self, wire: Blocking, tokens: Tokens) -> None:
        self._wire = wire
        self._tokens = tokens

    async def rows(self, path: str, what: str, **options: str) -> list[dict[str, Any]]:
        """All rows of an entity set, page by page. Keys with null values are missing. Raises Forbidden, …"""
        found: list[dict[str, Any]] = []
        while True:
            query = {
                "$top": str(PAGE),
                "$skip": str(len(found)),
                **{f"${key}": value for key, value in options.items()},
            }
            answer = await self._get(path, what, query)
            page = _value(answer)
            found += page
            if len(page) < PAGE:
                return found

    async def version(self) -> str:
        """The PBX's version from the header of the documented connection test (api.md 1.5)."""
        answer = await self._get("Defs", "read its version", {"$select": "Id"})
        return answer.headers.get("x-3cx-version", "")

    async def drop_call(self, id_: int) -> None:
        """Ends a whole call. Any 2xx counts (api.md 6.1)."""
        path = f"/xapi/v1/ActiveCalls({id_})/Pbx.DropCall"
        token = await self._tokens.current()
        answer = await self._wire.post(path, token, json={})
        if answer.status == 401:
            answer = await self._wire.post(path, await self._tokens.instead_of(token), json={})
        if not answer.ok and answer.status != 404:
            raise meaning(answer, "end a call through the XAPI")

    async def _get(self, path: str, what: str, query: Mapping[str, str]) -> Answer:
        token = await self._tokens.current()
        answer = await self._wire.get(f"/xapi/v1/{path}", token, query)
        if answer.status == 401:
            answer = await self._wire.get(f"/xapi/v1/{path}", await self._tokens.instead_of(token), query)
        if answer.status == 403:
            raise Forbidden(f"3CX does not let this API client {what}.", hint=_ROLE)
        if answer.status == 404:
            raise LicenceMissing(
                f"3CX does not offer the XAPI to this API client, so it cannot {what}.", hint=_TICK
            )
        if not answer.ok:
            raise meaning(answer, what)
        return answer


_ROLE = "In 3CX Admin Console > Integrations > API, give the client the role System Admin (System Owner for reports)."
_TICK = (
    "Tick 'Configuration API (XAPI) access' at this API client, in 3CX Admin Console > Integrations > API."
)


def _value(answer: Answer) -> list[dict[str, Any]]:
    body = answer.json()
    rows = body.get("value") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise NotA3cx("The XAPI answered with something that is not a list.")
    return [row for row in rows if isinstance(row, dict)]
