"""Logging in: one token for all, and one sentence for each thing that can be wrong with a server."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from threecx_pbx.account import Account, origin_of
from threecx_pbx.auth import Tokens
from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import (
    BadParameter,
    ExtensionIsUser,
    ExtensionUnknown,
    LicenceMissing,
    NotA3cx,
    PbxFailed,
    PbxUnreachable,
    RateLimited,
    ThreeCxError,
    TlsFailed,
    WrongCredentials,
)
from threecx_pbx.transport.blocking import Blocking
from threecx_simulator import Profile, Simulator

from .conftest import Link, Linked, account

Start = Callable[..., Awaitable[Simulator]]
CANARY = "a-secret-that-nobody-may-read"


@pytest.fixture
async def tokens(stack: AsyncExitStack, executor: Any, start: Start) -> tuple[Tokens, Simulator, ManualClock]:
    sim = await start()
    clock = ManualClock(sim.clock.now())
    wire = Blocking(account(sim), executor)
    stack.push_async_callback(wire.close)
    return Tokens(account(sim), wire, clock), sim, clock


def minted(sim: Simulator) -> int:
    return sim.control.requests().tokens.get("8001", 0)


# tokens


@pytest.mark.proves("behaviour.token-refresh")
async def test_many_who_want_a_token_at_once_get_the_same(tokens: Any) -> None:
    tokens, sim, _ = tokens
    got = await asyncio.gather(*(tokens.current() for _ in range(10)))
    assert len(set(got)) == 1
    assert minted(sim) == 1


async def test_many_whose_token_was_refused_get_one_new_token(tokens: Any) -> None:
    tokens, sim, _ = tokens
    first = await tokens.current()
    got = await asyncio.gather(*(tokens.instead_of(first) for _ in range(10)))
    assert len(set(got)) == 1
    assert minted(sim) == 2
    assert await tokens.instead_of(first) == got[0]


async def test_a_token_lives_as_long_as_it_says_and_is_due_for_renewal_after_45_minutes(tokens: Any) -> None:
    tokens, sim, clock = tokens
    await tokens.current()
    await clock.advance(44 * 60)
    assert not tokens.due
    await clock.advance(60)
    assert tokens.due
    assert minted(sim) == 1
    await tokens.current()
    assert minted(sim) == 1
    await clock.advance(20 * 60)
    await tokens.current()
    assert minted(sim) == 2


@pytest.mark.parametrize("unit", ["minutes", "seconds"])
@pytest.mark.parametrize(("kind", "seconds"), [("opaque", 3600), ("jwt", 3600), ("jwt", 900)])
async def test_the_unit_of_expires_in_does_not_matter(
    stack: AsyncExitStack, executor: Any, start: Start, unit: str, kind: str, seconds: int
) -> None:
    sim = await start(expires_in_unit=unit, token_kind=kind, token_life_s=seconds)
    clock = ManualClock(sim.clock.now())
    wire = Blocking(account(sim), executor)
    stack.push_async_callback(wire.close)
    tokens = Tokens(account(sim), wire, clock)
    await tokens.current()
    await clock.advance(seconds - 5)
    await tokens.current()
    assert minted(sim) == 1
    await clock.advance(6)
    await tokens.current()
    assert minted(sim) == 2


async def test_a_token_that_the_pbx_forgot_is_replaced_once_and_the_verb_repeated(pbx: Linked) -> None:
    _, call = await pbx.answered()
    before = minted(pbx.sim)
    pbx.sim.control.invalidate_tokens()
    await pbx.session.drop_own(call)
    assert minted(pbx.sim) == before + 1
    drops = [one.status for one in pbx.sim.control.requests().asked if one.path.endswith("/drop")]
    assert drops == [401, 202 if pbx.sim.profile.status_codes == "202" else 200]


async def test_a_verb_that_is_refused_with_a_new_token_too_is_not_tried_a_third_time(pbx: Linked) -> None:
    _, call = await pbx.answered()
    pbx.sim.control.answer_next(401, count=9, path="/drop")
    with pytest.raises(WrongCredentials):
        await pbx.session.drop_own(call)
    assert sum(one.path.endswith("/drop") for one in pbx.sim.control.requests().asked) == 2


# wrong things


@pytest.mark.parametrize("told", ["400", "401"])
@pytest.mark.proves("credential.wrong-secret", "errors.401")
async def test_a_wrong_secret_fails_while_a_good_session_goes_on(start: Start, link: Link, told: str) -> None:
    good = await link(await start(wrong_secret=told))
    _, call = await good.answered()
    with pytest.raises(WrongCredentials, match="Client ID or the Client Secret") as wrong:
        await link(good.sim, secret=SecretStr(CANARY))
    assert CANARY not in f"{wrong.value} {wrong.value.hint} {wrong.value!r}"
    await good.session.drop_own(call)
    assert minted(good.sim) == 1


@pytest.mark.parametrize("told", ["404", "403"])
async def test_a_missing_licence_is_named(start: Start, link: Link, told: str) -> None:
    sim = await start(licence_missing=told)
    sim.control.licence(False)
    with pytest.raises(LicenceMissing, match="Call Control API") as wrong:
        await link(sim)
    assert "Enterprise" in wrong.value.hint


@pytest.mark.proves("receiver.extension")
async def test_a_users_extension_is_refused_and_the_route_point_named(start: Start, link: Link) -> None:
    with pytest.raises(ExtensionIsUser, match="101") as wrong:
        await link(await start(), extension="101")
    assert "8001" in wrong.value.hint


async def test_an_extension_that_is_not_granted_is_told_so(start: Start, link: Link) -> None:
    with pytest.raises(ExtensionUnknown, match="999"):
        await link(await start(), extension="999")


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, RateLimited), (403, RateLimited), (500, PbxFailed), (503, PbxUnreachable), (302, NotA3cx)],
)
async def test_a_log_in_that_the_server_fails_at_says_so(
    start: Start, link: Link, status: int, error: type[ThreeCxError]
) -> None:
    sim = await start()
    sim.control.answer_next(status, count=9, path="/connect/token", html=True)
    with pytest.raises(error):
        await link(sim)


async def test_a_log_in_waits_as_long_as_the_pbx_says(start: Start, link: Link) -> None:
    sim = await start()
    sim.control.answer_next(429, path="/connect/token", retry_after=0)

    await link(sim)


async def test_a_log_in_that_the_pbx_wants_much_later_is_told_at_once(start: Start, link: Link) -> None:
    sim = await start()
    sim.control.answer_next(429, path="/connect/token", retry_after=30)

    with pytest.raises(RateLimited):
        await link(sim)


async def test_a_closed_port_is_told_from_a_wrong_certificate(start: Start, link: Link) -> None:
    sim = await start()
    with pytest.raises(PbxUnreachable, match="refused the connection"):
        await link(sim, origin="http://127.0.0.1:9")


async def test_a_verb_at_a_pbx_that_is_gone_says_that_nothing_listens(link: Link, profile: Profile) -> None:
    async with Simulator(profile=profile) as sim:
        pbx = await link(sim)
        _, call = await pbx.arrives()
    with pytest.raises(PbxUnreachable):
        await pbx.session.drop_own(call)
    with pytest.raises(PbxUnreachable, match="refused the connection"):
        await pbx.session.rest.all()


async def test_a_host_name_that_nobody_knows_is_named(start: Start, link: Link) -> None:
    with pytest.raises(PbxUnreachable, match="not known"):
        await link(await start(), origin="http://pbx.invalid")


@pytest.fixture
async def page(stack: AsyncExitStack) -> str:
    """A web server that is no PBX: it answers everything with a page."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return "http://{}:{}".format(*runner.addresses[0][:2])


async def test_a_web_server_that_is_no_3cx_is_told_so(start: Start, link: Link, page: str) -> None:
    with pytest.raises(NotA3cx, match="not a 3CX token"):
        await link(await start(), origin=page)


# certificates


@pytest.mark.proves("credential.tls", "behaviour.env.N8N_3CX_CA_FILE", "simulator.own-ca")
async def test_an_own_authority_is_trusted_when_it_is_named(start: Start, link: Link) -> None:
    sim = await start(tls=True)
    pbx = await link(sim, ca_file=str(sim.ca_file))
    _, call = await pbx.answered()
    await pbx.session.drop_own(call)
    assert await pbx.session.xapi.version() == pbx.sim.profile.version


async def test_an_own_authority_is_trusted_beside_those_of_the_system(
    start: Start, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_to_the_system, named = await start(tls=True), await start(tls=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(known_to_the_system.ca_file))
    for sim in (known_to_the_system, named):
        pbx = await link(sim, ca_file=str(named.ca_file))
        assert await pbx.session.xapi.version() == pbx.sim.profile.version


@pytest.mark.proves("trouble.tls")
async def test_a_certificate_of_an_unknown_authority_is_refused_with_the_reason(
    start: Start, link: Link
) -> None:
    with pytest.raises(TlsFailed, match="could not be verified") as wrong:
        await link(await start(tls=True))
    assert "N8N_3CX_CA_FILE" in wrong.value.hint


@pytest.mark.proves("credential.tls")
async def test_a_certificate_is_not_looked_at_when_asked_so(start: Start, link: Link) -> None:
    pbx = await link(await start(tls=True), verify_tls=False)
    _, call = await pbx.answered()
    await pbx.session.drop_own(call)


async def test_http_where_the_pbx_speaks_https_and_the_other_way_round(start: Start, link: Link) -> None:
    plain = await start()
    with pytest.raises(TlsFailed, match="does not speak HTTPS"):
        await link(plain, origin=plain.url.replace("http:", "https:"))


async def test_a_file_that_holds_no_certificate_is_named(start: Start, link: Link, tmp_path: Any) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(TlsFailed, match=r"ca\.pem"):
        await link(await start(tls=True), ca_file=str(wrong))


# addresses


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("pbx.example.com", "https://pbx.example.com"),
        (" https://pbx.example.com:5001/webclient/#/login ", "https://pbx.example.com:5001"),
        ("http://10.0.0.1", "http://10.0.0.1"),
        ("https://[::1]:5001", "https://[::1]:5001"),
    ],
)
def test_an_address_is_understood_however_it_was_typed(typed: str, origin: str) -> None:
    assert origin_of(typed) == origin


@pytest.mark.parametrize("typed", ["", "ftp://pbx.example.com", "https://pbx:port", "https://"])
def test_what_is_no_address_is_told_with_an_example(typed: str) -> None:
    with pytest.raises(BadParameter) as wrong:
        origin_of(typed)
    assert "https://pbx.example.com:5001" in wrong.value.hint


def test_a_secret_shows_nowhere_in_an_account() -> None:
    shown = repr(Account("https://pbx.example.com", "8001", SecretStr(CANARY)))
    assert CANARY not in shown
