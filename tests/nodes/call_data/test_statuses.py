"""What the PBX answers instead of data: one error each, which says what to do."""

from typing import Any

import pytest

from .conftest import Data

_CREATE = {"firstName": "Xanthippe", "phoneNumber": "+49301234567"}


@pytest.mark.proves(
    "errors.400",
    "errors.401",
    "errors.403",
    "errors.404",
    "errors.409",
    "errors.422",
    "errors.424",
    "errors.429",
    "errors.500",
    "errors.503",
)
@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (400, "badParameter", "did not accept the request to create a contact"),
        (401, "wrongCredentials", "does not accept this API client's log-in"),
        (403, "forbidden", "role System Admin is needed"),
        (404, "licenceMissing", "does not offer the XAPI to this API client"),
        (409, "badParameter", "did not accept"),
        (422, "badParameter", "did not accept"),
        (424, "dependencyFailed", "something that it depends on failed"),
        (429, "rateLimited", "how often it may be asked to create a contact"),
        (500, "pbxFailed", "HTTP 500"),
        (503, "pbxFailed", "HTTP 503"),
    ],
)
async def test_a_change_that_the_pbx_refuses_is_one_sentence_with_its_remedy(
    data: Data, status: int, error: str, says: str, *, html: bool
) -> None:
    data.sim.control.answer_next(status, 2, path="/xapi/v1/Contacts", method="POST", html=html)

    told = await data.error("createContact", tool=False, **_CREATE)

    assert (told["errorId"], told["hint"] != "") == (error, True)
    assert says in told["message"]
    assert "<" not in told["message"]
    sent = [one for one in data.sim.control.requests().asked if one.path.endswith("/Contacts")]
    assert len([one for one in sent if one.method == "POST"]) == (2 if status == 401 else 1)


@pytest.mark.proves("trouble.rate-limit", "errors.429")
async def test_a_read_that_is_limited_for_an_hour_tells_until_when(data: Data) -> None:
    data.sim.control.answer_next(429, 100, path="Recordings", retry_after=3600)

    told: dict[str, Any] = await data.error("getRecordings", tool=False, timeRange="today")

    assert told["errorId"] == "rateLimited"
    assert told["retryable"]
    assert "to read the recordings" in told["message"]
    assert "wait 3600 seconds" in told["message"]


@pytest.mark.proves("errors.429", "errors.503")
@pytest.mark.parametrize("status", [429, 503])
async def test_a_read_that_is_limited_for_a_moment_is_made_again(data: Data, status: int) -> None:
    data.sim.control.answer_next(status, 2, path="ReportCallLogData", retry_after=0)

    assert await data.run("getCallHistory", timeRange="today", returnAll=True)


async def test_a_web_page_in_place_of_data_is_called_so(data: Data) -> None:
    data.sim.control.answer_next(200, 10, path="Recordings", html=True)

    told = await data.error("getRecordings", tool=False, timeRange="today")

    assert told["errorId"] == "notA3cx"
    assert "Check Server URL" in told["hint"]


async def test_an_empty_answer_in_place_of_data_is_called_so(data: Data) -> None:
    data.sim.control.answer_next(200, 10, path="ReportCallLogData")

    told = await data.error("getCallHistory", tool=False, timeRange="today")

    assert told["errorId"] == "notA3cx"
    assert "an empty body" in told["message"]
