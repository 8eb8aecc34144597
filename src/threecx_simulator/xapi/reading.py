"""GET: collections, entities, functions, reports, recordings."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from threecx_simulator.http.refusals import empty
from threecx_simulator.xapi.answers import Page, Source, answer, collection, every, shaped
from threecx_simulator.xapi.archive import ALWAYS, Archive
from threecx_simulator.xapi.cdr import LogRows, cdr_row, recording_url
from threecx_simulator.xapi.clerk import Clerk
from threecx_simulator.xapi.functions import FUNCTIONS
from threecx_simulator.xapi.metadata import sets
from threecx_simulator.xapi.model import Call, EntitySet, Type, model
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.paths import parameters
from threecx_simulator.xapi.preferences import page_size
from threecx_simulator.xapi.query import REPORT_LIMIT, Query
from threecx_simulator.xapi.recordings import download, period, recordings
from threecx_simulator.xapi.reports import REPORTS, Books, NoReport, report_behind
from threecx_simulator.xapi.resource import Resource
from threecx_simulator.xapi.sets import backups
from threecx_simulator.xapi.shape import SET_LIMIT
from threecx_simulator.xapi.texts import stamp
from threecx_simulator.xapi.values import Row, named

PREFIX = "/xapi/v1"
_CALL_LOG = "ReportCallLogData/Pbx.GetCallLogData"
_OLD_LOG = "ReportCallLogData/Pbx.GetOldCallLogData"
_LOG_CSV = "ReportCallLogData/Pbx.DownloadCallLog"
_REPORT_ROWS = 20_000  # of a report in one answer: a PBX of its own has such a limit (T)


class Reader:
    """Answers to GET."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._log, self._reports = Clerk(office.archive), Clerk(office.archive)

    async def read(self, request: Request, found: Resource) -> Response:
        """The answer for a resource of the model."""
        if found.call is not None:
            return await self._call(request, found, found.call)
        if found.navigation is not None:
            return self._navigation(request, found)
        if found.singleton:
            assert found.type is not None
            return self._entity(
                request, found.singleton, "", self._office.singleton(found.singleton), found.type
            )
        assert found.set is not None
        if found.key is None:
            return await self._set(request, found, found.set)
        row = self._picked(found)
        return self._entity(request, found.set.name, "/$entity", row, found.set.type) if row else empty(404)

    def service(self, request: Request) -> Response:
        """The service document: what there is."""
        many = [{"name": name, "kind": "EntitySet", "url": name} for name in sets()]
        single = [{"name": name, "kind": "Singleton", "url": name} for name in model().singletons]
        return answer({"@odata.context": f"{_base(request)}{PREFIX}/$metadata", "value": many + single})

    def _picked(self, found: Resource) -> Row | None:
        if found.set is None or found.key is None or found.set.name not in self._office.sets:
            return None
        return self._office.sets[found.set.name].find(*found.key)

    async def _set(self, request: Request, found: Resource, known: EntitySet) -> Response:
        name, query = known.name, self._query(request, known.type, found.counted)
        if name == "Recordings":
            return await self._recordings(request, query, found.counted)
        rows: Source = self._office.sets[name] if name in self._office.sets else self._from_archive(name)
        return self._shown(request, name, rows, query, found.counted)

    def _shown(self, request: Request, path: str, rows: Source, query: Query, counted: bool) -> Response:
        """A page of a set or of what an entity leads to, or its number of rows alone."""
        if counted:
            return Response(
                str(collection(rows, query, "", "", Page(0))["@odata.count"]), media_type="text/plain"
            )
        return self._rows(request, path, path, rows, query, Page(page_size(request)))

    def _from_archive(self, name: str) -> list[Row]:
        """`LastCdrAndChatMessageTimestamp`, or the old history, which has nothing since Update 6 (T)."""
        if name == "CallHistoryView":
            if self._office.pbx.profile.old_call_history == "500":
                raise NoReport(500)
            return []
        last = next(iter(self._office.archive.log(*ALWAYS).rows(0, 1)), None)
        return [{"LastCdrStartedAt": stamp(last[0].start)}] if last else [{}]

    async def _recordings(self, request: Request, query: Query, counted: bool) -> Response:
        language = self._office.company.language
        if query.order == (("StartTime", True),):
            query = replace(query, order=())  # they come in this order
        first, last = period(request.query_params.get("$filter"))

        def work(archive: Archive) -> Response:
            rows = recordings(archive, language, first, last)
            return self._shown(request, "Recordings", rows, query, counted)

        return await self._reports.read(work)

    def _query(
        self, request: Request, type_: Type, counted: bool = False, limit: int | None = SET_LIMIT
    ) -> Query:
        query = Query.of(request.query_params.multi_items(), type_, limit, self._office.now)
        return replace(query, count=True, top=0, skip=0, order=()) if counted else query

    def _rows(
        self, request: Request, path: str, name: str, rows: Source, query: Query, page: Page
    ) -> Response:
        base = _base(request)
        context = f"{base}{PREFIX}/$metadata#{name}{query.shape.context}"
        return answer(collection(rows, query, f"{base}{PREFIX}/{path}", context, page))

    def _entity(self, request: Request, name: str, suffix: str, row: Row, type_: Type) -> Response:
        query = self._query(request, type_)
        context = f"{_base(request)}{PREFIX}/$metadata#{name}{query.shape.context}{suffix}"
        return answer({"@odata.context": context} | shaped(row, query.shape))

    def _navigation(self, request: Request, found: Resource) -> Response:
        row = self._picked(found) if found.set else self._office.singleton(found.singleton)
        assert found.navigation is not None
        if row is None:
            return empty(404)
        value = row.get(found.navigation.name)
        value = value() if callable(value) else value
        type_ = model().types[found.navigation.kind]
        if found.navigation.many:
            query = self._query(request, type_, found.counted)
            return self._shown(request, found.path, value or [], query, found.counted)
        return self._entity(request, found.path, "", value, type_) if value else empty(404)

    # --- functions -----------------------------------------------------------------------------------------------

    async def _call(self, request: Request, found: Resource, call: Call) -> Response:
        assert found.last is not None
        needed = "queueDnStr" if self._office.pbx.profile.null_queues == "refused" else ""
        given = parameters(call, found.last, needed)
        if given is None:
            return empty(404)
        if call.name == "Recordings/Pbx.DownloadRecording":
            return self._download(request, given["recId"])
        if call.name in {_CALL_LOG, _OLD_LOG, _LOG_CSV}:
            return await self._call_log(request, found, call, given)
        if call.name in REPORTS or report_behind(call.name):
            return await self._report(request, found, call, given)
        function = FUNCTIONS.get(call.name)
        row = self._picked(found) if found.key else None
        if function is None or (found.key and row is None):
            return empty(404)
        value = function(self._office, row, given)
        if call.name in self._office.adjusted:
            value = {**value, **self._office.adjusted[call.name]}
        return self._value(request, found, call, value) if value is not None else empty(404)

    def _value(self, request: Request, found: Resource, call: Call, value: Any) -> Response:
        if call.rows and call.rows in model().types:
            query = self._query(request, model().types[call.rows])
            return self._rows(
                request, found.path, f"Collection(Pbx.{call.rows})", value, query, Page(page_size(request))
            )
        if isinstance(value, Mapping):
            return self._entity(request, f"Pbx.{call.answer}", "", value, model().types[call.answer])
        return answer(
            {"@odata.context": f"{_base(request)}{PREFIX}/$metadata#{named(call.answer)}", "value": value}
        )

    def _page(self) -> Page:
        return Page(_REPORT_ROWS, self._office.pbx.profile.report_zeros == "sent")

    def _largest_top(self) -> int | None:
        return REPORT_LIMIT if self._office.pbx.profile.report_top == "1000" else None

    async def _call_log(
        self, request: Request, found: Resource, call: Call, given: Mapping[str, Any]
    ) -> Response:
        query = self._query(request, model().types[call.rows], limit=self._largest_top())
        profile = self._office.pbx.profile
        if call.name == _OLD_LOG and profile.old_call_history == "500":
            raise NoReport(500)
        name, type_ = f"Collection(Pbx.{call.rows})", model().types[call.rows]

        def work(archive: Archive) -> Response:
            rows: Source = [] if call.name == _OLD_LOG else self._logged(archive, given)
            if call.name == _LOG_CSV and not _wants_json(request):
                return _csv(every(rows), type_)
            return self._rows(request, found.path, name, rows, query, self._page())

        return await self._log.read(work)

    def _logged(self, archive: Archive, given: Mapping[str, Any]) -> Source:
        """The call log. What `sourceType`, `callsType` and their like mean is not documented: only texts narrow it (G)."""
        profile, language = self._office.pbx.profile, self._office.company.language
        first, last = given["periodFrom"], given["periodTo"]
        texts = given["sourceFilter"].lower(), given["destinationFilter"].lower()
        if given["hidePcalls"] and not any(texts):
            return LogRows(archive.log(first, last), archive, language, profile)
        rows = (
            cdr_row((call, place, one), archive, language, profile)
            for call in archive.calls(first, last)
            for place, one in enumerate(call.segments)
            if not (one.parked and given["hidePcalls"])
        )
        return (
            row for row in rows if _about(row, "Source", texts[0]) and _about(row, "Destination", texts[1])
        )

    async def _report(
        self, request: Request, found: Resource, call: Call, given: Mapping[str, Any]
    ) -> Response:
        type_ = model().types[call.rows]
        query = self._query(request, type_, limit=self._largest_top())
        behind = report_behind(call.name)
        report, name = REPORTS[behind or call.name], f"Collection(Pbx.{call.rows})"
        world, company, profile = self._office.pbx.world, self._office.company, self._office.pbx.profile
        now, rules = self._office.now, self._rules() if call.name.startswith("ReportInboundRules/") else ()

        def work(archive: Archive) -> Response:
            live = tuple(archive.live(*ALWAYS))
            books = Books(world, company, profile, live, archive.history, now, rules)
            rows = report(books, given)
            if behind and not _wants_json(request):
                return _csv(rows, type_)
            return self._rows(request, found.path, name, rows, query, self._page())

        return await self._reports.read(work)

    def _rules(self) -> tuple[dict[str, Any], ...]:
        """The inbound rules with the names of their trunks, for a report in another thread."""
        found = []
        for row in self._office.sets["InboundRules"]:
            trunk = row.get("TrunkDN")
            told = (trunk() if callable(trunk) else trunk) or {}
            found.append({**row, "Trunk": told.get("Name") or told.get("Number")})
        return tuple(found)

    # --- recordings ----------------------------------------------------------------------------------------------

    def recording(self, request: Request, number: int) -> Response:
        """The sound of a recording."""
        final = timedelta(seconds=self._office.pbx.profile.recording_final_s)
        return download(request, self._office.archive, number, self._office.now - final)

    def backup(self, ticket: str, name: str) -> Response:
        """A backup that is there, for whoever has the ticket of its link."""
        known = self._office.sets["Backups"].find("FileName", name)
        if known is None or ticket != backups.ticket(self._office.pbx.world.fqdn, name):
            return empty(404)
        told = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(backups.archive(name), headers=told, media_type="application/zip")

    def _download(self, request: Request, number: int) -> Response:
        call = self._office.archive.call(number)
        if self._office.pbx.profile.recording_download == "bytes" or call is None or call.talk is None:
            return self.recording(request, number)
        return RedirectResponse(f"/recording/{recording_url(call, call.talk)}", 302)


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _about(row: Row, side: str, text: str) -> bool:
    return not text or any(
        text in str(row.get(f"{side}{name}") or "").lower() for name in ("Dn", "CallerId", "DisplayName")
    )


def _wants_json(request: Request) -> bool:
    """The file says that `Download…` answers with JSON (S), its users get CSV (T): who accepts JSON only gets that."""
    return request.headers.get("accept", "").partition(";")[0].strip() == "application/json"


def _csv(rows: Iterable[Row], type_: Type) -> Response:
    """A report as the `Download…` functions send it."""
    out = io.StringIO()
    names = [name for name, one in type_.properties.items() if one.primitive and not one.many]
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: "" if value is None else value for name, value in row.items()})
    return Response(
        out.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="report.csv"'},
    )
