"""The XAPI of one PBX: rows as they come, single records, changes, downloads (api.md 7)."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

from threecx_pbx.auth import Tokens
from threecx_pbx.clock import Clock, SystemClock
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.transport.meanings import meaning
from threecx_pbx.transport.patience import pause
from threecx_pbx.xapi.bodies import page as _page
from threecx_pbx.xapi.bodies import page_of, page_of_any
from threecx_pbx.xapi.budget import Budget
from threecx_pbx.xapi.paging import Page, Row, pages
from threecx_pbx.xapi.refusals import foreign, parsed, refusal, whole

R = TypeVar("R")
T = TypeVar("T")

PAGE = 100
"""`$top` above 100 answers 400 on entity sets (api.md 7.1)."""
REPORT_PAGE = 1000
"""Report functions take a `$top` of 1000 (api.md 7.1)."""


class Xapi:
    """`/xapi/v1` of one PBX. Only GETs are repeated (api.md 9)."""

    def __init__(
        self, wire: Blocking, tokens: Tokens, clock: Clock | None = None, budget: Budget | None = None
    ) -> None:
        self._wire = wire
        self._tokens = tokens
        self._clock = clock or SystemClock()
        self.budget = budget or Budget(self._clock)
        """May be replaced, for all later requests."""

    async def rows(self, path: str, what: str, **options: str) -> list[Row]:
        """All rows of an entity set, page by page. Keys with null values are missing. Raises Forbidden, …"""
        return [row async for page in self.pages(path, what, options) for row in page]

    def pages(
        self,
        path: str,
        what: str,
        options: Mapping[str, str] | None = None,
        size: int = PAGE,
        limit: int | None = None,
        *,
        any_value: bool = False,
    ) -> AsyncGenerator[list[Row], None]:
        """The same as a stream of pages, ahead of need. `path` is percent-encoded, options are OData's without `$`.

        `any_value`: what is no record comes as `{"value": …}` instead of being left out.
        """
        picked = [field.strip() for field in (options or {}).get("select", "").split(",")]
        told_apart = not any_value and bool({"", "*", "Id"} & set(picked))
        read = page_of_any if any_value else _page
        return self._paged(path, what, options or {}, size, limit, read, told_apart=told_apart)

    def records(
        self, path: str, what: str, kind: type[R], size: int = PAGE, limit: int | None = None
    ) -> AsyncGenerator[list[R], None]:
        """A stream of pages whose rows are of a `msgspec.Struct`: several times faster than dicts, where there are very many."""
        return self._paged(path, what, {}, size, limit, partial(page_of, kind))

    def _paged(
        self,
        path: str,
        what: str,
        options: Mapping[str, str],
        size: int,
        limit: int | None,
        read: Callable[[Answer, str], Page[R]],
        *,
        told_apart: bool = True,
    ) -> AsyncGenerator[list[R], None]:
        fixed = {f"${key}": value for key, value in options.items() if value}

        async def fetch(skip: int, top: int) -> Page[R]:
            query = {"$top": str(top), "$skip": str(skip), **fixed}
            return await self._read(path, what, query, lambda answer: read(answer, what))

        return pages(fetch, size, limit, told_apart=told_apart)

    async def one(self, path: str, what: str, **options: str) -> Row:
        """A single record. Raises RecordUnknown, Forbidden, NotA3cx, …"""
        answer = await self._get(path, what, {f"${key}": value for key, value in options.items() if value})
        return parsed(answer, what)

    async def send(self, method: str, path: str, what: str, body: Any = None, if_match: str = "") -> Answer:
        """A change; never repeated, but after a 401. Any 2xx is fine, but for a web page. Raises BadParameter, Forbidden, NotA3cx, …"""
        await self.budget.take()
        headers = {"If-Match": if_match} if if_match else {}
        token = await self._tokens.current()
        address = f"/xapi/v1/{path}"
        answer = await self._wire.send(method, address, token, body, headers)
        if answer.status == 401:
            answer = await self._wire.send(
                method, address, await self._tokens.instead_of(token), body, headers
            )
        if not answer.ok:
            raise refusal(answer, path, what)
        return whole(answer, what)

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

    async def get(self, path: str, what: str, query: Mapping[str, str]) -> Answer:
        """Any GET below /xapi/v1, with the query as it is, whatever kind its body is of. Raises as `one`."""
        return whole(await self._get(path, what, query), what)

    async def download(
        self, path: str, what: str, begin: int = 0
    ) -> tuple[Mapping[str, str], AsyncIterator[bytes]]:
        """Headers and content of a binary from byte `begin` on, streamed; redirects are followed (api.md 7.6)."""
        address = f"/xapi/v1/{path}"
        answer, chunks = await self._patiently(lambda token: self._wire.download(address, token, begin))
        if not answer.ok:
            raise refusal(answer, path, what)
        if answer.kind == "text/html" or "json" in answer.kind:
            raise foreign("a web page" if answer.kind == "text/html" else "JSON", what)
        return answer.headers, chunks

    async def _get(self, path: str, what: str, query: Mapping[str, str]) -> Answer:
        return await self._read(path, what, query, lambda answer: answer)

    async def _read(self, path: str, what: str, query: Mapping[str, str], of: Callable[[Answer], T]) -> T:
        """What `of` makes of the answer; it works in a thread."""
        address = f"/xapi/v1/{path}"
        answer, found = await self._patiently(lambda token: self._wire.read(address, token, query, of))
        if not answer.ok:
            raise refusal(answer, path, what)
        return cast("T", found)

    async def _patiently(self, ask: Callable[[str], Awaitable[tuple[Answer, T]]]) -> tuple[Answer, T]:
        """The answer of a request that may be repeated, with a fresh token, and after the pauses that the PBX wants."""
        tries = 1
        while True:
            await self.budget.take()
            token = await self._tokens.current()
            answer, found = await ask(token)
            if answer.status == 401:
                answer, found = await ask(await self._tokens.instead_of(token))
            rest = pause(answer, tries, self._clock.now())
            if rest is None:
                return answer, found
            await self._clock.sleep(rest)
            tries += 1


__all__ = ["PAGE", "REPORT_PAGE", "Row", "Xapi"]
