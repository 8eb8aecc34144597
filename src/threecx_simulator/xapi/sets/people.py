"""Users, their forwarding profiles, and departments (`Groups`)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from threecx_simulator.company import Company, Department
from threecx_simulator.company.mail import local_part
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.pbx.world import Extension
from threecx_simulator.xapi.ids import DnIds
from threecx_simulator.xapi.sets.routing import call_us, nowhere, route
from threecx_simulator.xapi.sets.schedule import holiday_rows, hours_of

Row = dict[str, Any]
PROFILES = ("Available", "Away", "Out of office", "Custom 1", "Custom 2")
_NEVER = "0001-01-01T00:00:00-04:57"  # (t) the year 1 in a time zone of that year, as .NET writes it
DEFAULT_GROUP = 28
"""The default department's `Id` on a fresh PBX (D); the others follow."""


def users(pbx: Pbx, company: Company, ids: DnIds) -> Iterator[Row]:
    """`/Users`."""
    for one in pbx.world.extensions:
        yield _user(pbx, company, ids, one)


def display_name(first: str, last: str) -> str:
    """As user lists show people: "Doe, Jane"."""
    return ", ".join(name for name in (last, first) if name)


def _user(pbx: Pbx, company: Company, ids: DnIds, one: Extension) -> Row:
    number, mail = ids.of(one.number), local_part(one.first_name, one.last_name)
    return {
        "Id": number,
        "Number": one.number,
        "FirstName": one.first_name,
        "LastName": one.last_name,
        "DisplayName": display_name(one.first_name, one.last_name),
        "EmailAddress": f"{mail}@{pbx.world.fqdn}" if mail else "",
        "Mobile": "",
        "Language": company.language.upper(),
        "IsRegistered": bool(one.devices) and pbx.behaviour(one.number).registered,
        "CurrentProfileName": pbx.presence.get(one.number, PROFILES[0]),
        "QueueStatus": pbx.queue_status.get(one.number, "LoggedIn"),
        "Enabled": True,
        "Internal": False,
        "RecordCalls": False,
        "VMEnabled": True,
        "SendEmailMissedCalls": True,
        "Require2FA": False,
        "OutboundCallerID": "",
        "PrimaryGroupId": _group_id(company, one.department),
        "Tags": [],
        "Groups": partial(_memberships, company, one, number, _role(pbx, one)),
        "ForwardingProfiles": partial(forwarding_profiles, pbx, one, number),
        "Greetings": list,
        "Phones": list,
        "ForwardingExceptions": list,
    }


def _group_id(company: Company, name: str) -> int:
    names = [one.name for one in company.departments]
    return DEFAULT_GROUP + (names.index(name) if name in names else 0)


def _role(pbx: Pbx, one: Extension) -> str:
    """Whoever has the first number set the PBX up."""
    return "system_owners" if one is pbx.world.extensions[0] else "users"


def _memberships(company: Company, one: Extension, number: int, role: str) -> list[Row]:
    group = _group_id(company, one.department)
    return [_membership(company.departments[group - DEFAULT_GROUP], group, one, number, role)]


def _membership(department: Department, group: int, one: Extension, number: int, role: str) -> Row:
    rights = {
        "RoleName": role,
        "CanSeeGroupMembers": True,
        "CanSeeGroupCalls": False,
        "PerformOperations": False,
    }
    return {
        "GroupId": group,
        "Number": one.number,
        "MemberName": display_name(one.first_name, one.last_name),
        "Name": department.name,
        "Type": "Extension",
        "CanDelete": True,
        "Id": number,
        "Rights": rights,
    }


def forwarding_profiles(pbx: Pbx, one: Extension, number: int) -> list[Row]:
    """`/Users({Id})/ForwardingProfiles`: five each."""
    voicemail = {"To": "VoiceMail", "Number": one.number, "Type": "Extension"}
    nowhere = {"To": "None"}
    after = pbx.behaviour(one.number).voicemail_after
    found = []
    for place, name in enumerate(PROFILES):
        row: Row = {
            "Id": number * 10 + place,
            "Name": name,
            "CustomName": "",
            "CustomMessage": "",
            "NoAnswerTimeout": int(after or 20),
            "RingMyMobile": False,
            "AcceptMultipleCalls": True,
            "BlockPushCalls": place == 1,
        }
        if place in {0, 3}:
            to = voicemail if after is not None else nowhere
            row["AvailableRoute"] = {
                "NoAnswerInternal": to,
                "NoAnswerExternal": to,
                "BusyInternal": to,
                "BusyExternal": to,
                "NotRegisteredInternal": to,
                "NotRegisteredExternal": to,
            }
        else:
            row["AwayRoute"] = {
                "Internal": voicemail,
                "External": voicemail,
                "AllHoursInternal": True,
                "AllHoursExternal": True,
            }
        found.append(row)
    return found


def groups(pbx: Pbx, company: Company, ids: DnIds, users_of: Callable[[str], list[Row]]) -> Iterator[Row]:
    """`/Groups`: the departments; `users_of` finds a group's members."""
    for place, one in enumerate(company.departments):
        yield {
            "Id": DEFAULT_GROUP + place,
            "Number": one.number,
            "Name": one.name,
            "IsDefault": place == 0,
            "HasMembers": bool(one.members) or (place == 0 and bool(pbx.world.parkings)),
            "Language": company.language.upper(),
            "TimeZoneId": company.time_zone,
            "CurrentGroupHours": "Default",
            "AllowCallService": True,
            "AnswerAfter": 0,
            "CallHandlingMode": [],
            "PromptSet": "",
            "DisableCustomPrompt": True,
            "GloballyVisible": True,
            "OverrideExpiresAt": _NEVER,
            "OverrideHolidays": False,
            "Hours": hours_of(company),
            "BreakTime": {"Type": "SpecificHoursExcludingHolidays", "IgnoreHolidays": False, "Periods": []},
            "CustomOperator": nowhere(),
            "Props": _limits(),
            **call_us("Both"),
            **{f"{when}Route": route() for when in ("Office", "OutOfOffice", "Break", "Holidays")},
            "Members": partial(_members, pbx, ids, place, partial(users_of, one.number)),
            "Rights": partial(_rights, company),
            "OfficeHolidays": partial(_no_own_holidays, company, pbx.now.year),
            "Groups": list,
        }


def _limits() -> Row:
    """What a department may have: as much as it likes."""
    things = (
        "LiveChat",
        "Dect",
        "Sbc",
        "PersonalContacts",
        "DepartmentContacts",
        "Prompts",
        "Trunks",
        "OutboundRules",
    )
    return {f"{thing}MaxCount": -1 for thing in things} | {
        "StartupLicense": "Pro",
        "SubcriptionExpireDate": "0001-01-01T00:00:00Z",
    }


def _no_own_holidays(company: Company, year: int) -> list[Row]:
    return list(holiday_rows(company, year))


def _members(pbx: Pbx, ids: DnIds, place: int, users_in: Callable[[], list[Row]]) -> list[Row]:
    """People, and in the default department the shared parking."""
    parkings = [
        {
            "GroupId": DEFAULT_GROUP,
            "Number": number,
            "MemberName": "Shared parking",
            "Type": "Parking",
            "CanDelete": True,
            "Id": ids.of(number),
        }
        for number in pbx.world.parkings
    ]
    return [*users_in(), *(parkings if place == 0 else [])]


def _rights(_company: Company) -> list[Row]:
    names = ("group_owners", "managers", "group_admins", "receptionists", "users")
    return [
        {"RoleName": name, "CanSeeGroupMembers": True, "CanSeeGroupCalls": name != "users"} for name in names
    ]
