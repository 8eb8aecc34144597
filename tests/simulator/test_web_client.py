"""A session of the web client in the name of an extension, as 3CX's own XAPI tests open one."""

from typing import Any

import pytest

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
