"""Functions other than reports: GET requests that compute something."""

from collections.abc import Iterable

from threecx_simulator.xapi.administration import first_free
from threecx_simulator.xapi.maintenance import MAINTENANCE, Function, Given
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.quality import quality_report
from threecx_simulator.xapi.sets import live, settings
from threecx_simulator.xapi.texts import stamp
from threecx_simulator.xapi.values import Row


def _digits(number: object) -> str:
    return "".join(char for char in str(number or "") if char.isdigit())


def _contacts_by_number(office: Office, _row: Row | None, given: Given) -> Iterable[Row]:
    """Contacts one of whose numbers ends like that one (G)."""
    wanted = _digits(given["number"])[-9:]
    fields = ("PhoneNumber", "Mobile2", "Home", "Business", "Business2", "Other")
    return [
        row
        for row in office.sets["Contacts"]
        if wanted and any(_digits(row.get(name)).endswith(wanted) for name in fields)
    ]


def _next_number(first: int) -> Function:
    return lambda office, _row, _given: {"Number": first_free(office.pbx, first)}


def _logs(office: Office, _row: Row | None, given: Given) -> Iterable[Row]:
    """`ActivityLog`: one line for each leg of the calls in that period, the newest first."""
    index = 0
    for call in office.archive.calls(given["startDate"], given["endDate"]):
        if given["call"] and str(call.number) != given["call"]:
            continue
        for one in call.segments:
            if given["extension"] and given["extension"] not in {one.source.dn, one.destination.dn}:
                continue
            index += 1
            words = f"Call {call.number}: {one.source.number} to {one.destination.dn} {one.status.lower()}. {one.reason}"
            yield {"Index": index, "TimeStamp": stamp(one.start), "Message": words}


def _duplicated(office: Office, row: Row | None, _given: Given) -> bool:
    mail = row.get("EmailAddress") if row else None
    return sum(1 for one in office.sets["Users"] if mail and one.get("EmailAddress") == mail) > 1


def _trunk_template(office: Office, _row: Row | None, given: Given) -> Row:
    return {
        "Number": first_free(office.pbx, 10_001),
        "ExternalNumber": "+10000000000",
        "SimultaneousCalls": 10,
        "Direction": "Both",
        "Gateway": {
            "Name": given["template"].removesuffix(".pv.xml"),
            "TemplateFilename": given["template"],
            "Type": "Provider",
        },
    }


def _none(_office: Office, _row: Row | None, _given: Given) -> Iterable[Row]:
    """A PBX on which nothing of the kind is going on."""
    return []


FUNCTIONS: dict[str, Function] = {
    "Contacts/Pbx.GetContactsByNumber": _contacts_by_number,
    "Users/Pbx.GetFirstAvailableExtensionNumber": _next_number(100),
    "Users/Pbx.GetFirstAvailableHotdeskingNumber": _next_number(100),
    "Queues/Pbx.GetFirstAvailableQueueNumber": _next_number(800),
    "RingGroups/Pbx.GetFirstAvailableRingGroupNumber": _next_number(800),
    "Receptionists/Pbx.GetFirstAvailableReceptionistNumber": _next_number(800),
    "Trunks/Pbx.GetFirstAvailableTrunkNumber": _next_number(10_001),
    "Fax/Pbx.InitFax": lambda office, _row, _given: {"Number": first_free(office.pbx, 888)},
    "Trunks/Pbx.InitTrunk": _trunk_template,
    "OutboundRules/Pbx.GetEmergencyOutboundRules": lambda office, _row, _given: [
        row for row in office.sets["OutboundRules"] if row.get("EmergencyRule")
    ],
    "Peers/Pbx.GetReportPeers": lambda office, _row, _given: office.sets["Peers"],
    "Users/Pbx.ExportExtensions": lambda office, _row, _given: office.sets["Users"],
    "EventLogs/Pbx.DownloadEventLogs": lambda office, _row, _given: office.sets["EventLogs"],
    "Users()/Pbx.HasDuplicatedEmail": _duplicated,
    "SystemStatus/Pbx.SystemHealthStatus": lambda office, _row, _given: live.health_status(office.health),
    "ConferenceSettings/Pbx.GetOnboardMeetings": _none,
    "ConferenceSettings/Pbx.GetMCURows": _none,
    "ConferenceSettings/Pbx.GetOnboardMcuData": _none,
    "Defs/Pbx.GetSystemParameters": lambda office, _row, _given: settings.system_parameters(
        office.pbx, office.company
    ),
    "Defs/Pbx.GetLicenseParameters": lambda office, _row, _given: settings.licence(
        office.pbx, office.company
    ),
    "Defs/Pbx.HasSystemOwner": lambda _office, _row, _given: True,
    "Recordings/Pbx.GetRecordingRepositorySettings": lambda _office, _row, _given: {
        "RecordingsQuota": 10,
        "RecordingUsedSpace": 1_073_741_824,
        "AutoDeleteRecordingEnabled": False,
        "IsRecordingArchiveEnabled": False,
    },
    "ActivityLog/Pbx.GetLogs": _logs,
    "ReportCallLogData/Pbx.GetCallQualityReport": quality_report,
} | MAINTENANCE
