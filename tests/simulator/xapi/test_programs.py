"""Requests that programs in use send to a V20's configuration API, as they send them."""

import pytest

from .conftest import CALL_LOG, Start

pytestmark = pytest.mark.proves("simulator.section-12")


async def test_the_number_of_rows_is_told_alone(xapi: Start) -> None:
    client = await xapi()
    assert await client.ask("GET", "Users/$count") == (200, b"6")
    assert await client.ask("GET", "Users/$count?$filter=Number eq '101'") == (200, b"1")
    assert await client.ask("GET", "Recordings/$count?$filter=Id lt 0") == (200, b"0")
    queue = (await client.rows("Queues"))[0]
    agents = await client.rows(f"Queues({queue['Id']})/Agents")
    assert await client.ask("GET", f"Queues({queue['Id']})/Agents/$count") == (200, str(len(agents)).encode())


@pytest.mark.parametrize("path", ["Users(1)/$count", "SystemStatus/$count", "$count", "Users/$count/$count"])
async def test_what_is_no_collection_has_no_number_of_rows(xapi: Start, path: str) -> None:
    assert (await (await xapi()).ask("GET", path))[0] == 404


async def test_a_part_of_a_complex_value_is_selected(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows("Groups", select="Name,OfficeRoute/Prompt,HolidaysRoute/Route/To")
    assert rows[0] == {
        "Name": "DEFAULT",
        "OfficeRoute": {"Prompt": ""},
        "HolidaysRoute": {"Route": {"To": "None"}},
    }
    whole = await client.rows("Groups", select="OfficeRoute,OfficeRoute/Prompt")
    assert whole[0]["OfficeRoute"].keys() == {"IsPromptEnabled", "Prompt", "Route"}


async def test_a_download_is_json_for_whoever_accepts_nothing_else(xapi: Start) -> None:
    client = await xapi(history=50)
    path = (
        CALL_LOG.replace("GetCallLogData", "DownloadCallLog").removesuffix(")") + ",clientTimeZone='+01:00')"
    )
    status, sheet = await client.ask("GET", path)
    assert (status, sheet.count(b"\r\n")) == (200, 51)
    status, body = await client.ask("GET", path, headers={"Accept": "application/json"})
    assert (status, len(body["value"])) == (200, 50)


async def test_the_link_to_a_recording_may_carry_the_token(xapi: Start) -> None:
    client = await xapi()
    number = (await client.rows("Recordings", top=1))[0]["Id"]
    token, client.token = client.token, ""
    link = f"Recordings/Pbx.DownloadRecording(recId={number})"
    assert (await client.ask("GET", link, headers={"Authorization": ""}))[0] == 401
    async with client.session.get(f"{client.sim.url}/xapi/v1/{link}?access_token={token}") as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
    async with client.session.get(f"{client.sim.url}/xapi/v1/Users?access_token={token}") as answer:
        assert answer.status == 401


async def test_monitoring_scripts_find_what_they_look_for(xapi: Start) -> None:
    client = await xapi()
    assert (await client.get("Backups/Pbx.GetBackupSettings()"))["ScheduleEnabled"] is True
    assert (await client.get("CrmIntegration"))["Name"] == "CRM.NoneCrmSelected"
    assert (await client.get("ConsoleRestrictions"))["AccessRestricted"] is False
    assert (await client.get("LoggingSettings")).items() >= {"KeepLogs": True, "KeepLogsDays": 7}.items()
    assert (await client.get("Microsoft365TeamsIntegration"))["Enabled"] is False
    newest = (await client.rows("Backups", orderby="CreationTime desc"))[0]
    assert newest["CreationTime"] == (await client.get("SystemStatus"))["LastBackupDateTime"]
    assert newest["Size"] > 0


async def test_telemetry_goes_back_in_steps_of_two_minutes(xapi: Start) -> None:
    rows = await (await xapi()).rows("SystemStatus/Pbx.SystemTelemetry()", top=3)
    assert [row["Time"] for row in rows] == [
        "2026-03-02T15:00:00Z",
        "2026-03-02T14:58:00Z",
        "2026-03-02T14:56:00Z",
    ]
    assert all(0 < row["CpuUsage"] < 100 for row in rows)


async def test_the_pbx_lists_its_own_extensions(xapi: Start) -> None:
    rows = await (await xapi()).rows("SystemStatus/Pbx.SystemExtensions()")
    kinds = {row["Number"]: row["Type"] for row in rows}
    assert kinds.items() >= {"800": "Queue", "SP0": "Parking", "8001": "RoutePoint"}.items()
    assert "101" not in kinds


async def test_a_program_that_asks_for_newer_events_gets_each_once_and_in_order(xapi: Start) -> None:
    client = await xapi()
    last = (await client.rows("EventLogs", orderby="Id desc", top=1))[0]["Id"]
    seen = []
    for path, body in (
        ("Services/Pbx.Stop", ["3CXTunnel"]),
        ("Services/Pbx.Stop", ["3CXIVR"]),
        ("Services/Pbx.Start", ["3CXTunnel"]),
    ):
        assert (await client.ask("POST", path, json={"options": {"ServiceNames": body}}))[0] == 204
        fresh = await client.rows("EventLogs", filter=f"Id gt {last}", orderby="Id")
        seen += [(row["Type"], row["Params"], row["TimeGenerated"]) for row in fresh]
        last = fresh[-1]["Id"]
    assert seen == [
        ("Error", ["3CXTunnel"], "2026-03-02T15:00:00Z"),
        ("Error", ["3CXIVR"], "2026-03-02T15:00:00Z"),
        ("Info", ["3CXTunnel"], "2026-03-02T15:00:00Z"),
    ]


async def test_mail_addresses_are_written_in_plain_letters(xapi: Start) -> None:
    client = await xapi()
    made = await client.ask("POST", "Users", json={"FirstName": "Jürgen", "LastName": "Großmann-Lévy"})
    assert made[1]["EmailAddress"].partition("@")[0] == "juergen.grossmann-levy"


async def test_rows_that_have_a_quality_report_answer_with_it(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows(CALL_LOG, top=50)
    talked = next(row for row in rows if row.get("QualityReport"))
    silent = next(row for row in rows if not row.get("QualityReport"))
    ask = "ReportCallLogData/Pbx.GetCallQualityReport(cdrId='{}',srcNumber='',dstNumber='',srcCallerId='',dstCallerId='')"
    told = await client.get(ask.format(talked["CdrId"]))
    assert told["Party1"]["Number"] == talked["SourceCallerId"]
    assert 3 < told["MOS"] < 4.5
    for other in (silent["CdrId"], talked["CdrId"].replace("01d", "02d"), "nonsense"):
        assert (await client.ask("GET", ask.format(other)))[0] == 404


async def test_a_call_that_was_parked_is_told_with_and_without_its_park_leg(xapi: Start) -> None:
    client = await xapi(history=0)
    control, clock = client.sim.control, client.sim.clock
    call = control.call("+49301234567", "8001")
    await clock.advance(3)
    headers, own = (
        {"Authorization": f"Bearer {client.token}"},
        f"{client.sim.url}/callcontrol/8001/participants",
    )
    async with client.session.get(own, headers=headers) as answer:
        (leg,) = await answer.json()
    async with client.session.post(
        f"{own}/{leg['id']}/transferto", headers=headers, json={"destination": "SP0"}
    ) as answer:
        assert answer.status in {200, 202}
    await clock.advance(10)
    assert (await client.rows("ActiveCalls"))[0]["Callee"].partition(" ")[0] == "SP0"
    control.hang_up(call)
    hidden = await client.rows(CALL_LOG)
    shown = await client.rows(CALL_LOG.replace("hidePcalls=true", "hidePcalls=false"))
    assert [row["DestinationDn"] for row in hidden] == ["8001"]
    assert [row["DestinationDn"] for row in shown] == ["8001", "SP0"]
    assert hidden[0] == shown[0]


async def test_a_friendly_name_is_free_until_somebody_has_it(xapi: Start) -> None:
    client = await xapi(history=0)
    body = {"model": {"FriendlyName": "sam", "Pair": "101"}}
    assert (await client.ask("POST", "WebsiteLinks/Pbx.ValidateLink", json=body))[0] == 204
    sam = (await client.rows("Users", filter="Number eq '101'"))[0]["Id"]
    assert (await client.ask("PATCH", f"Users({sam})", json={"Id": sam, "ClickToCallId": "sam"}))[0] == 204
    status, told = await client.ask("POST", "WebsiteLinks/Pbx.ValidateLink", json=body)
    assert (status, told["error"]["details"][0]["target"]) == (400, "FriendlyName")


async def test_shared_parking_gets_the_next_place(xapi: Start) -> None:
    client = await xapi(history=0)
    places = {row["Number"] for row in await client.rows("Parkings")}
    status, made = await client.ask("POST", "Parkings", json={"Groups": [{"GroupId": 28}], "Id": 0})
    assert (status, made["Number"]) == (201, f"SP{len(places)}")


async def test_who_moves_to_another_department_has_it_as_the_primary_one(xapi: Start) -> None:
    client = await xapi(history=0)
    _, group = await client.ask("POST", "Groups", json={"Name": "Night shift"})
    sam = (await client.rows("Users", filter="Number eq '101'"))[0]
    body = {"Groups": [{"GroupId": group["Id"], "Rights": {"RoleName": "users"}}], "Id": sam["Id"]}
    assert (await client.ask("PATCH", f"Users({sam['Id']})", json=body))[0] == 204
    moved = await client.get(f"Users({sam['Id']})", select="PrimaryGroupId", expand="Groups")
    assert (moved["PrimaryGroupId"], [one["Name"] for one in moved["Groups"]]) == (
        group["Id"],
        ["Night shift"],
    )


async def test_backups_are_made_scheduled_and_purged(xapi: Start) -> None:
    client = await xapi(history=0)
    assert (await client.ask("POST", "Backups/Pbx.Backup", json={"description": {"Name": "mine.zip"}}))[
        0
    ] == 204
    assert (await client.rows("Backups", filter="FileName eq 'mine.zip'"))[0]["Size"] > 0
    settings = {"settings": {"ScheduleEnabled": False}}
    assert (await client.ask("POST", "Backups/Pbx.SetBackupSettings", json=settings))[0] == 204
    told = await client.get("Backups/Pbx.GetBackupSettings()")
    assert (told["ScheduleEnabled"], told["Rotation"]) == (False, 7)
    assert (await client.ask("POST", "Backups/Pbx.PurgeLocalBackups"))[0] == 204
    assert await client.rows("Backups") == []


async def test_a_purged_event_log_goes_on_counting(xapi: Start) -> None:
    client = await xapi(history=0)
    last = (await client.rows("EventLogs", top=1))[0]["Id"]
    assert (await client.ask("POST", "EventLogs/Pbx.PurgeEventLog"))[0] == 204
    assert await client.rows("EventLogs") == []
    body = {"options": {"ServiceNames": ["3CXIVR"]}}
    assert (await client.ask("POST", "Services/Pbx.Stop", json=body))[0] == 204
    assert [row["Id"] for row in await client.rows("EventLogs")] == [last + 1]


async def test_a_script_builds_the_provisioning_links_of_the_apps(xapi: Start) -> None:
    client = await xapi(history=0)
    (root,) = await client.rows("Parameters", search='"WEB_ROOT_EXT_SEC"')
    (folder,) = await client.rows("Parameters", search='"PROVISIONING_FOLDER"')
    path = "DNProperties/Pbx.GetPropertiesByDn(dnnumber='101')"
    (file,) = await client.rows(path, search='"PROVFILE"')
    link = f"{root['Value']}provisioning/{folder['Value']}/TcxProvFiles/{file['Value']}"
    assert link.startswith("https://")
    assert link.endswith(".xml")
    other = await client.rows(path.replace("101", "102"), search='"PROVFILE"')
    assert other[0]["Value"] != file["Value"]


async def test_a_script_copies_the_keys_of_one_telephone_to_another(xapi: Start) -> None:
    client = await xapi(history=0)
    ask = "DNProperties/Pbx.GetDNPropertyByName(dnNumber='{}',name='SHARED_BLFS')"
    theirs = await client.get(ask.format("102"))
    body = {
        "dnNumber": "102",
        "property": {"Id": theirs["Id"], "Name": "SHARED_BLFS", "Value": "<x/>", "Description": ""},
    }
    assert (await client.ask("POST", "DNProperties/Pbx.UpdateDNProperty", json=body))[0] == 204
    assert (await client.get(ask.format("102")))["Value"] == "<x/>"
    assert (await client.get(ask.format("101")))["Value"] != "<x/>"


async def test_a_property_of_a_number_is_made_once_and_deleted_once(xapi: Start) -> None:
    client = await xapi(history=0)
    made = {"dnNumber": "800", "property": {"Name": "SITE", "Value": "1"}}
    gone = {"dnNumber": "800", "propertyName": "SITE"}
    assert (await client.ask("POST", "DNProperties/Pbx.CreateDNProperty", json=made))[0] == 204
    assert (await client.ask("POST", "DNProperties/Pbx.CreateDNProperty", json=made))[0] == 400
    rows = await client.rows("DNProperties/Pbx.GetPropertiesByDn(dnNumber='800')")
    assert [(row["Name"], row["Value"]) for row in rows] == [("SITE", "1")]
    assert (await client.ask("POST", "DNProperties/Pbx.DeleteDNProperty", json=gone))[0] == 204
    for path, body in (("DeleteDNProperty", gone), ("UpdateDNProperty", made)):
        assert (await client.ask("POST", f"DNProperties/Pbx.{path}", json=body))[0] == 404
    unknown = "DNProperties/Pbx.GetPropertiesByDn(dnNumber='7777')"
    assert await client.ask("GET", unknown) == (404, {"error": "DN not found"})


async def test_a_backup_is_made_listed_fetched_and_deleted(xapi: Start) -> None:
    client = await xapi(history=0)
    ask = {"description": {"Name": "CDRDump-2026-03-02.zip", "Contents": {"CallHistory": True}}}
    assert (await client.ask("POST", "Backups/Pbx.Backup", json=ask))[0] == 204
    status, again = await client.ask("POST", "Backups/Pbx.Backup", json=ask)
    assert (status, again["error"]["details"][0]["message"]) == (400, "WARNINGS.XAPI.DUPLICATE")
    (row,) = [
        one for one in await client.rows("Backups", top=50) if one["FileName"] == ask["description"]["Name"]
    ]
    async with client.session.get(client.sim.url + row["DownloadLink"]) as answer:
        whole = await answer.read()
        assert (answer.status, len(whole), whole[:2]) == (200, row["Size"], b"PK")
    async with client.session.get(client.sim.url + row["DownloadLink"].replace("CDRDump", "Other")) as answer:
        assert answer.status == 404
    assert (await client.ask("DELETE", f"Backups('{row['FileName']}')"))[0] == 204
    async with client.session.get(client.sim.url + row["DownloadLink"]) as answer:
        assert answer.status == 404


async def test_the_buttons_of_a_console_are_accepted(xapi: Start) -> None:
    client = await xapi(history=200)
    for path, body in {
        "SystemStatus/Pbx.RevokeRemoteAccess": {},
        "Firewall/Pbx.StartCheck": {},
        "RemoteArchivingSettings/Pbx.ArchiveRecordings": {},
        "PromptSets(1)/Pbx.SetActive": {},
        "Contacts/Pbx.DeleteContactsByType": {"contactSource": "3CX", "number": ""},
        "Recordings/Pbx.PurgeLocal": {},
    }.items():
        assert (await client.ask("POST", path, json=body))[0] == 204, path
    assert await client.rows("Contacts") == []
    assert await client.rows("Recordings", top=1) == []
    mail = {"email": "admin@example.com", "settings": {"MailServerType": "Tcx"}}
    assert (await client.ask("POST", "MailSettings/Pbx.TestEmail", json=mail))[1]["Success"] is True


async def test_prices_of_calls_are_kept_by_prefix(xapi: Start) -> None:
    client = await xapi(history=0)
    for rate in (0.1, 0.2):
        costs = {"costs": [{"CountryName": "Germany", "Prefix": "+49", "Rate": rate}]}
        assert (await client.ask("POST", "CallCostSettings/Pbx.UpdateCost", json=costs))[0] == 204
    assert [(row["Prefix"], row["Rate"]) for row in await client.rows("CallCostSettings")] == [("+49", 0.2)]


async def test_rules_are_purged_and_lead_only_over_trunks_that_are_there(xapi: Start) -> None:
    client = await xapi(history=0)
    trunk = (await client.rows("Trunks"))[0]["Id"]
    rule = {"Name": "Abroad", "Prefix": "00", "Routes": [{"TrunkId": trunk}, {"TrunkId": -1}]}
    status, made = await client.ask("POST", "OutboundRules", json=rule)
    assert status == 201
    status, refused = await client.ask("POST", "OutboundRules", json={**rule, "Routes": [{"TrunkId": 4711}]})
    assert (status, refused["error"]["message"]) == (400, "TrunkId:\nWARNINGS.XAPI.NOT_FOUND")
    purge = {"purgeObject": {"Ids": [made["Id"], 4711]}}
    assert (await client.ask("POST", "OutboundRules/Pbx.Purge", json=purge))[0] == 204
    assert (await client.ask("GET", f"OutboundRules({made['Id']})"))[0] == 404


async def test_a_trunk_is_made_from_the_template_of_a_provider(xapi: Start) -> None:
    client = await xapi(history=0)
    (template,) = await client.rows("TrunkTemplates", filter="Name eq 'Generic VoIP Provider'")
    draft = await client.get(f"Trunks/Pbx.InitTrunk(template='{template['Id']}')")
    draft.pop("@odata.context")
    status, made = await client.ask("POST", "Trunks", json={**draft, "ExternalNumber": "+49301"})
    assert (status, made["Number"], made["ExternalNumber"]) == (201, draft["Number"], "+49301")


async def test_an_importer_finds_the_template_of_a_telephone_by_its_model(xapi: Start) -> None:
    client = await xapi(history=0)
    rows = await client.rows("PhoneTemplates", filter="Models/any(one:one/Name eq 'Yealink T42U')")
    assert [row["Id"] for row in rows] == ["yealinkT4x.ph.xml"]
