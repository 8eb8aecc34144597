"""Functions about the machine and its settings: backups, updates, load, prompts, telephones."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.sets import backups, factory, machine
from threecx_simulator.xapi.values import Row

Given = Mapping[str, Any]
Function = Callable[[Office, Row | None, Given], Any]
"""(office, the entity that the function is bound to, parameters) → rows, a row, or a plain value; None = 404."""


def _none(_office: Office, _row: Row | None, _given: Given) -> Iterable[Row]:
    return []


def _always(value: Any) -> Function:
    return lambda _office, _row, _given: value


def _no_updates(office: Office, _row: Row | None, _given: Given) -> Row:
    return machine.no_updates(backups.last_backup(office.health, office.now))


def _local_size(office: Office, _row: Row | None, _given: Given) -> int:
    return sum(int(row.get("Size") or 0) for row in office.sets["Backups"])


def _extras(_office: Office, row: Row | None, _given: Given) -> Row:
    assert row is not None
    return {"Version": "20", "IsEncrypted": False, "Footprint": int(row.get("Size") or 0) * 3}


def _parameter(office: Office, _row: Row | None, given: Given) -> Row | None:
    return office.sets["Parameters"].find("Name", given["name"])


def _active_prompts(office: Office, _row: Row | None, _given: Given) -> Row | None:
    return next(iter(office.sets["PromptSets"]), None)


def _filter(office: Office, _row: Row | None, _given: Given) -> Row:
    """Whom the activity log can be narrowed to; calls are named by the log itself."""
    numbers = [one.number for one in office.pbx.world.extensions]
    return {"Extensions": [{"Number": number, "CallIds": []} for number in numbers]}


def _restrictions(office: Office, _row: Row | None, _given: Given) -> Row:
    free = {"Allowed": 0, "Unlimited": True}
    world = office.pbx.world
    used = {"Users": len(world.extensions), "Trunks": len(world.trunks)}
    kinds = ("Users", "Trunks", "System", "LiveChats", "Sbcs", "Dects")
    return {"MaxPrompts": 10} | {kind: free | {"Used": used.get(kind, 0)} for kind in kinds}


def _secret(office: Office, row: Row | None, _given: Given) -> str:
    """A telephone's password, the same whenever it is asked for."""
    assert row is not None
    return hashlib.sha256(f"{office.company.seed} {row['Number']}".encode()).hexdigest()[:10]


def _provisioning(office: Office, row: Row | None, given: Given) -> str:
    return f"https://{office.pbx.world.fqdn}/provisioning/{_secret(office, row, given)}"


def _api_token(office: Office, _row: Row | None, _given: Given) -> str:
    """The key of the old web API that the console shows."""
    return hashlib.sha256(f"{office.company.seed} web api".encode()).hexdigest()[:32]


def _by_caller(office: Office, _row: Row | None, _given: Given) -> Iterable[Row]:
    return [row for row in office.sets["InboundRules"] if row.get("Condition") == "BasedOnCallerID"]


def _bridge(kind: str) -> Function:
    return lambda office, _row, _given: {
        "SimultaneousCalls": 10,
        "Direction": "Both",
        "Gateway": {"Name": "Bridge", "Type": kind, "Host": office.pbx.world.fqdn, "Port": 5060},
    }


def _registrar(office: Office, _row: Row | None, given: Given) -> Row | None:
    phones = (row.get("Registrar") or {} for row in office.sets["SipDevices"])
    return next((one for one in phones if one.get("MAC") == given["mac"]), None)


MAINTENANCE: dict[str, Function] = {
    "Backups/Pbx.GetBackupSettings": lambda _office, _row, _given: backups.backup_settings(),
    "Backups/Pbx.GetRestoreSettings": lambda _office, _row, _given: backups.restore_settings(),
    "Backups/Pbx.GetBackupFailoverSettings": lambda _office, _row, _given: backups.failover_settings(),
    "Backups/Pbx.GetBackupRepositorySettings": lambda _office, _row, _given: backups.repository_settings(),
    "Backups/Pbx.GetCanCreateBackup": _always(True),
    "Backups/Pbx.GetFailoverScripts": _none,
    "Backups/Pbx.GetLocalBackupSize": _local_size,
    "Backups()/Pbx.GetBackupExtras": _extras,
    "GetUpdates": _no_updates,
    "GetPromptSetUpdates": _no_updates,
    "GetServerCrmUpdates": _no_updates,
    "GetUpdatesStats": _always({"TcxUpdate": [], "PerPage": []}),
    "GetUpdateSettings": lambda _office, _row, _given: {
        "AutoUpdateEnabled": True,
        "Schedule": backups.backup_settings()["Schedule"],
    },
    "HasDebianUpgrade": _always(False),
    "SystemStatus/Pbx.SystemExtensions": lambda office, _row, _given: machine.system_extensions(office.pbx),
    "SystemStatus/Pbx.SystemTelemetry": lambda office, _row, _given: machine.system_telemetry(
        office.health, office.now
    ),
    "SystemStatus/Pbx.NetworkTelemetry": lambda office, _row, _given: machine.network_telemetry(office.now),
    "SystemStatus/Pbx.ServiceTelemetry": lambda office, _row, _given: machine.service_telemetry(office.now),
    "SystemStatus/Pbx.SystemDatabaseInformation": lambda office, _row, _given: machine.database(
        len(office.archive.history)
    ),
    "SystemStatus/Pbx.MyPhoneRequestIdTelemetry": _none,
    "SystemStatus/Pbx.APIToken": _api_token,
    "SystemStatus/Pbx.GetVersionType": _always({"Type": "Release"}),
    "SystemStatus/Pbx.IsRequestHelpEnabled": _always(
        {"CanCreateTicket": False, "CreateTicketStatus": "KeyHasNoSupportTickets", "FixUrl": ""}
    ),
    "ActivityLog/Pbx.GetFilter": _filter,
    "Parameters/Pbx.GetParameterByName": _parameter,
    "DNProperties/Pbx.GetPropertiesByDn": lambda office, _row, given: office.properties.of(given["dnNumber"]),
    "DNProperties/Pbx.GetDNPropertyByName": lambda office, _row, given: office.properties.find(
        given["dnNumber"], given["name"]
    ),
    "PromptSets/Pbx.GetActive": _active_prompts,
    "Firewall/Pbx.GetLastResult": lambda office, _row, _given: office.health.firewall_ok,
    "NetworkSettings/Pbx.GetIfaces": _always(["eth0"]),
    "Firmwares/Pbx.GetFirmwareState": _always({"Id": "", "Count": 0, "TotalSize": 0, "FileNames": []}),
    "FaxServerSettings/Pbx.GetFaxFilesSize": _always(0),
    "Contacts/Pbx.GetDirSearchSettings": _always(
        {"ExchangeServerUrl": "", "ExchangeUser": "", "ExchangeFolders": [], "ExchangeEmailAddresses": []}
    ),
    "CrmTemplates/Pbx.GeCrmtTemplates": _none,
    "ConferenceSettings/Pbx.GetWebMeetingZones": _always(["auto"]),
    "ConferenceSettings/Pbx.GetMCURequestStatus": _always({}),
    "CallFlowApps()/Pbx.GetFiles": _none,
    "CallHistoryView/Pbx.DownloadCallHistory": _none,
    "ChatHistoryView/Pbx.DownloadChatHistory": _none,
    "ChatMessagesHistoryView/Pbx.DownloadChatMessagesHistory": _none,
    "InboundRules/Pbx.ExportCallerIdRules": _by_caller,
    "LicenseStatus/Pbx.PartnerInfo": lambda _office, _row, given: {"Id": given["resellerId"], "Name": ""},
    "MyGroup/Pbx.GetRestrictions": _restrictions,
    "Groups()/Pbx.GetRestrictions": _restrictions,
    "Trunks/Pbx.InitMasterBridge": _bridge("BridgeMaster"),
    "Trunks/Pbx.InitSlaveBridge": _bridge("BridgeSlave"),
    "Users()/Pbx.GetPhoneSecret": _secret,
    "Users()/Pbx.GenerateProvLink": _provisioning,
    "Users/Pbx.GetPhoneRegistrar": _registrar,
    "VoicemailSettings/Pbx.GetTranscribeLanguages": lambda _office, _row, _given: factory.languages(),
    "VoicemailSettings/Pbx.GetConfiguredConverters": _always(
        {"ReleaseChannel": "Release", "ConfiguredServers": []}
    ),
    "VoicemailSettings/Pbx.GetConnectedConvertersData": _always(
        {"TranscriptionQueue": 0, "ConnectedServers": []}
    ),
    "VoicemailSettings/Pbx.GetConverterRequestStatus": _always({}),
}
