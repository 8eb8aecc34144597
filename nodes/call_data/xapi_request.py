"""Any path of the XAPI."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import Message
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator, ConfigDict

from threecx_pbx.errors import BadParameter, DataChangesOff
from threecx_pbx.transport.answer import Answer
from threecx_pbx.xapi.client import PAGE, REPORT_PAGE
from threecx_pbx.xapi.paths import clean_path
from threecx_pbx.xapi.refusals import foreign
from threecx_runner.sdk import Context, Effect, Field, Located, Result, Wire, operation

from ..shared.dialled import guarded
from ..shared.listing import Listed


class Method(StrEnum):
    """HTTP's."""

    GET = "GET"
    POST = "POST"
    PATCH = "PATCH"
    PUT = "PUT"
    DELETE = "DELETE"


class Query(Wire):
    """OData's options."""

    filter: str = ""
    select: str = ""
    expand: str = ""
    order_by: str = ""
    search: str = ""


def _text(value: object) -> object:
    """An expression may give the object itself."""
    return json.dumps(value) if isinstance(value, dict | list) else value


class XapiRequestParams(Listed):
    """Parameters of XAPI Request."""

    method: Method = Method.GET
    path: Located
    query: Query = Query()
    body: Annotated[str, BeforeValidator(_text), Field(max_length=1_000_000)] = "{}"
    if_match: Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")] = ""
    dry_run: bool = False


class Answered(Result):
    """What the PBX answered: its own fields, one item for each row of a list."""

    model_config = ConfigDict(extra="allow")


@operation(result=Answered, effect=Effect.READ, lasts=timedelta(minutes=10))
async def xapi_request(on: Context, ask: XapiRequestParams) -> AsyncIterator[Answered]:
    """Reads by default; writes only where the credential allows data changes, and never as an AI tool."""
    path = clean_path(ask.path.value)
    if ask.dry_run:
        yield _dry(ask, path)
    elif ask.method is Method.GET:
        async for one in _read(on, ask, path):
            yield one
    else:
        _check_writing(on)
        yield await _write(on, ask, path)


def _check_writing(on: Context) -> None:
    if on.tool:
        raise DataChangesOff("An AI tool may not change data of the PBX.")
    if not on.data_changes:
        raise DataChangesOff("The credential lets XAPI Request only read.")


def _options(ask: XapiRequestParams) -> dict[str, str]:
    told = ask.query
    return {
        "filter": told.filter,
        "select": told.select,
        "expand": told.expand,
        "orderby": told.order_by,
        "search": told.search,
    }


def _body(ask: XapiRequestParams) -> Any:
    try:
        body = orjson.loads(ask.body or "{}")
        # fewer brackets can be written than read
        orjson.dumps(body)
    except (ValueError, orjson.JSONEncodeError) as error:
        raise BadParameter("Body is not JSON.", hint='Write it like {"Name": "Support"}.') from error
    return body


def _dry(ask: XapiRequestParams, path: str) -> Answered:
    asked = {f"${key}": value for key, value in _options(ask).items() if value}
    body = None if ask.method in (Method.GET, Method.DELETE) else _body(ask)
    told = {"dryRun": True, "method": ask.method, "path": f"/xapi/v1/{path}", "query": asked, "body": body}
    # only what is written takes the header
    match = {"ifMatch": ask.if_match.strip()} if ask.method is not Method.GET else {}
    return Answered.model_validate(told | match)


async def _read(on: Context, ask: XapiRequestParams, path: str) -> AsyncIterator[Answered]:
    """A list is paged through; anything else is one item."""
    size = REPORT_PAGE if path.startswith("Report") else PAGE
    top = size if ask.most is None else min(size, ask.most)
    options = {key: value for key, value in _options(ask).items() if value}
    doing = f"read {path}"
    # whether a path gives a list is only seen in its answer; one record is asked for without $top
    looked = await on.reports.get(
        path, doing, {f"${key}": value for key, value in options.items()} | _few(path, top)
    )
    body = looked.json()
    if isinstance(body, dict) and isinstance(body.get("value"), list):
        plain = not all(isinstance(row, dict) for row in body["value"])
        async for page in on.reports.pages(path, doing, options, size, ask.most, any_value=plain):
            for row in page:
                yield _item(row)
    elif isinstance(body, dict):
        yield _item(body)
    else:
        yield await _other(on, looked, body, doing)


async def _other(on: Context, answer: Answer, body: Any, doing: str) -> Answered:
    """A single value, a text such as $metadata, or the file of a download."""
    if body is not None or answer.status == 204 or answer.body.strip() == b"null":
        return _item({"value": body})
    if not answer.body.strip():
        raise foreign("an empty body", doing)
    name = _file_name(answer)
    if not name and (answer.kind.startswith("text/") or answer.kind.endswith("xml")):
        return _item({"value": answer.body.decode("utf-8", "replace")})
    kind = answer.kind or "application/octet-stream"
    file = await on.files.save(_once(answer.body), name or "download", kind)
    return _item({"fileName": file.file_name, "mimeType": kind}).with_binary("data", file)


def _file_name(answer: Answer) -> str:
    """Of an attachment; "" when the PBX names none."""
    told = Message()
    told["Content-Disposition"] = answer.headers.get("content-disposition", "")
    return PurePosixPath((told.get_filename() or "").replace("\\", "/")).name


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _few(path: str, top: int) -> dict[str, str]:
    return {} if path.endswith(")") and "Pbx." not in path else {"$top": str(min(top, 1))}


async def _write(on: Context, ask: XapiRequestParams, path: str) -> Answered:
    body = await guarded(on.guard, path, None if ask.method is Method.DELETE else _body(ask))
    answer = await on.xapi.send(ask.method, path, f"{ask.method} {path}", body, ask.if_match.strip())
    told = answer.json()
    extra = dict(told) if isinstance(told, dict) else {"value": told}
    return _item({"success": True, "statusCode": answer.status, **(extra if told is not None else {})})


def _item(row: dict[str, Any]) -> Answered:
    return Answered.model_construct(
        **{key: value for key, value in row.items() if not key.startswith("@odata.")}
    )
