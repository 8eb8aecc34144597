"""Actions: POST requests that do something. Calls are made and dropped in `routes`, which has the switchboard."""

from threecx_simulator.xapi.chores import CHORES, Action, Given, done
from threecx_simulator.xapi.clients import new_key
from threecx_simulator.xapi.did_routes import DID_ROUTES
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.records import Missing, Refused
from threecx_simulator.xapi.sets import backups
from threecx_simulator.xapi.values import Row


def _delete(name: str, key: str = "Id") -> Action:
    """Delete the rows of a set that the body's `ids` name; unknown ones are passed over."""

    def act(office: Office, _row: Row | None, given: Given) -> None:
        for wanted in given.get("ids") or ():
            row = office.sets[name].find(key, wanted)
            if row is not None:
                office.sets[name].delete(row)

    return act


def _delete_users(office: Office, row: Row | None, given: Given) -> list[Row]:
    _delete("Users")(office, row, given)
    return []


def _delete_group(body: str, key: str) -> Action:
    def act(office: Office, _row: Row | None, given: Given) -> None:
        row = office.sets["Groups"].find(key, given.get(body))
        if row is None:
            raise Missing("Department not found")
        office.sets["Groups"].delete(row)

    return act


def _create_contact(office: Office, _row: Row | None, given: Given) -> Row:
    return office.sets["Contacts"].create(
        {**(given.get("contact") or {}), "PhoneNumber": given.get("number")}
    )


def _change_users(office: Office, _row: Row | None, given: Given) -> None:
    changes = {name: value for name, value in (given.get("user") or {}).items() if value is not None}
    for wanted in given.get("ids") or ():
        row = office.sets["Users"].find("Id", wanted)
        if row is not None:
            office.sets["Users"].change(row, changes)


def _transcribe(office: Office, _row: Row | None, given: Given) -> None:
    office.archive.transcribed.update(given.get("ids") or ())


def _erase(office: Office, _row: Row | None, given: Given) -> None:
    office.archive.erased.update(given.get("ids") or ())


def _service(stopped: bool) -> Action:
    def act(office: Office, _row: Row | None, given: Given) -> None:
        names = (given.get("options") or {}).get("ServiceNames") or ()
        if stopped:
            office.health.stopped_services.update(names)
        else:
            office.health.stopped_services.difference_update(names)
        office.journal.observe(office.health)

    return act


def _peers(office: Office, _row: Row | None, given: Given) -> list[Row]:
    wanted = set((given.get("peersRequest") or {}).get("DnNumbers") or ())
    return [row for row in office.sets["Peers"] if row["Number"] in wanted]


def _duplicates(office: Office, _row: Row | None, given: Given) -> list[str]:
    known = {row.get("EmailAddress") for row in office.sets["Users"]}
    return [mail for mail in given.get("emails") or () if mail in known]


def _move_rule(office: Office, _row: Row | None, given: Given) -> None:
    """A rule changes places with its neighbour; at either end nothing happens."""
    records = office.sets["OutboundRules"]
    rules = sorted(records, key=lambda row: row.get("Priority") or 0)
    at = next((place for place, row in enumerate(rules) if row["Id"] == given.get("id")), None)
    if at is None:
        raise Missing("Outbound rule not found")
    to = at - 1 if given.get("up") else at + 1
    if 0 <= to < len(rules):
        one, other = rules[at], rules[to]
        records.change(one, {"Priority": other.get("Priority")})
        records.change(other, {"Priority": one.get("Priority")})


def _validate_link(office: Office, _row: Row | None, given: Given) -> None:
    """Whether a friendly name for chat and meetings is free (D: 204 when it is)."""
    name = str((given.get("model") or {}).get("FriendlyName") or "")
    if not name:
        raise Refused("FriendlyName", "WARNINGS.XAPI.REQUIRED")
    links = (row.get("Link") for row in office.sets["WebsiteLinks"])
    people = (
        row.get(field)
        for row in office.sets["Users"]
        for field in ("ClickToCallId", "WebMeetingFriendlyName")
    )
    if name in links or name in people:
        raise Refused("FriendlyName", "WARNINGS.XAPI.ALREADY_IN_USE")


def _backup(office: Office, _row: Row | None, given: Given) -> None:
    """A backup is made at once."""
    name = str((given.get("description") or {}).get("Name") or f"Backup.{office.now:%Y%m%d%H%M%S}.zip")
    office.sets["Backups"].create(backups.backup(office.pbx.world.fqdn, name, office.now))


def _purge(name: str) -> Action:
    """Delete every row of a set."""

    def act(office: Office, _row: Row | None, _given: Given) -> None:
        for row in list(office.sets[name]):
            office.sets[name].delete(row)

    return act


def _purge_events(office: Office, _row: Row | None, _given: Given) -> None:
    office.journal.purge()


def _set(function: str) -> Action:
    """Lay the body's `settings` over what that function answers."""

    def act(office: Office, _row: Row | None, given: Given) -> None:
        office.adjusted.setdefault(function, {}).update(given.get("settings") or {})

    return act


def _registrars(office: Office, _row: Row | None, given: Given) -> list[Row]:
    wanted = set(given.get("macs") or ())
    phones = (row["Registrar"] for row in office.sets["SipDevices"] if row.get("Registrar"))
    return [one for one in phones if one["MAC"] in wanted]


def _generate_app_token(office: Office, row: Row | None, _given: Given) -> str:
    assert row is not None
    return new_key(office, row)


ACTIONS: dict[str, Action] = (
    {
        "Users/Pbx.BatchDelete": _delete_users,
        "Users/Pbx.BulkUpdate": _change_users,
        "Users/Pbx.MultiUserUpdate": _change_users,
        "Users/Pbx.GetDuplicatedEmails": _duplicates,
        "Users()/Pbx.SendWelcomeEmail": done,
        "Users()/Pbx.SetMonitorStatus": done,
        "Users/Pbx.RebootPhone": done,
        "Users/Pbx.ReprovisionPhone": done,
        "Users/Pbx.ReprovisionAllPhones": done,
        "Groups/Pbx.DeleteCompanyById": _delete_group("id", "Id"),
        "Groups/Pbx.DeleteCompanyByNumber": _delete_group("number", "Number"),
        "Contacts/Pbx.CreateContactByNumber": _create_contact,
        "Contacts/Pbx.DeleteContactsById": _delete("Contacts"),
        "BlackListNumbers/Pbx.BulkNumbersDelete": _delete("BlackListNumbers"),
        "Blocklist/Pbx.BulkIpsDelete": _delete("Blocklist"),
        "InboundRules/Pbx.BulkInboundRulesDelete": _delete("InboundRules"),
        "Fax/Pbx.BulkFaxDelete": _delete("Fax"),
        "WebsiteLinks/Pbx.BulkLinksDelete": _delete("WebsiteLinks", "Link"),
        "Queues()/Pbx.ResetQueueStatistics": done,
        "Recordings/Pbx.TranscribeRecordings": _transcribe,
        "Recordings/Pbx.BulkRecordingsDelete": _erase,
        "Recordings/Pbx.BulkRecordingsArchive": done,
        "ServicePrincipals()/Pbx.GenerateAppToken": _generate_app_token,
        "Services/Pbx.Start": _service(stopped=False),
        "Services/Pbx.Restart": _service(stopped=False),
        "Services/Pbx.Enable": _service(stopped=False),
        "Services/Pbx.Stop": _service(stopped=True),
        "Services/Pbx.Disable": _service(stopped=True),
        "Peers/Pbx.RetreivePeersByNumbers": _peers,
        "Trunks/Pbx.RefreshRegistration": done,
        "OutboundRules/Pbx.MoveUpDown": _move_rule,
        "Defs/Pbx.SendEmail": done,
        "Defs/Pbx.ReportLogEvent": done,
        "WebsiteLinks/Pbx.ValidateLink": _validate_link,
        "Backups/Pbx.Backup": _backup,
        "Backups()/Pbx.Restore": done,
        "Backups/Pbx.PurgeLocalBackups": _purge("Backups"),
        "Backups/Pbx.SetBackupSettings": _set("Backups/Pbx.GetBackupSettings"),
        "Backups/Pbx.SetRestoreSettings": _set("Backups/Pbx.GetRestoreSettings"),
        "Backups/Pbx.SetBackupFailoverSettings": _set("Backups/Pbx.GetBackupFailoverSettings"),
        "Backups/Pbx.SetBackupRepositorySettings": _set("Backups/Pbx.GetBackupRepositorySettings"),
        "Recordings/Pbx.SetRecordingRepositorySettings": _set(
            "Recordings/Pbx.GetRecordingRepositorySettings"
        ),
        "Recordings/Pbx.Archive": done,
        "EventLogs/Pbx.PurgeEventLog": _purge_events,
        "ActivityLog/Pbx.PurgeLogs": done,
        "LicenseStatus/Pbx.RefreshLicenseStatus": done,
        "Services/Pbx.GarbageCollect": done,
        "Services/Pbx.RestartOperatingSystem": done,
        "SystemStatus/Pbx.StartDBMaintenance": done,
        "Users()/Pbx.Regenerate": done,
        "Users()/Pbx.MakeCallUserRecordGreeting": done,
        "Users/Pbx.RegeneratePasswords": done,
        "Users/Pbx.InstallFirmware": done,
        "Users/Pbx.UpgradePhone": done,
        "Users/Pbx.GetPhoneRegistrars": _registrars,
    }
    | CHORES
    | DID_ROUTES
)
