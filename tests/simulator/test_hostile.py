"""Whatever is sent, the PBX answers in its own way: no server errors, no framework's words (issue 5, bad input)."""

import http.client
import json
import socket
from typing import Any
from urllib.parse import quote

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from threecx_simulator.pytest_plugin import RunningPbx

_WORDS = ("Internal Server Error", "Not Found", "Method Not Allowed", "Invalid HTTP", "detail", "Traceback")
_KNOWN = [
    "callcontrol",
    "8001",
    "101",
    "devices",
    "participants",
    "8107",
    "makecall",
    "answer",
    "routeto",
    "stream",
    "ws",
    "xapi",
    "v1",
    "Users",
    "Users(29)",
    "Users(Number='101')",
    "ActiveCalls",
    "Pbx.DropCall",
    "connect",
    "token",
    "..",
    "%",
    "%FF",
]
_SEGMENTS = st.sampled_from(_KNOWN) | st.text(max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["destination", "timeout", "attacheddata", "x"]) | st.text(max_size=5), inner
        )
    ),
    max_leaves=8,
)
_BODIES = (
    _JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40) | st.just(b"[" * 100_000)
)
_TYPES = st.sampled_from(
    [
        "application/json",
        "text/plain",
        "",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ]
)


@pytest.fixture
def token(threecx_pbx: RunningPbx) -> str:
    fields = {"client_id": "8001", "client_secret": "simulator-secret", "grant_type": "client_credentials"}
    answer = requests.post(f"{threecx_pbx.url}/connect/token", data=fields, timeout=5)
    threecx_pbx.call("+49301234567", "+4930555001")
    return str(answer.json()["access_token"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]),
    segments=st.lists(_SEGMENTS, max_size=6),
    body=_BODIES,
    kind=_TYPES,
    known=st.booleans(),
)
def test_no_request_makes_the_pbx_fail(
    threecx_pbx: RunningPbx, token: str, method: str, segments: list[str], body: bytes, kind: str, known: bool
) -> None:
    path = "/" + "/".join(quote(part, safe="%()'=.") for part in segments)
    if path.endswith("/stream"):
        path += "s"  # a stream is endless: it has tests of its own
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if known else {})
    connection = http.client.HTTPConnection(threecx_pbx.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    assert answer.status < 500, (method, path, text)
    assert answer.status < 400 or not any(word in text for word in _WORDS), (method, path, text)


@pytest.mark.parametrize(
    "body", [rb'{"destination": "\ud800"}', b'{"destination": "\xff"}', b'{"timeout": NaN}']
)
def test_half_a_character_is_no_json_and_spoils_no_later_answer(
    threecx_pbx: RunningPbx, token: str, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for path in (
        "callcontrol/8001/makecall",
        "callcontrol/8001/participants/8107/routeto",
    ):
        answer = requests.post(f"{threecx_pbx.url}/{path}", body, headers=headers, timeout=5)
        assert (answer.status_code, answer.text) == (400, ""), path
    answer = requests.post(f"{threecx_pbx.url}/xapi/v1/Contacts", body, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "The input was not valid.")
    shown = requests.get(f"{threecx_pbx.url}/xapi/v1/ActiveCalls", headers=headers, timeout=5)
    assert shown.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Sec-WebSocket-Version: 12",
        "Sec-WebSocket-Key: x",
        "Content-Length: 5",
        "X: " + "y" * 9000,
        "Y" * 9000,
    ],
)
def test_a_broken_opening_of_a_socket_gets_a_status_and_nothing_else(
    threecx_pbx: RunningPbx, token: str, header: str
) -> None:
    host, _, port = threecx_pbx.url.removeprefix("http://").partition(":")
    lines = ["GET /callcontrol/ws HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Authorization: Bearer {token}", header]
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        connection.settimeout(5)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_leaves_in_mid_request_is_no_error(
    threecx_pbx: RunningPbx, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = threecx_pbx.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        lines = ["POST /connect/token HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded"]
        connection.sendall("\r\n".join([*lines, "Content-Length: 100", "", "client"]).encode())
    threecx_pbx.wait(threecx_pbx.simulator.control.asked("POST", "/connect/token"))
    assert caplog.text == ""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=60).map(lambda data: data + b"\r\n\r\n"))
def test_what_is_not_http_gets_no_words_of_a_framework(threecx_pbx: RunningPbx, data: bytes) -> None:
    host, _, port = threecx_pbx.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)
    assert not any(word.encode() in answer for word in _WORDS), answer


def test_the_control_api_makes_no_server_error_whatever_its_description_allows(
    threecx_pbx: RunningPbx,
) -> None:
    described = schemathesis.openapi.from_url(f"{threecx_pbx.control_url}/openapi.json")
    threecx_pbx.call("+49301234567", "+4930555001")
    for result in described.get_all_operations():
        assert isinstance(result, Ok), result

        @settings(max_examples=6, deadline=None, database=None)
        @given(case=result.ok().as_strategy())
        def ask(case: Any) -> None:
            if "within" in case.query:
                case.query["within"] = 0  # else the test would wait as long as the PBX
            case.call_and_validate(checks=[not_a_server_error], timeout=20)

        ask()
