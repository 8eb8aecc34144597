"""Actions about the machine, its settings and its stores, of the kind that a console's buttons are."""

from collections.abc import Callable, Mapping
from typing import Any

from threecx_simulator.xapi.archive import ALWAYS
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.recordings import recordings
from threecx_simulator.xapi.values import Row

Given = Mapping[str, Any]
Action = Callable[[Office, Row | None, Given], Any]
"""(office, the entity that the action is bound to, body) → the answer; None = 204."""


def done(_office: Office, _row: Row | None, _given: Given) -> None:
    """Accepted; what it does happens outside of this PBX (mails, telephones, statistics)."""


def _none(_office: Office, _row: Row | None, _given: Given) -> list[Row]:
    return []


def _create_property(office: Office, _row: Row | None, given: Given) -> None:
    office.properties.create(str(given.get("dnNumber") or ""), dict(given.get("property") or {}))


def _change_property(office: Office, _row: Row | None, given: Given) -> None:
    office.properties.change(str(given.get("dnNumber") or ""), dict(given.get("property") or {}))


def _delete_property(office: Office, _row: Row | None, given: Given) -> None:
    office.properties.delete(str(given.get("dnNumber") or ""), str(given.get("propertyName") or ""))


def _delete_contacts(office: Office, _row: Row | None, given: Given) -> None:
    """Every contact that came from there."""
    contacts = office.sets["Contacts"]
    for row in [row for row in contacts if row.get("ContactType") == given.get("contactSource")]:
        contacts.delete(row)


def _delete_crm_contacts(office: Office, row: Row | None, _given: Given) -> None:
    _delete_contacts(office, row, {"contactSource": "CRM"})


def _purge_rules(office: Office, _row: Row | None, given: Given) -> None:
    rules = office.sets["OutboundRules"]
    for wanted in (given.get("purgeObject") or {}).get("Ids") or ():
        row = rules.find("Id", wanted)
        if row is not None:
            rules.delete(row)


def _purge_recordings(office: Office, _row: Row | None, _given: Given) -> None:
    found = recordings(office.archive, office.company.language, *ALWAYS)
    office.archive.erased.update([int(row["Id"]) for row in found])


def _costs(office: Office, _row: Row | None, given: Given) -> None:
    """Prices of calls, one for each beginning of a number."""
    costs = office.sets["CallCostSettings"]
    for one in given.get("costs") or ():
        row = costs.find("Prefix", one.get("Prefix"))
        if row is None:
            costs.create({name: value for name, value in one.items() if name != "Id"})
        else:
            costs.change(row, one)


def _well(_office: Office, _row: Row | None, _given: Given) -> Row:
    return {"Success": True}


_ACCEPTED = (
    *("CustomPrompts/Pbx.MakeCallRecordCustomPrompt", "DataConnectorSettings/Pbx.Synchronize"),
    *("DeviceInfos()/Pbx.Provision", "FaxServerSettings/Pbx.CleanUpFax"),
    *("Firewall/Pbx.StartCheck", "Firewall/Pbx.StopCheck", "Firmwares()/Pbx.PushFirmwareForPhones"),
    *("Fxs()/Pbx.RegenerateWebCredentials", "Recordings/Pbx.PurgeArchive"),
    *("RemoteArchivingSettings/Pbx.ArchiveChats", "RemoteArchivingSettings/Pbx.ArchiveFaxes"),
    *("RemoteArchivingSettings/Pbx.ArchiveRecordings", "RemoteArchivingSettings/Pbx.ArchiveVoicemail"),
    *("Sbcs()/Pbx.PushConfig", "SipDevices()/Pbx.PushFirmware", "SyslogSettings/Pbx.TestConnection"),
    *("SystemStatus/Pbx.RequestHelp", "SystemStatus/Pbx.RevokeRemoteAccess"),
    *("Users/Pbx.MultiDeleteGreeting", "VoicemailSettings/Pbx.DeleteAllUserVoicemails"),
    "PromptSets()/Pbx.SetActive",
)

CHORES: dict[str, Action] = {
    **dict.fromkeys(_ACCEPTED, done),
    "CallCostSettings/Pbx.UpdateCost": _costs,
    "Contacts/Pbx.DeleteContactsByType": _delete_contacts,
    "CrmIntegration/Pbx.DeleteCrmContacts": _delete_crm_contacts,
    "DNProperties/Pbx.CreateDNProperty": _create_property,
    "DNProperties/Pbx.UpdateDNProperty": _change_property,
    "DNProperties/Pbx.DeleteDNProperty": _delete_property,
    "MailSettings/Pbx.TestEmail": _well,
    "OutboundRules/Pbx.Purge": _purge_rules,
    "Recordings/Pbx.PurgeLocal": _purge_recordings,
    "Users/Pbx.GetMultiEditGreetings": _none,
}
