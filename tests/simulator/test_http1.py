"""HTTP/1.1 as other people's clients speak it: offers of HTTP/2, requests sent ahead, connections that are to end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.proves("simulator.section-12")
CALLER, DID = "+49301234567", "+4930555001"
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"


class Wire:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, head: str, body: bytes = b"") -> None:
        self.writer.write(f"{head}\r\n\r\n".encode() + body)

    async def head(self) -> list[str]:
        """Status line and headers, in lower case."""
        text = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        return text.decode().lower().split("\r\n")[:-2]

    async def answer(self) -> tuple[int, bytes]:
        """A whole answer that tells its length."""
        status, *headers = await self.head()
        length = next(int(one.split(":")[1]) for one in headers if one.startswith("content-length:"))
        return int(status.split()[1]), await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        """All that comes until the server ends the connection."""
        return await asyncio.wait_for(self.reader.read(), 10)


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def asked(app: Any, method: str, path: str, *more: str) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: pbx", f"Authorization: Bearer {app.token}", *more]
    return "\r\n".join(lines)


@pytest.mark.parametrize("cut", [1, 40, 200, 10_000])
async def test_an_offer_of_http_2_is_passed_over_and_the_request_answered(start: Any, cut: int) -> None:
    app = await start()
    body = b"grant_type=client_credentials&client_id=8002&client_secret=simulator-secret"
    form = f"{H2C}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}"
    request = f"POST /connect/token HTTP/1.1\r\nHost: pbx\r\n{form}\r\n\r\n".encode() + body
    async with wire(app.sim.url) as connection:
        for at in range(0, len(request), cut):
            connection.writer.write(request[at : at + cut])
            await connection.writer.drain()
        status, answer = await connection.answer()
        assert (status, json.loads(answer)["token_type"]) == (200, "Bearer")
        connection.send(asked(app, "GET", "/callcontrol/8001", H2C.removesuffix("\r\n")))
        status, answer = await connection.answer()
        assert (status, json.loads(answer)["dn"]) == (200, "8001")


async def test_a_stream_asked_for_with_an_offer_of_http_2_flows(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with wire(app.sim.url) as connection:
        connection.send(asked(app, "GET", path, H2C.removesuffix("\r\n")))
        assert (await connection.head())[0] == "http/1.1 200 ok"
        assert await connection.reader.readexactly(5) == b"140\r\n"


async def test_the_control_api_passes_over_an_offer_of_http_2(threecx_pbx: Any) -> None:
    body = json.dumps({"from": CALLER, "to": DID}).encode()
    async with wire(threecx_pbx.control_url) as connection:
        head = f"POST /calls HTTP/1.1\r\nHost: x\r\n{H2C}Content-Type: application/json\r\n"
        connection.send(f"{head}Content-Length: {len(body)}", body)
        status, answer = await connection.answer()
        assert (status, json.loads(answer)["from"]) == (201, CALLER)


async def test_answers_to_requests_sent_ahead_keep_their_order_before_a_stream(start: Any) -> None:
    app = await start("auto")
    app.sim.control.behave("101", answers_after=5)
    call = app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}"
    body = b'{"destination":"101"}'
    async with wire(app.sim.url) as connection:
        kind = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        connection.send(asked(app, "POST", f"{path}/routeto", *kind), body)
        connection.send(asked(app, "GET", f"{path}/stream"))
        status, *headers = await connection.head()
        assert (status, "connection: close" in headers) == ("http/1.1 200 ok", True)
        routed = json.loads(await connection.rest())
    assert routed["finalstatus"] == "Success"
    assert app.sim.control.report(call).connected_to == "101"


async def test_nothing_is_mixed_into_a_running_stream(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with wire(app.sim.url) as connection:
        connection.send(asked(app, "GET", path))
        await connection.head()
        for behind in ("/callcontrol/8001", path):
            connection.send(asked(app, "GET", behind))
        assert await connection.reader.readexactly(10 * 327) == (b"140\r\n" + bytes(320) + b"\r\n") * 10
        app.sim.control.hang_up(call)
        assert b"HTTP" not in await connection.rest()


async def test_a_connection_that_is_to_end_with_the_post_of_a_stream_ends(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    leg = await app.leg()
    for dn, status in (("8001", "200 OK"), ("8002", "403 Forbidden")):
        path = f"/callcontrol/{dn}/participants/{leg['id']}/stream"
        async with wire(app.sim.url) as connection:
            connection.send(
                asked(app, "POST", path, "Connection: close", "Transfer-Encoding: chunked"),
                b"2\r\n\0\0\r\n0\r\n\r\n",
            )
            expected = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            assert await connection.rest() == expected.encode()


async def test_a_post_may_end_and_its_connection_carry_more(start: Any) -> None:
    app = await start("auto")
    app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with wire(app.sim.url) as connection:
        connection.send(asked(app, "POST", path, "Content-Length: 2"), b"\0\0")
        connection.send(asked(app, "GET", "/callcontrol/8001/devices"))
        assert await connection.answer() == (200, b"")
        assert (await connection.answer())[0] == 200


async def test_a_get_of_a_stream_may_end_and_its_connection_carry_more(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with wire(app.sim.url) as connection:
        connection.send(asked(app, "GET", path))
        assert "connection: close" not in await connection.head()
        app.sim.control.hang_up(call)
        await asyncio.wait_for(connection.reader.readuntil(b"0\r\n\r\n"), 10)
        connection.send(asked(app, "GET", "/callcontrol/8001"))
        assert (await connection.answer())[0] == 200


async def test_a_connection_that_is_to_end_with_the_get_of_a_stream_says_so_and_ends(start: Any) -> None:
    app = await start("auto")
    call = app.sim.control.call(CALLER, DID)
    path = f"/callcontrol/8001/participants/{(await app.leg())['id']}/stream"
    async with wire(app.sim.url) as connection:
        connection.send(asked(app, "GET", path, "Connection: close"))
        assert "connection: close" in await connection.head()
        app.sim.control.hang_up(call)
        assert (await connection.rest()).endswith(b"0\r\n\r\n")
