"""XAPI Request and what is no JSON: web pages, texts, files, plain values, and lists that break off."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from aiohttp import web

from tests.xapi.conftest import asking
from threecx_nodes.call_data.xapi_request import XapiRequestParams, xapi_request
from threecx_pbx.clock import SystemClock
from threecx_pbx.errors import NotA3cx
from threecx_runner.sdk import Attached, Context

from .conftest import Data


class Kept:
    """Files in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    async def save(self, chunks: AsyncIterator[bytes], name: str, mime_type: str) -> Attached:
        self.content[name] = b"".join([chunk async for chunk in chunks])
        return Attached(name, name, mime_type)


async def read(body: bytes, kind: str, status: int = 200, **headers: str) -> tuple[list[Any], Kept]:
    """What XAPI Request makes of an answer, without the files."""

    async def answer(_: web.Request) -> web.Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(body=body, status=status, headers=named | {"Content-Type": kind})

    async with AsyncExitStack() as stack:
        clock, nobody, files = SystemClock(), cast("Any", None), Kept()
        reports = await asking(answer, clock, stack)
        on = Context(
            session=nobody,
            clock=clock,
            find_call=nobody,
            guard=nobody,
            sounds=nobody,
            files=files,
            reports=reports,
        )
        ask = XapiRequestParams.model_validate({"path": "SystemStatus"})
        given = cast("AsyncIterator[Any]", xapi_request.run(on, ask))
        return [one.model_dump() async for one in given], files


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><body>Log in</body></html>", "text/html"),
        (b"\n<!DOCTYPE html><p>Log in", "application/octet-stream"),
        (b"<p>Log in", "application/json"),
        (b"", "application/json"),
        (b" \r\n", "text/plain"),
        (b'{"value":[{"Id":1', "application/json; odata.metadata=minimal"),
    ],
)
async def test_an_answer_that_is_not_the_pbxs_is_an_error(body: bytes, kind: str) -> None:
    with pytest.raises(NotA3cx, match="when asked to read SystemStatus"):
        await read(body, kind)


@pytest.mark.parametrize(
    ("body", "kind", "items"),
    [
        (b'\xef\xbb\xbf{"Id": 1}', "application/json", [{"Id": 1}]),
        (b'{"value": ["a", "b"]}', "application/json", [{"value": "a"}, {"value": "b"}]),
        (b"null", "application/json", [{"value": None}]),
        (b"42", "text/plain", [{"value": 42}]),
        (b"[1, 2]", "application/json", [{"value": [1, 2]}]),
        (b"<edmx:Edmx/>", "application/xml", [{"value": "<edmx:Edmx/>"}]),
        ("Gr\u00fc\u00dfe".encode(), "text/plain; charset=utf-8", [{"value": "Gr\u00fc\u00dfe"}]),
    ],
)
async def test_what_the_pbx_means_is_given(body: bytes, kind: str, items: list[Any]) -> None:
    assert (await read(body, kind))[0] == items


async def test_nothing_at_all_is_a_null_of_odata() -> None:
    assert (await read(b"", "", 204))[0] == [{"value": None}]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [('attachment; filename="calls.csv"', "calls.csv"), ("attachment; filename=../../etc/x", "x")],
)
async def test_a_download_is_a_file(disposition: str, name: str) -> None:
    items, files = await read(b"a,b", "text/csv", Content_Disposition=disposition)

    assert items == [{"fileName": name, "mimeType": "text/csv"}]
    assert files.content == {name: b"a,b"}


async def test_the_metadata_of_a_pbx_are_text(data: Data) -> None:
    (given,) = await data.run("xapiRequest", path="$metadata")

    assert "<edmx:Edmx" in given["value"]


@pytest.mark.parametrize(
    ("operation", "parameters", "path"),
    [
        (
            "xapiRequest",
            {"method": "PATCH", "path": "Users(29)", "body": '{"FirstName": "Ada"}'},
            "Users(29)",
        ),
        ("createContact", {"firstName": "Ada", "phoneNumber": "+4930555012"}, "/Contacts"),
        ("blockCaller", {"number": "+4930555012"}, "/BlackListNumbers"),
        ("xapiRequest", {"path": "SystemStatus"}, "SystemStatus"),
    ],
)
async def test_a_web_page_is_never_a_success(
    data: Data, operation: str, parameters: dict[str, Any], path: str
) -> None:
    data.login["allowDataChanges"] = True
    data.sim.control.answer_next(200, count=9, path=path, html=True)

    assert (await data.error(operation, **parameters))["errorId"] == "notA3cx"
