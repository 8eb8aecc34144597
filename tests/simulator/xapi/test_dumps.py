"""Sets have the keys that a dump of a real 20.0.8.1121 shows (third-party evidence: only names and forms are kept here)."""

from typing import Any

import pytest

from .conftest import Start

pytestmark = pytest.mark.proves("simulator.section-12")
NUMBER = {"Number", "TranscriptionMode", "Id", "Name"}
CALL_US = {"CallUsRequirement", "CallUsEnablePhone", "CallUsEnableChat", "CallUsEnableVideo", "ClickToCallId"}
ROUTES = {"OutOfOfficeRoute", "BreakRoute", "HolidaysRoute"}
VOICEMAIL = {"VMEmailOptions", "VMEmailList", "ForwardNoAnswer", "GreetingFile", "IsRegistered"}
KEYS = {
    "Queues": NUMBER
    | CALL_US
    | ROUTES
    | VOICEMAIL
    | {
        "PollingStrategy",
        "RingTimeout",
        "MasterTimeout",
        "SLATime",
        "AnnounceQueuePosition",
        "AnnouncementInterval",
    }
    | {
        "WrapUpTime",
        "MaxCallersInQueue",
        "PriorityQueue",
        "EnableIntro",
        "IntroFile",
        "OnHoldFile",
        "PlayFullPrompt",
    }
    | {
        "PromptSet",
        "TypeOfChatOwnershipType",
        "Recording",
        "CallbackEnableTime",
        "CallbackPrefix",
        "NotifyCodes",
    }
    | {"ResetStatisticsScheduleEnabled", "AgentAvailabilityMode", "ResetQueueStatisticsSchedule"},
    "RingGroups": NUMBER | CALL_US | ROUTES | VOICEMAIL | {"RingStrategy", "RingTime"},
    "Groups": NUMBER
    | CALL_US
    | ROUTES
    | {"IsDefault", "HasMembers", "AnswerAfter", "AllowCallService", "CallHandlingMode", "CurrentGroupHours"}
    | {
        "PromptSet",
        "OverrideExpiresAt",
        "OverrideHolidays",
        "DisableCustomPrompt",
        "GloballyVisible",
        "Hours",
    }
    | {"BreakTime", "CustomOperator", "Props", "OfficeRoute"},
    "InboundRules": {"CustomData", "Data", "RuleName", "CallType", "Condition", "Id", "Hours"}
    | {"AlterDestinationDuringOutOfOfficeHours", "AlterDestinationDuringHolidays"}
    | {"OfficeHoursDestination", "OutOfOfficeHoursDestination", "HolidaysDestination"},
    "OutboundRules": {
        "Name",
        "Prefix",
        "Priority",
        "NumberLengthRanges",
        "GroupIds",
        "GroupNames",
        "Id",
        "Routes",
    }
    | {"DNRanges"},
}


@pytest.mark.parametrize("name", KEYS)
async def test_a_set_has_the_keys_that_a_real_pbx_sends(xapi: Start, name: str) -> None:
    rows = await (await xapi()).rows(name)
    assert rows
    assert all(row.keys() >= KEYS[name] for row in rows)


async def test_a_destination_without_a_number_names_neither_its_name_nor_its_type(xapi: Start) -> None:
    client = await xapi()
    nowhere = {"External": "", "To": "None", "Number": "", "Tags": []}
    (group,) = await client.rows("RingGroups")
    assert group["ForwardNoAnswer"] == nowhere
    assert group["BreakRoute"] == {
        "Prompt": "",
        "IsPromptEnabled": False,
        "Route": nowhere | {"To": "ProceedWithNoExceptions"},
    }
    rules: list[dict[str, Any]] = await client.rows("InboundRules")
    point = next(
        one["OfficeHoursDestination"] for one in rules if one["OfficeHoursDestination"]["To"] == "RoutePoint"
    )
    assert point == {
        "External": "",
        "To": "RoutePoint",
        "Number": "8001",
        "Name": "Workflows",
        "Type": "RoutePoint",
        "Tags": ["Principal"],
    }


async def test_an_outbound_rule_has_five_routes_and_those_without_a_trunk_say_so(xapi: Start) -> None:
    rules = await (await xapi()).rows("OutboundRules")
    assert all(len(rule["Routes"]) == 5 for rule in rules)
    used, *others = rules[-1]["Routes"]
    assert used["TrunkName"]
    assert {one["TrunkId"] for one in others} == {-1}
    assert all("TrunkName" not in one for one in others)


async def test_times_of_day_have_seven_digits_behind_their_seconds(xapi: Start) -> None:
    (group, *_) = await (await xapi()).rows("Groups")
    assert group["Hours"]["Periods"][0] == {
        "DayOfWeek": "Monday",
        "Start": "08:30:00.0000000",
        "Stop": "17:30:00.0000000",
    }
    assert group["OverrideExpiresAt"] == "0001-01-01T00:00:00-04:57"
