"""`/connect/token` and who may do what (api.md 1 and the first paragraph of 12)."""

from base64 import b64encode
from typing import Any

import jwt
import pytest

from threecx_simulator import ManualClock


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.proves("simulator.own-ca")
async def test_a_token_is_an_es256_jwt_whose_exp_is_an_hour_away(start: Any, tls: bool) -> None:
    app = await start(tls=tls)
    body = await app.log_in()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert jwt.get_unverified_header(body["access_token"])["alg"] == "ES256"
    assert (body["status"], body["token_type"], body["expires_in"], body["refresh_token"]) == (
        200,
        "Bearer",
        3600,
        None,
    )
    assert claims["exp"] - claims["iat"] == 3600


async def test_a_token_tells_whether_call_control_is_licensed(start: Any) -> None:
    """A published bridge takes a token whose `role` does not say `Enterprise` for the wrong licence, and stops."""

    async def roles(app: Any) -> list[str] | None:
        token = (await app.log_in())["access_token"]
        told: list[str] | None = jwt.decode(token, options={"verify_signature": False}).get("role")
        return told

    app = await start()
    assert "Enterprise" in (await roles(app) or [])
    app.sim.control.licence(on=False)
    assert "Enterprise" not in (await roles(app) or ["Enterprise"])
    assert await roles(await start(token_roles="missing")) is None


async def test_expires_in_is_told_in_minutes_when_the_build_is_old(start: Any) -> None:
    app = await start(expires_in_unit="minutes")
    assert (await app.log_in())["expires_in"] == 60


async def test_a_multipart_token_request_is_understood(start: Any) -> None:
    import aiohttp

    app = await start()
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in (
        ("client_id", "8001"),
        ("client_secret", "simulator-secret"),
        ("grant_type", "client_credentials"),
    ):
        form.add_field(name, value)
    async with app.session.post(f"{app.sim.url}/connect/token", data=form) as answer:
        assert answer.status == 200
        assert answer.request_info.headers["Content-Type"].startswith("multipart/form-data")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Basic " + b64encode(b"8001:simulator-secret").decode(), 200),
        ("Basic " + b64encode(b"8001:wrong").decode(), 401),
        ("Basic", 401),
        ("Basic ****", 401),
        ("Basic MTIz", 401),
        ("Bearer x", 401),
    ],
)
async def test_a_client_may_name_itself_by_basic_authentication(start: Any, header: str, status: int) -> None:
    app = await start()
    grant, headers = {"grant_type": "client_credentials"}, {"Authorization": header}
    async with app.session.post(f"{app.sim.url}/connect/token", data=grant, headers=headers) as answer:
        assert answer.status == status


async def test_a_wrong_secret_gets_the_documented_401_and_leaves_the_good_token_alone(start: Any) -> None:
    app = await start()
    refused = await app.log_in(secret="wrong")
    assert refused == {
        "status": 401,
        "error": "unauthorized",
        "error_description": "The request requires valid user authentication.",
    }
    assert (await app.get("/callcontrol"))[0] == 200


async def test_a_new_token_makes_the_former_one_worthless_for_that_client_only(start: Any) -> None:
    app = await start()
    other = await start(sim=app.sim, client="8002")
    former = app.headers
    await app.log_in()
    assert (await app.ask("GET", "/callcontrol", headers=former))[0] == 401
    assert (await app.get("/callcontrol"))[0] == 200
    assert (await other.get("/callcontrol"))[0] == 200


async def test_an_expired_token_gets_401(start: Any) -> None:
    clock = ManualClock()
    app = await start(clock=clock, token_life_s=60)
    await clock.advance(59)
    assert (await app.get("/callcontrol"))[0] == 200
    await clock.advance(1)
    assert (await app.get("/callcontrol"))[0] == 401


async def test_without_the_licence_call_control_is_not_found(start: Any) -> None:
    app = await start()
    app.sim.control.licence(False)
    assert (await app.get("/callcontrol"))[0] == 404
    app.sim.control.licence(True)
    assert (await app.get("/callcontrol"))[0] == 200


async def test_a_dn_that_is_not_ticked_is_forbidden(start: Any) -> None:
    app = await start()
    for dn in ("8002", "810", "10001", "4711"):
        assert (await app.get(f"/callcontrol/{dn}"))[0] == 403, dn
    app.sim.control.monitor("8001", "101", False)
    assert (await app.get("/callcontrol/101"))[0] == 403
    assert "101" not in [one["dn"] for one in (await app.get("/callcontrol"))[1]]


async def test_role_users_reads_defs_and_call_control_but_no_users(start: Any) -> None:
    app = await start(client="8003")
    assert (await app.get("/xapi/v1/Defs?$select=Id"))[0] == 200
    assert (await app.get("/xapi/v1/Users"))[0] == 403
    assert (await app.get("/callcontrol"))[0] == 200


async def test_defs_tells_the_version_in_a_header(start: Any) -> None:
    app = await start()
    async with app.session.get(f"{app.sim.url}/xapi/v1/Defs?$select=Id", headers=app.headers) as answer:
        assert answer.headers["X-3CX-Version"] == app.sim.profile.version
        assert (await answer.json())["Id"] == 0
