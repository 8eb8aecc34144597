"""The credential's test: one sentence for each thing that can be wrong, with what to do about it."""

from typing import Any

import pytest

from tests.readings import ANSWERED

from .conftest import Office

pytestmark = [pytest.mark.proves("credential.test"), ANSWERED]


async def account(office: Office) -> dict[str, Any]:
    status, body = await office.ask("GET", "/v1/account")
    assert status == 200, body
    return dict(body)


@pytest.mark.proves("credential.pbx")
async def test_a_credential_that_works_shows_the_pbx_that_it_reached(office: Office) -> None:
    body = await account(office)
    assert (body["problem"], body["errorId"], body["hint"]) == (None, None, None)
    assert body["pbx"]["extension"] == "8001"
    assert body["pbx"]["version"] == office.sim.profile.version
    assert body["pbx"]["server"] == office.sim.url


@pytest.mark.parametrize(
    ("wrong", "error", "says", "remedy"),
    [
        ({"clientSecret": "wrong"}, "wrongCredentials", "Client Secret", "Integrations > API"),
        ({"clientId": "4711"}, "wrongCredentials", "Client ID", "Integrations > API"),
        ({"clientId": ""}, "badParameter", "Client ID", "Client ID"),
        ({"serverUrl": ""}, "badParameter", "Server URL", "https://pbx.example.com:5001"),
        ({"serverUrl": "http://127.0.0.1:9"}, "pbxUnreachable", "nothing listens", "5001"),
        ({"serverUrl": "http://pbx.invalid"}, "pbxUnreachable", "not known", "Server URL"),
        ({"extension": "101"}, "extensionIsUser", "belongs to a user", "8001"),
        ({"extension": "4711"}, "extensionUnknown", "4711", "8001"),
    ],
)
async def test_what_is_wrong_is_said_with_the_remedy(
    office: Office, wrong: dict[str, str], error: str, says: str, remedy: str
) -> None:
    office.credential = wrong
    body = await account(office)
    assert (body["errorId"], body["pbx"]) == (error, None)
    assert says in body["problem"]
    assert remedy in body["hint"]


@pytest.mark.proves("credential.guards")
@pytest.mark.parametrize(
    ("wrong", "says", "remedy"),
    [
        ({"callingHours": "9-17"}, "Calling Hours of the credential", "08:00-18:00"),
        ({"callingHours": "25:00-26:00"}, "Calling Hours '25:00-26:00' of the credential", "08:00-18:00"),
        (
            {"maxCallsPerHour": -1},
            "Max Calls per Hour of the credential must be at least 0.",
            "the credential 3CX Call Control API",
        ),
        (
            {"reserveCalls": "many"},
            "Reserve Calls of the credential must be a whole number.",
            "the credential 3CX Call Control API",
        ),
        ({"allowedDestinations": "+49*, ((("}, "Entry 2 of Allowed Destinations of the credential", "+49*"),
    ],
)
async def test_a_field_that_nothing_can_work_with_is_named_as_the_credential_shows_it(
    office: Office, wrong: dict[str, Any], says: str, remedy: str
) -> None:
    office.credential = wrong
    body = await account(office)
    assert (body["errorId"], body["pbx"]) == ("badParameter", None)
    assert says in body["problem"]
    assert remedy in body["hint"]
    assert "node" not in body["problem"] + body["hint"]


@pytest.mark.proves("credential.guards")
@pytest.mark.parametrize(
    "right",
    [
        {"callingHours": "22:00-24:00"},
        {"allowedDestinations": "+49*, 0049 30 (123) 4*, *"},
    ],
)
async def test_fields_that_work_pass_the_test(office: Office, right: dict[str, Any]) -> None:
    office.credential = right
    assert (await account(office))["problem"] is None


async def test_a_missing_licence_is_said(office: Office) -> None:
    office.sim.control.licence(False)
    body = await account(office)
    assert body["errorId"] == "licenceMissing"
    assert "Enterprise" in body["hint"]


@pytest.mark.proves("credential.wrong-secret")
async def test_a_wrong_secret_fails_although_a_session_with_the_right_one_lives(office: Office) -> None:
    await office.receive()
    office.call()
    item = await office.n8n.execution()
    right, office.secret = office.secret, "not-the-secret"
    assert (await account(office))["errorId"] == "wrongCredentials"
    status, body = await office.ask(
        "POST", "/v1/nodes/callControl/answerCall", json={"protocol": 1, "items": []}
    )
    assert (status, body["errorId"]) == (401, "wrongCredentials")
    office.secret = right
    assert (await office.run("answerCall", item["callId"]))["item"]["callId"] == item["callId"]
