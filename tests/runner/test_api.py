"""The runner's HTTP API over real sockets."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession
from structlog.testing import capture_logs

from threecx_pbx.calls.model import PbxId
from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import CallUnknown, WrongCredentials
from threecx_runner.api.wire import ErrorLine, ItemLine, Line, Request
from threecx_runner.errors import OperationUnknown, problem_of
from threecx_runner.journal import Journal

PATH = "/v1/nodes/callControl/answerCall"
TOKEN = "a-token-of-the-runner-under-test"
PBX = PbxId("https://pbx.example.com:5001|8001")

Until = Callable[[Callable[[], object]], Awaitable[None]]
Read = Callable[[str], dict[str, Any]]


def read_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def two_outcomes(request: Request) -> AsyncIterator[Line]:
    yield ItemLine(index=0, item={"callId": "c_0123456789abcdef", "name": "Ärger"}, output=None)
    yield ErrorLine(index=1, error=problem_of(CallUnknown("No such call.")))


def failing(error: Exception) -> Callable[[Request], AsyncIterator[Line]]:
    """Fails before the first line."""

    async def lines(request: Request) -> AsyncIterator[Line]:
        if request.items:
            raise error
        yield ItemLine(index=0, item=None, output=None)

    return lines


async def test_an_execution_gets_a_line_for_each_outcome_and_the_end(
    client: Any, behind: Any, contract: Read
) -> None:
    behind.lines = two_outcomes
    golden = contract("request")
    async with client.http.post(
        client.address + golden["path"], headers=client.headers(), json=golden["body"]
    ) as response:
        assert response.status == 200
        assert response.content_type == "application/x-ndjson"
        lines = read_lines(await response.text())
    assert lines[0] == {"index": 0, "item": {"callId": "c_0123456789abcdef", "name": "Ärger"}, "output": None}
    assert lines[1]["error"]["errorId"] == "callUnknown"
    assert lines[2:] == [{"end": True}]
    asked = behind.requests[0]
    assert (asked.node, asked.operation, asked.execution_id) == ("callControl", "answerCall", "42")
    assert asked.login.client_secret.get_secret_value() == golden["login"]["clientSecret"]
    assert asked.items[0].parameters == golden["body"]["items"][0]["parameters"]


async def test_lines_arrive_while_the_operation_still_runs(client: Any, behind: Any, contract: Read) -> None:
    free = asyncio.Event()

    async def slow(request: Request) -> AsyncIterator[Line]:
        yield ItemLine(index=0, item={}, output=None)
        await free.wait()
        yield ItemLine(index=1, item={}, output=None)

    behind.lines = slow
    async with client.http.post(
        client.address + PATH, headers=client.headers(), json=contract("request")["body"]
    ) as response:
        async with asyncio.timeout(10):
            assert json.loads(await response.content.readline())["index"] == 0
        free.set()
        assert len(read_lines(await response.text())) == 2


async def test_a_request_that_fails_as_a_whole_is_a_problem(client: Any, behind: Any, contract: Read) -> None:
    behind.lines = failing(WrongCredentials("3CX refused the Client ID or the Client Secret."))
    status, problem = await client.ask("POST", PATH, json=contract("request")["body"])
    assert (status, problem) == (401, contract("problem")["good"][0])


async def test_a_failure_in_the_middle_leaves_the_answer_without_its_end(
    client: Any, behind: Any, contract: Read
) -> None:
    async def broken(request: Request) -> AsyncIterator[Line]:
        yield ItemLine(index=0, item={}, output=None)
        raise RuntimeError("a bug")

    behind.lines = broken
    received = b""
    with pytest.raises((ClientPayloadError, ClientConnectionError)):  # noqa: PT012  # reading fails, or its end
        async with client.http.post(
            client.address + PATH, headers=client.headers(), json=contract("request")["body"]
        ) as response:
            while chunk := await response.content.readline():
                received += chunk
    assert b'"end"' not in received


@pytest.mark.proves("behaviour.cancellation")
async def test_a_client_that_goes_away_cancels_its_operation(
    client: Any, behind: Any, contract: Read, until: Until
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(request: Request) -> AsyncIterator[Line]:
        begun.set()
        try:
            await asyncio.Event().wait()
            yield ItemLine(index=0, item={}, output=None)
        finally:
            ended.set()

    behind.lines = endless
    asking = asyncio.ensure_future(client.ask("POST", PATH, json=contract("request")["body"]))
    await begun.wait()
    asking.cancel()
    async with asyncio.timeout(10):
        await ended.wait()


async def test_a_deadline_before_the_first_outcome_fails_the_request(
    client: Any, behind: Any, contract: Read, clock: ManualClock
) -> None:
    begun = asyncio.Event()

    async def endless(request: Request) -> AsyncIterator[Line]:
        begun.set()
        await asyncio.Event().wait()
        yield ItemLine(index=0, item={}, output=None)

    behind.lines = endless
    asking = asyncio.ensure_future(client.ask("POST", PATH, json=contract("request")["body"]))
    await begun.wait()
    await clock.advance(300)
    status, problem = await asking
    assert (status, problem["errorId"]) == (504, "deadlinePassed")


async def test_a_deadline_in_the_middle_gives_each_item_without_outcome_an_error(
    client: Any, behind: Any, contract: Read, clock: ManualClock
) -> None:
    begun = asyncio.Event()

    async def half(request: Request) -> AsyncIterator[Line]:
        yield ItemLine(index=1, item={}, output=None)
        begun.set()
        await asyncio.Event().wait()

    behind.lines = half
    body = contract("request")["body"]
    body["items"] = [body["items"][0] | {"index": index, "key": str(index)} for index in range(3)]
    asking = asyncio.ensure_future(client.ask("POST", PATH, json=body))
    await begun.wait()
    await clock.advance(300)
    _, text = await asking
    lines = read_lines(text)
    assert [(line.get("index"), line.get("error", {}).get("errorId")) for line in lines] == [
        (1, None),
        (0, "deadlinePassed"),
        (2, "deadlinePassed"),
        (None, None),
    ]
    assert lines[-1] == {"end": True}


@pytest.mark.parametrize(
    ("change", "error_id", "says"),
    [
        ({"protocol": 2, "novelty": 1}, "protocolMismatch", "this runner 1: the runner is too old"),
        ({"concurrency": "many"}, "badRequest", "concurrency"),
        ({"items": [{"index": 0}]}, "badRequest", "items.key"),
        ({"surprise": 1}, "badRequest", "surprise"),
    ],
)
async def test_a_request_that_does_not_fit_is_one_sentence_of_ours(
    client: Any, contract: Read, change: dict[str, Any], error_id: str, says: str
) -> None:
    status, problem = await client.ask("POST", PATH, json=contract("request")["body"] | change)
    assert 400 <= status < 500
    assert problem["errorId"] == error_id
    assert says in problem["message"]
    assert set(problem) == {"errorId", "message", "description", "httpStatus", "retryable", "hint"}


async def test_bodies_that_are_no_json_and_too_large_ones_are_problems(client: Any) -> None:
    status, problem = await client.ask("POST", PATH, data=b"{", headers={"Content-Type": "application/json"})
    assert (status, problem["errorId"]) == (400, "badRequest")
    huge = BytesIO(b'{"protocol": 1, "x": "' + b"x" * 33_000_000 + b'"}')
    status, problem = await client.ask("POST", PATH, data=huge, headers={"Content-Type": "application/json"})
    assert (status, problem["errorId"]) == (413, "tooLarge")


@pytest.mark.parametrize(
    ("header", "says"), [("%%%", "not base64"), ("bnVsbA==", "must be"), (None, "missing")]
)
async def test_a_login_that_cannot_be_read_is_refused_without_being_shown(
    client: Any, contract: Read, header: str | None, says: str
) -> None:
    headers = {} if header is None else {"X-3CX-Login": header}
    async with client.http.post(
        client.address + PATH, headers=headers, json=contract("request")["body"]
    ) as response:
        problem = await response.json()
    assert response.status == 400
    assert says in problem["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "error_id"),
    [
        ("GET", "/v1/nothing", 404, "notFound"),
        ("GET", PATH, 405, "methodNotAllowed"),
        ("GET", "/v1/subscriptions/xyz", 400, "badRequest"),
        ("GET", "/v1/files/f_" + "0" * 32, 404, "fileUnknown"),
        ("GET", "/v1/files/..%2Ftoken", 404, None),
    ],
)
async def test_every_refusal_is_our_problem(
    client: Any, method: str, path: str, status: int, error_id: str | None
) -> None:
    got, problem = await client.ask(method, path)
    assert got == status
    assert problem["httpStatus"] == status
    assert error_id in (None, problem["errorId"])


@pytest.mark.proves("errors.500")
async def test_a_bug_is_one_sentence_outside_and_a_traceback_in_the_log(client: Any, behind: Any) -> None:
    behind.failure = RuntimeError("a bug at heart")
    with capture_logs() as logs:
        status, problem = await client.ask("GET", "/v1/options/extensions")
    assert (status, problem["errorId"]) == (500, "internalError")
    assert "at heart" not in json.dumps(problem)
    assert [log["exc_info"] for log in logs if log["log_level"] == "error"] == [behind.failure]


@pytest.mark.proves("credential.test")
async def test_the_account_says_what_is_wrong_in_one_sentence(client: Any, behind: Any) -> None:
    assert await client.ask("GET", "/v1/account") == (
        200,
        {
            "problem": None,
            "errorId": None,
            "hint": None,
            "pbx": {
                "version": "20.0.7",
                "extension": "8001",
                "server": "https://pbx.example.com:5001",
                "warning": "",
            },
        },
    )
    behind.failure = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    status, answer = await client.ask("GET", "/v1/account")
    assert status == 200
    assert answer["problem"] == "3CX refused the Client ID or the Client Secret."
    assert answer["errorId"] == "wrongCredentials"
    assert answer["hint"].startswith("Check Client ID and Client Secret")


async def test_an_editor_that_is_closed_cancels_its_question(client: Any, behind: Any, until: Until) -> None:
    behind.hold = asyncio.Event()
    asking = asyncio.ensure_future(client.ask("GET", "/v1/account"))
    await until(lambda: behind.logins)
    asking.cancel()
    await until(lambda: behind.cancelled)


async def test_dropdowns_are_listed_and_unknown_ones_named(client: Any) -> None:
    status, answer = await client.ask("GET", "/v1/options/extensions?search=Anna")
    assert (status, answer) == (
        200,
        {"results": [{"name": "101 Anna", "value": "101"}], "paginationToken": None, "ageSeconds": 0.0},
    )
    status, problem = await client.ask("GET", "/v1/options/planets")
    assert (status, problem["errorId"]) == (404, "operationUnknown")


async def test_a_subscription_is_put_read_and_deleted(client: Any, wish: Any, n8n: Any) -> None:
    wanted, body = wish()
    path = f"/v1/subscriptions/{wanted}"
    assert (await client.ask("GET", path))[0] == 404
    golden = {"id": wanted, "state": "active", "leaseSeconds": 90}
    assert await client.ask("PUT", path, json=body.model_dump(mode="json", by_alias=True)) == (200, golden)
    assert await client.ask("GET", path) == (200, golden)
    assert await client.ask("DELETE", path) == (204, "")
    assert (await client.ask("DELETE", path))[0] == 404


async def test_a_stranger_cannot_delete_anothers_subscription(client: Any, wish: Any, behind: Any) -> None:
    wanted, body = wish()
    path = f"/v1/subscriptions/{wanted}"
    await client.ask("PUT", path, json=body.model_dump(mode="json", by_alias=True))
    client.login = client.login | {"clientSecret": "a guess"}
    behind.failure = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    assert (await client.ask("DELETE", path))[0] == 401
    behind.failure = None
    client.login = client.login | {"serverUrl": "https://own.example.com"}
    assert (await client.ask("DELETE", path))[0] == 404
    client.login = client.login | {"serverUrl": "https://pbx.example.com:5001", "clientSecret": "rotated"}
    assert (await client.ask("DELETE", path))[0] == 204


async def test_only_the_first_claim_of_a_call_is_granted(client: Any, wish: Any, contract: Read) -> None:
    ids = []
    for name in ("one", "two"):
        wanted, body = wish(name, node="callMonitor")
        ids.append(wanted)
        await client.ask(
            "PUT", f"/v1/subscriptions/{wanted}", json=body.model_dump(mode="json", by_alias=True)
        )
    golden = contract("delivery")["claim"]
    answers = [
        await client.ask("POST", golden["path"], json={"subscriptionId": wanted})
        for wanted in (*ids, "0" * 32)
    ]
    assert answers[:2] == [(200, golden["answers"][0]), (200, golden["answers"][1])]
    assert answers[2] == (200, {"claimed": False, "reason": "The trigger is not subscribed any more."})


async def test_a_file_goes_in_and_comes_out_as_it_was_until_it_expires(
    client: Any, clock: ManualClock
) -> None:
    content = bytes(range(256)) * 5000
    name = base64.b64encode("Grüße.wav".encode()).decode()
    status, answer = await client.ask(
        "PUT", "/v1/files", data=BytesIO(content), headers={"X-File-Name": name, "Content-Type": "audio/wav"}
    )
    assert status == 200
    path = f"/v1/files/{answer['id']}"
    async with client.http.get(client.address + path, headers=client.headers()) as response:
        assert await response.read() == content
        assert response.content_type == "audio/wav"
        assert "Gr%C3%BC%C3%9Fe.wav" in response.headers["Content-Disposition"]
    await clock.advance(3600)
    assert (await client.ask("GET", path))[0] == 404


async def test_a_file_is_neither_taken_nor_given_with_a_login_that_the_pbx_refuses(
    client: Any, behind: Any
) -> None:
    _, kept = await client.ask("PUT", "/v1/files", data=b"sound")
    behind.failure = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    for method, path in (("PUT", "/v1/files"), ("GET", f"/v1/files/{kept['id']}")):
        status, problem = await client.ask(method, path, data=b"other" if method == "PUT" else None)
        assert (status, problem["errorId"]) == (401, "wrongCredentials")


async def test_calls_and_events_are_shown_to_the_token_only(
    client: Any, behind: Any, journal: Journal, make_call: Any, make_event: Any
) -> None:
    call = make_call()
    behind.up = [(PBX, call)]
    await journal.commit(PBX, [], [], [make_event(call)], [])
    for path in ("/v1/calls", "/v1/events", "/metrics"):
        status, problem = await client.ask("GET", path)
        assert (status, problem["errorId"]) == (401, "runnerTokenMissing")
    client.token = TOKEN
    _, calls = await client.ask("GET", "/v1/calls")
    assert [(one["callId"], one["legs"][0]["partyNumber"]) for one in calls["calls"]] == [
        (call.id, "+4930123456")
    ]
    _, events = await client.ask("GET", "/v1/events")
    assert [(one["eventId"], one["type"], one["durationSeconds"]) for one in events["events"]] == [
        (f"{call.id}:0", "call_missed", 12.5)
    ]
    _, metrics = await client.ask("GET", "/metrics")
    assert "threecx_runner_calls 1.0" in metrics
    assert 'threecx_runner_requests_total{route="/v1/calls",status="200"} 1.0' in metrics


async def test_readiness_names_what_has_lapsed(client: Any, wish: Any, clock: ManualClock) -> None:
    assert await client.ask("GET", "/readyz") == (200, {"ready": True, "troubles": []})
    wanted, body = wish()
    await client.ask("PUT", f"/v1/subscriptions/{wanted}", json=body.model_dump(mode="json", by_alias=True))
    await clock.advance(91)
    _, answer = await client.ask("GET", "/readyz")
    assert "Workflow one" in answer["troubles"][0]


async def test_the_api_describes_itself_and_promises_problems_not_a_frameworks_errors(client: Any) -> None:
    _, schema = await client.ask("GET", "/openapi.json")
    responses = {
        code for path in schema["paths"].values() for way in path.values() for code in way["responses"]
    }
    assert "422" not in responses
    assert "HTTPValidationError" not in schema["components"]["schemas"]


async def test_the_page_of_the_api_needs_nothing_from_elsewhere(client: Any) -> None:
    async with ClientSession() as http:
        async with http.get(client.address + "/docs") as page:
            parts = re.findall(r'(?:src|href)="([^"]+)"', await page.text())
        assert parts
        for part in parts:
            async with http.get(client.address + part) as got:
                assert (part[0], got.status) == ("/", 200)


@pytest.mark.proves("behaviour.shutdown")
async def test_leaving_drains_what_runs_and_refuses_what_is_new(
    serve: Any, behind: Any, contract: Read, until: Until
) -> None:
    begun, free = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> AsyncIterator[Line]:
        begun.set()
        await free.wait()
        yield ItemLine(index=0, item={"done": True}, output=None)

    behind.lines = slow
    opened = serve()
    client = await opened.__aenter__()
    async with ClientSession() as http:
        client.http = http
        running = asyncio.ensure_future(client.ask("POST", PATH, json=contract("request")["body"]))
        await begun.wait()
        leaving = asyncio.ensure_future(opened.__aexit__(None, None, None))
        await until(lambda: refused(client.address))
        free.set()
        _, text = await running
        await leaving
    assert read_lines(text) == [{"index": 0, "item": {"done": True}, "output": None}, {"end": True}]


def refused(address: str) -> bool:
    import socket

    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as attempt:
        return attempt.connect_ex((host, int(port))) != 0


async def test_an_unknown_operation_says_how_to_update(client: Any, behind: Any, contract: Read) -> None:
    behind.lines = failing(OperationUnknown("This runner knows no operation flyAway of callControl."))
    status, problem = await client.ask(
        "POST", "/v1/nodes/callControl/flyAway", json=contract("request")["body"]
    )
    assert status == 404
    assert "uvx threecx-runner@latest serve" in problem["hint"]


@pytest.mark.proves("behaviour.env.N8N_3CX_DEFAULT_SERVER", "behaviour.env.N8N_3CX_DEFAULT_EXTENSION")
async def test_what_the_credential_leaves_empty_comes_from_the_environment(
    serve: Any, behind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("N8N_3CX_DEFAULT_SERVER", "https://default.example.com/")
    monkeypatch.setenv("N8N_3CX_DEFAULT_EXTENSION", "8009")
    async with serve() as client:
        client.login = client.login | {"serverUrl": " ", "extension": ""}
        await client.ask("GET", "/v1/account")
        client.login = client.login | {"serverUrl": "https://own.example.com", "extension": "8001"}
        await client.ask("GET", "/v1/account")
    assert [(login.server_url, login.extension) for login in behind.logins] == [
        ("https://default.example.com", "8009"),
        ("https://own.example.com", "8001"),
    ]
