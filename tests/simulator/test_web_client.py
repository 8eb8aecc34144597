"""The web client's own API: sessions in the name of an extension, as 3CX's own XAPI tests open one, and logins of people."""

from typing import Any

import pytest

from threecx_simulator.pbx.world import DEFAULT_SECRET

pytestmark = pytest.mark.proves("simulator.section-12")
WISH = {"name": "AI", "version": "0.1", "isHuman": False, "impersonate": "101"}


async def session(app: Any, **wish: Any) -> tuple[int, Any]:
    status, body = await app.ask("POST", "/webclient/api/MyPhone/session", json=WISH | wish)
    return int(status), body


async def test_an_extension_is_impersonated_and_each_session_is_another(start: Any) -> None:
    app = await start()
    (first, one), (second, other) = await session(app), await session(app)
    assert (first, second) == (200, 200)
    assert one.keys() == {"sessionKey", "pass"}
    assert one["sessionKey"] != other["sessionKey"]


async def test_nobody_else_can_be_impersonated(start: Any) -> None:
    app = await start()
    assert (await session(app, impersonate="199"))[0] == 403
    assert (await session(app, impersonate="800"))[0] == 403


async def test_builds_before_update_8_know_nothing_of_it(start: Any) -> None:
    app = await start("v20_u7")
    assert (await session(app))[0] == 404


async def test_it_needs_a_token(start: Any) -> None:
    app = await start()
    app.token = "wrong"
    assert (await session(app))[0] == 401


async def log_in(app: Any, name: str, password: str = DEFAULT_SECRET) -> tuple[int, Any]:
    body = {"Username": name, "Password": password, "SecurityCode": ""}
    status, answer = await app.ask("POST", "/webclient/api/Login/GetAccessToken", json=body)
    return int(status), answer


async def test_a_person_logs_in_by_password_and_asks_as_its_role_may(start: Any) -> None:
    app = await start()
    status, told = await log_in(app, "100")
    assert (status, told["Status"], told["Token"]["expires_in"]) == (200, "AuthSuccess", 60)
    api_token, app.token = app.token, told["Token"]["access_token"]
    assert (await app.get("/xapi/v1/Users"))[0] == 200
    assert (await app.get("/callcontrol"))[0] in {403, 404}
    assert (await app.ask("POST", "/webclient/api/MyPhone/session", json={"name": "x", "version": "1"}))[
        0
    ] == 200
    _, told = await log_in(app, "101")
    app.token = told["Token"]["access_token"]
    assert (await app.get("/xapi/v1/Users"))[0] == 403
    assert (await app.get("/xapi/v1/Defs"))[0] == 200
    app.token = api_token
    assert (await app.get("/callcontrol"))[0] == 200


@pytest.mark.parametrize(("name", "password"), [("100", "wrong"), ("8001", "simulator-secret"), ("", "")])
async def test_nobody_logs_in_with_a_wrong_password_or_number(start: Any, name: str, password: str) -> None:
    assert await log_in(await start(), name, password) == (
        401,
        {"Status": "AuthFailed", "Token": None, "TwoFactorAuth": None},
    )


async def test_a_mail_address_logs_in_too_and_a_new_role_counts_at_the_next_login(start: Any) -> None:
    app = await start()
    _, users = await app.get("/xapi/v1/Users?$filter=Number eq '101'&$expand=Groups")
    sam = users["value"][0]
    group = {"GroupId": sam["Groups"][0]["GroupId"], "Rights": {"RoleName": "system_admins"}}
    status, _ = await app.ask("PATCH", f"/xapi/v1/Users({sam['Id']})", json={"Groups": [group]})
    assert status == 204
    _, told = await log_in(app, sam["EmailAddress"])
    app.token = told["Token"]["access_token"]
    assert (await app.get("/xapi/v1/Users"))[0] == 200


async def test_a_persons_token_is_refreshed_once_by_field_or_cookie(start: Any) -> None:
    app = await start()
    _, told = await log_in(app, "100")
    fields = {
        "client_id": "Webclient",
        "grant_type": "refresh_token",
        "refresh_token": told["Token"]["refresh_token"],
    }
    async with app.session.post(f"{app.sim.url}/connect/token", data=fields) as answer:
        fresh = await answer.json()
        assert answer.status == 200
    async with app.session.post(f"{app.sim.url}/connect/token", data=fields) as answer:
        assert answer.status == 401
    headers = {"Cookie": f"RefreshTokenCookie={fresh['refresh_token']}"}
    async with app.session.post(f"{app.sim.url}/connect/token", headers=headers) as answer:
        app.token = (await answer.json())["access_token"]
    assert (await app.get("/xapi/v1/Users"))[0] == 200
