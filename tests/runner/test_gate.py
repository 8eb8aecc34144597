"""Who may ask the runner: over loopback, beyond it, with and without its token."""

from typing import Any

import pytest
from pydantic import SecretStr

from threecx_pbx.errors import ThreeCxError
from threecx_runner.api.gate import Gate

TOKEN = "a-token-of-the-runner-under-test"
LOCAL = {"host": "127.0.0.1:5690"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


def verdict(gate: Gate, path: str, headers: dict[str, str]) -> str:
    try:
        gate.check(path, headers)
    except ThreeCxError as error:
        return error.error_id
    return "ok"


@pytest.mark.proves("credential.runner-url")
@pytest.mark.parametrize(
    ("configured", "loopback", "path", "headers", "expected"),
    [
        (False, True, "/v1/account", LOCAL, "ok"),
        (False, True, "/v1/account", {"host": "localhost"}, "ok"),
        (False, True, "/v1/account", {"host": "[::1]:5690"}, "ok"),
        (False, True, "/v1/account", LOCAL | BEARER, "ok"),
        (False, True, "/v1/account", LOCAL | {"authorization": "Bearer wrong"}, "runnerTokenWrong"),
        (False, True, "/v1/account", LOCAL | {"authorization": "Bearer schlüssel"}, "runnerTokenWrong"),
        (False, True, "/v1/account", LOCAL | {"authorization": "Bearer "}, "ok"),
        (False, True, "/v1/account", {"host": "rebound.example.com"}, "originRefused"),
        (False, True, "/v1/account", {}, "originRefused"),
        (False, True, "/v1/account", LOCAL | {"origin": "https://evil.example.com"}, "originRefused"),
        (False, True, "/v1/account", LOCAL | {"origin": "null"}, "originRefused"),
        (False, True, "/v1/account", LOCAL | {"origin": "http://127.0.0.1:5690"}, "ok"),
        (False, True, "/readyz", LOCAL | {"origin": "https://evil.example.com"}, "originRefused"),
        (False, True, "/v1/account", {"host": "rebound.example.com"} | BEARER, "ok"),
        (False, True, "/v1/calls", LOCAL, "runnerTokenMissing"),
        (False, True, "/v1/events", LOCAL, "runnerTokenMissing"),
        (False, True, "/metrics", LOCAL, "runnerTokenMissing"),
        (False, True, "/metrics", LOCAL | BEARER, "ok"),
        (True, True, "/v1/account", LOCAL, "runnerTokenMissing"),
        (True, True, "/v1/account", LOCAL | BEARER, "ok"),
        (False, False, "/v1/account", {"host": "runner:5690"}, "runnerTokenMissing"),
        (False, False, "/v1/account", {"host": "runner:5690"} | BEARER, "ok"),
        (False, False, "/healthz", {"host": "runner:5690"}, "ok"),
        (False, False, "/readyz", {"host": "runner:5690"}, "ok"),
        (True, False, "/v1/anything", {"host": "runner:5690"}, "runnerTokenMissing"),
    ],
)
def test_who_may_ask(
    configured: bool, loopback: bool, path: str, headers: dict[str, str], expected: str
) -> None:
    assert verdict(Gate(SecretStr(TOKEN), configured, loopback), path, headers) == expected


async def test_beyond_loopback_the_token_is_wanted_before_a_byte_is_read(serve: Any) -> None:
    async with serve(listen="0.0.0.0:0") as client:
        status, problem = await client.ask("PUT", "/v1/files", data=b"x" * 1000)
        assert (status, problem["errorId"]) == (401, "runnerTokenMissing")
        assert "threecx-runner token" in problem["hint"]
        client.token = "wrong"
        assert (await client.ask("GET", "/v1/account"))[1]["errorId"] == "runnerTokenWrong"
        client.token = TOKEN
        assert (await client.ask("GET", "/v1/account"))[0] == 200
        assert (await client.ask("GET", "/healthz")) == (200, "ok")
