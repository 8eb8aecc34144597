"""Requests under `/xapi/v1` and `/recording`: log-in, rights, errors; reading and writing are next door."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from threecx_simulator.http.refusals import empty, not_allowed, page
from threecx_simulator.http.tokens import TokenOffice
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.answers import answer, refusal
from threecx_simulator.xapi.levels import at_level, level
from threecx_simulator.xapi.metadata import metadata
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.paths import Segment, segments
from threecx_simulator.xapi.reading import PREFIX, Reader
from threecx_simulator.xapi.records import Missing, Refused
from threecx_simulator.xapi.reports import NoReport
from threecx_simulator.xapi.resource import spelled, understood
from threecx_simulator.xapi.rights import allowed
from threecx_simulator.xapi.values import BadQuery
from threecx_simulator.xapi.writing import Writer

_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE"]
_NUMBER_KEYS = (20, 0, 8)  # the build that brought `Users(Number='101')` in place of `Pbx.GetByNumber` (S)


class Xapi:
    """The configuration API for clients that are logged in."""

    def __init__(self, board: Switchboard, tokens: TokenOffice, office: Office) -> None:
        self._board = board
        self._tokens = tokens
        self._reader = Reader(office)
        self._writer = Writer(board, office)

    def routes(self) -> list[Route]:
        """OData paths are not made of plain segments: one route takes them all."""
        return [
            Route(PREFIX, self._serve, methods=_METHODS),
            Route(PREFIX + "/{path:path}", self._serve, methods=_METHODS),
            Route("/recording/{path:path}", self._recording, methods=["GET"]),
            Route("/backups/{ticket}/{name}", self._backup, methods=["GET"]),
        ]

    async def _recording(self, request: Request) -> Response:
        client = self._tokens.who(request.headers.get("authorization"))
        if client is None or not allowed(client, "GET", "Recordings", self._board.pbx.profile):
            return empty(401 if client is None else 403)
        number = re.search(r"\((\d{1,10})\)\.wav$", request.path_params["path"])
        return self._reader.recording(request, int(number[1])) if number else empty(404)

    async def _backup(self, request: Request) -> Response:
        return self._reader.backup(request.path_params["ticket"], request.path_params["name"])

    async def _serve(self, request: Request) -> Response:
        client = self._tokens.who(_authorization(request))
        if client is None:
            return empty(401)
        found = at_level(await self._admitted(request, client), level(request))
        found.headers["X-3CX-Version"] = self._board.pbx.profile.version
        return found

    async def _admitted(self, request: Request, client: ApiClient) -> Response:
        path = self._path(request)
        parts = segments(path) if path else [Segment("", None)]
        if not parts:
            return empty(404)
        parts = spelled(parts) if self._board.pbx.profile.path_case == "any" else parts
        if not self._board.pbx.licensed or not allowed(
            client, request.method, parts[0].name, self._board.pbx.profile
        ):
            return empty(403)
        if path in {"", "$metadata"}:
            return self._described(request, path) if request.method == "GET" else not_allowed(["GET"])
        return await self._answered(request, client, path, parts)

    def _path(self, request: Request) -> str:
        """What stands behind `/xapi/v1/`; a slash at the end means nothing, as in all of ASP.NET's routing."""
        path: str = request.path_params.get("path", "")
        path = path.removesuffix("/") if path != "/" else path
        whole = path.lower() == "$metadata" and self._board.pbx.profile.path_case == "any"
        return "$metadata" if whole else path

    def _described(self, request: Request, path: str) -> Response:
        if path == "":
            return self._reader.service(request)
        return Response(metadata(), headers={"OData-Version": "4.0"}, media_type="application/xml")

    async def _answered(
        self, request: Request, client: ApiClient, path: str, parts: list[Segment]
    ) -> Response:
        try:
            return await self._understood(request, client, path, parts)
        except BadQuery as wrong:
            return refusal(400, str(wrong))
        except Missing as gone:
            return answer({"error": str(gone)}, 404)
        except Refused as no:
            return refusal(400, "", no.target, no.warning)
        except NoReport as none:
            return page(500, "Internal Server Error") if none.status == 500 else empty(none.status)

    async def _understood(
        self, request: Request, client: ApiClient, path: str, parts: list[Segment]
    ) -> Response:
        number_keys = self._number_keys()
        by_function = not number_keys or self._board.pbx.profile.get_by_number == "always"
        if len(parts) == 2 and parts[1].name == "Pbx.GetByNumber" and by_function:
            parts, number_keys = [Segment(parts[0].name, _as_number(parts[1]))], True
        found = understood(path, parts, number_keys)
        if found is None:
            return empty(404)
        if request.method == "POST" and found.navigation is not None:
            return empty(404)  # T: agents are changed through their queue
        if request.method not in found.methods:
            return not_allowed(found.methods)
        if request.method == "GET":
            return await self._reader.read(request, found)
        return await self._writer.write(request, client, found)

    def _number_keys(self) -> bool:
        return self._board.pbx.profile.build >= _NUMBER_KEYS


def _authorization(request: Request) -> str | None:
    """The header; links to downloads may carry the token themselves, for players and browsers (third-party code)."""
    header, token = request.headers.get("authorization"), request.query_params.get("access_token")
    if header is None and token and request.method == "GET" and "/Pbx.Download" in request.url.path:
        return f"Bearer {token}"
    return header


def _as_number(call: Segment) -> tuple[tuple[str, str], ...]:
    """`Queues/Pbx.GetByNumber(number='800')` of older builds as the alternate key of newer ones."""
    given = call.arguments or ()
    return tuple(("Number", literal) for name, literal in given if name == "number")
