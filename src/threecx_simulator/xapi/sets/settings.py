"""Singletons that tell how the PBX is set up. Pages that nobody has touched are in `factory`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from threecx_simulator.company import Company
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.sets.factory import factory
from threecx_simulator.xapi.sets.schedule import office_hours
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
_CDR_FIELDS = [
    "historyid",
    "callid",
    "duration",
    "time-start",
    "time-answered",
    "time-end",
    "reason-terminated",
    "from-no",
    "to-no",
    "from-dn",
    "to-dn",
    "dial-no",
    "reason-changed",
    "final-number",
    "final-dn",
    "bill-code",
    "bill-rate",
    "bill-cost",
    "bill-name",
    "chain",
    "from-type",
    "to-type",
    "final-type",
    "from-dispname",
    "to-dispname",
    "final-dispname",
    "missed-queue-calls",
]  # D (3CX's page on CDR), in its order
_ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "Europe/Madrid",
    "America/New_York",
    "Asia/Taipei",
    "UTC",
)


def singleton(name: str, pbx: Pbx, company: Company, health: Health) -> Row:
    """The row behind a singleton before any PATCH."""
    made: dict[str, Callable[[], Row]] = {
        "Defs": _defs,
        "OfficeHours": lambda: office_hours(company, pbx.now.year),
        "CDRSettings": _cdr_settings,
        "LicenseStatus": lambda: _licence_status(pbx, company, health),
        "CallParkingSettings": lambda: _parking(pbx),
        "ConferenceSettings": lambda: _conference(pbx),
        "DialCodeSettings": lambda: _dial_codes(pbx),
        "Firewall": lambda: {"Running": False, "Stopping": False},
    }
    return made[name]() if name in made else factory(pbx, company).get(name, {})


def _defs() -> Row:
    return {
        "Id": 0,
        "TimeZones": time_zones,
        "Codecs": list,
        "GatewayParameters": list,
        "GatewayParameterValues": list,
    }


def _parking(pbx: Pbx) -> Row:
    places = len(pbx.world.parkings)
    return {
        "MaximumParkedCalls": places,
        "AutoPickupEnabled": False,
        "AutoPickupTimeout": 60,
        "MusicOnHold": "onhold.wav",
    }


def _conference(pbx: Pbx) -> Row:
    return {"Id": 1, "Extension": pbx.world.conference, "EnablePin": False, "AutoCallParticipants": False}


def time_zones() -> list[Row]:
    """`/Defs/TimeZones`."""
    return [{"Id": name, "Name": name.replace("_", " "), "IanaName": name} for name in _ZONES]


def _cdr_settings() -> Row:
    return {
        "Enabled": False,
        "LogType": "SingleFileForAllCalls",
        "LogSize": 1000,
        "SocketIpAddress": "",
        "SocketPort": 33555,
        "RemoveCommaDelimiters": False,
        "PossibleFields": _CDR_FIELDS,
        "EnabledFields": [{"Name": name, "Length": 0} for name in _CDR_FIELDS[:12]],
    }


def _licence_status(pbx: Pbx, company: Company, health: Health) -> Row:
    expires = health.license_expires or datetime(2035, 1, 1, tzinfo=UTC)
    return {
        "Activated": True,
        "LicenseActive": pbx.licensed,
        "ProductCode": "3CXPSENT",
        "CompanyName": company.name,
        "CountryCode": company.country,
        "ExpirationDate": stamp(expires),
        "MaintenanceExpiresAt": stamp(expires),
        "MaxSimCalls": pbx.world.max_sim_calls,
        "Support": True,
        "Version": "20",
    }


def _dial_codes(pbx: Pbx) -> Row:
    return {
        "DialCodeVMail": pbx.world.voicemail_code,
        "DialCodePark": "*0",
        "DialCodeUnpark": "*1",
        "DialCodePickup": "*20*",
        "DialCodeIntercom": "*9",
        "DialCodeLoggedInQueue": "*62",
        "DialCodeLoggedOutQueue": "*63",
        "DialCodeHideCallerID": "*5",
        "DialCodeProfileStatus": "*3",
    }


def licence(pbx: Pbx, company: Company) -> Row:
    """`License`, as two functions of `Defs` tell it."""
    return {
        "ProductCode": "3CXPSENT",
        "MaxSimCalls": pbx.world.max_sim_calls,
        "IsEnterprise": True,
        "IsProfessional": True,
        "IsMaintainceExpired": False,
        "CountryCode": company.country,
    }


def system_parameters(pbx: Pbx, company: Company) -> Row:
    """`/Defs/Pbx.GetSystemParameters()`."""
    return {
        "FQDN": pbx.world.fqdn,
        "Version": pbx.profile.version,
        "ENL": 3,
        "HttpsPort": 5001,
        "HttpPort": 5000,
        "SipPort": 5060,
        "SipsPort": 5061,
        "TunnnelPort": 5090,
        "IsHosted": False,
        "Is3CXFQDN": False,
        "IsChatLogEnabled": True,
        "IsMulticompanyMode": False,
        "IsTranscriptionEnabled": True,
        "ProcessorCount": 2,
        "GlobalLanguage": company.language.upper(),
        "License": licence(pbx, company),
    }
