"""System: health with reasons, and the state of the office."""

from datetime import UTC, datetime

import pytest

from .conftest import Data


async def test_a_pbx_that_is_well_has_no_reasons(data: Data) -> None:
    (status,) = await data.run("getSystemStatus")

    assert (status["status"], status["reasons"], status["summary"]) == ("healthy", [], "All is well.")
    assert status["version"].startswith("20.")


@pytest.mark.proves("data.getSystemStatus")
async def test_every_trouble_is_told_to_a_person(data: Data) -> None:
    health = data.sim.office.health
    health.disk_usage = 91
    health.trunks_down.add("10001")
    health.stopped_services.add("3CXQueueManager")
    health.license_expires = datetime(2026, 3, 14, 16, tzinfo=UTC)
    health.recording_quota_reached = True

    (status,) = await data.run("getSystemStatus")

    assert status["status"] == "unhealthy"
    assert {one["code"] for one in status["reasons"]} == {
        "trunkDown",
        "serviceStopped",
        "licenceEnds",
        "diskFilling",
        "recordingQuotaReached",
    }
    assert "Trunk 10001 is down since 2026-03-02T15:00+00:00." in status["summary"]
    assert "The licence ends in 12 days." in status["summary"]
    assert status["stoppedServices"] == ["3CXQueueManager"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/Services", 404, "The services could not be read: this PBX does not offer them."),
        ("/Trunks", 404, "The trunks could not be read: this PBX does not offer them."),
        ("/Trunks", 403, "The trunks could not be read: 3CX does not let"),
        ("SystemHealthStatus", 500, "The health checks could not be read: The PBX failed (HTTP 500)"),
    ],
)
async def test_what_cannot_be_read_is_a_reason_and_the_rest_is_told(
    data: Data, path: str, status: int, said: str
) -> None:
    data.sim.office.health.disk_usage = 91
    data.sim.control.answer_next(status, count=9, path=path)

    (told,) = await data.run("getSystemStatus")

    assert told["diskPercent"] == 91
    assert {one["code"] for one in told["reasons"]} == {"diskFilling", "notRead"}
    assert said in told["summary"]


async def test_thresholds_are_the_authors(data: Data) -> None:
    data.sim.office.health.disk_usage = 91

    (status,) = await data.run("getSystemStatus", thresholds={"diskPercent": 95})

    assert status["status"] == "healthy"


async def test_the_office_is_open_on_a_monday_afternoon_until_half_past_five(data: Data) -> None:
    (office,) = await data.run("getOfficeState")

    assert (office["state"], office["isOpen"], office["timezone"]) == ("open", True, "Europe/Berlin")
    assert (office["nextChange"], office["nextState"]) == ("2026-03-02T17:30:00+01:00", "closed")


@pytest.mark.proves("data.getOfficeState")
async def test_a_holiday_of_the_pbx_closes_the_office(data: Data) -> None:
    (office,) = await data.run("getOfficeState", at="2026-05-01T10:00:00+02:00")

    assert (office["state"], office["holiday"]) == ("holiday", "Labour Day")
    assert office["nextChange"] == "2026-05-02T00:00:00+02:00"


async def test_the_forced_mode_of_a_department_wins(data: Data) -> None:
    data.login["allowDataChanges"] = True
    (group,) = await data.run("xapiRequest", path="Groups", limit=1)
    forced = '{"CurrentGroupHours": "ForceClosed"}'
    await data.run("xapiRequest", method="PATCH", path=f"Groups({group['Id']})", body=forced)

    (office,) = await data.run("getOfficeState", department=group["Number"])

    assert (office["state"], office["forced"], office["nextChange"]) == ("closed", True, None)


@pytest.mark.proves("data.getOfficeState")
async def test_a_forced_mode_ends_when_the_pbx_says(data: Data) -> None:
    data.login["allowDataChanges"] = True
    forced = '{"CurrentGroupHours": "ForceClosed", "OverrideExpiresAt": "2026-03-02T16:30:00+01:00"}'
    await data.run("xapiRequest", method="PATCH", path="Groups(28)", body=forced)

    (before,) = await data.run("getOfficeState", at="2026-03-02T16:00:00+01:00")
    (after,) = await data.run("getOfficeState", at="2026-03-02T16:30:00+01:00")

    assert (before["state"], before["nextChange"], before["nextState"]) == (
        "closed",
        "2026-03-02T16:30:00+01:00",
        "open",
    )
    assert (after["state"], after["forced"]) == ("open", False)


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
async def test_a_moment_that_nobody_means_is_refused(data: Data, at: str) -> None:
    error = await data.error("getOfficeState", at=at)

    assert error["errorId"] == "badParameter"
    assert "At lies in the year" in error["message"]


async def test_a_department_whose_time_zone_nobody_knows_is_named(data: Data) -> None:
    data.login["allowDataChanges"] = True
    odd = '{"TimeZoneId": "4711"}'
    await data.run("xapiRequest", method="PATCH", path="Groups(28)", body=odd)

    error = await data.error("getOfficeState")

    assert error["message"] == "The PBX does not tell the time zone of the department 'DEFAULT'."
    assert "Admin Console" in error["description"]


async def test_an_unknown_department_is_named(data: Data) -> None:
    assert (await data.error("getOfficeState", department="Moon"))["errorId"] == "recordUnknown"
