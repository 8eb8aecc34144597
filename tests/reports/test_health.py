"""What a person reads about a PBX that is not well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from threecx_pbx.reports.health import Facts, Health, Limits, judged

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
UP, DOWN = {"Number": "10001", "IsOnline": True}, {"Number": "10002", "IsOnline": False}


def seen(*trunks: dict[str, Any], services: tuple[dict[str, Any], ...] = (), **status: Any) -> Facts:
    since = {"10002": NOW - timedelta(hours=2)}
    return Facts({"LicenseActive": True, **status}, {}, services, trunks or (UP,), since)


def in_days(days: int) -> str:
    return (NOW + timedelta(days=days, hours=1)).isoformat()


@pytest.mark.parametrize(
    ("facts", "health", "message"),
    [
        (seen(UP, DOWN), Health.DEGRADED, "Trunk 10002 is down since 2026-03-02T13:00+00:00."),
        (seen(DOWN), Health.UNHEALTHY, "Trunk 10002 is down since 2026-03-02T13:00+00:00."),
        (seen(ExpirationDate=in_days(12)), Health.DEGRADED, "The licence ends in 12 days."),
        (seen(ExpirationDate=in_days(1)), Health.DEGRADED, "The licence ends in 1 day."),
        (seen(ExpirationDate=in_days(-3)), Health.UNHEALTHY, "The licence ended on 2026-02-27."),
        (seen(LicenseActive=False), Health.UNHEALTHY, "The licence is not active."),
        (seen(DiskUsage=91), Health.DEGRADED, "The disk is 91 % full."),
        (seen(DiskUsage="91.5"), Health.DEGRADED, "The disk is 91 % full."),
        (seen(DiskUsage=99), Health.UNHEALTHY, "The disk is 99 % full."),
        (seen(RecordingQuotaReached=True), Health.DEGRADED, "The quota for recordings is reached."),
        (seen(CallsActive=15, MaxSimCalls=16), Health.DEGRADED, "15 of 16 simultaneous calls are in use."),
        (
            seen(services=({"Name": "q", "DisplayName": "Queue Manager", "Status": "Stopped"},)),
            Health.UNHEALTHY,
            "The service Queue Manager is not running (stopped).",
        ),
    ],
)
def test_each_trouble_has_its_sentence(facts: Facts, health: Health, message: str) -> None:
    found, reasons = judged(facts, Limits(), NOW)

    assert (found, [one.message for one in reasons]) == (health, [message])


def test_a_pbx_without_troubles_is_healthy() -> None:
    assert judged(seen(ExpirationDate=in_days(400), DiskUsage=50), Limits(), NOW) == (Health.HEALTHY, ())


def test_a_share_that_is_no_number_is_none() -> None:
    assert judged(seen(DiskUsage="inf", MaxSimCalls="many"), Limits(), NOW) == (Health.HEALTHY, ())


def test_the_worst_reason_comes_first() -> None:
    health, reasons = judged(seen(UP, DOWN, LicenseActive=False), Limits(), NOW)

    assert health is Health.UNHEALTHY
    assert [one.code for one in reasons] == ["licenceInactive", "trunkDown"]


def test_a_threshold_of_zero_leaves_its_matter_out() -> None:
    limits = Limits(licence_days=0, disk_percent=0, disk_full_percent=0)

    assert judged(seen(ExpirationDate=in_days(1), DiskUsage=100), limits, NOW)[0] is Health.HEALTHY


@pytest.mark.parametrize("last", [None, (NOW - timedelta(days=8)).isoformat()])
def test_an_old_backup_counts_when_it_is_asked_for(last: str | None) -> None:
    facts = seen(LastBackupDateTime=last)

    assert judged(facts, Limits(backup_days=7), NOW)[0] is Health.DEGRADED
    assert judged(facts, Limits(), NOW)[0] is Health.HEALTHY
