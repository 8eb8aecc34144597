"""What programs write is there afterwards, and calls heed it."""

from typing import Any

import pytest

from .conftest import Start

pytestmark = pytest.mark.proves("simulator.section-12")
NEW = "+4930555999"


async def test_skill_groups_of_agents_are_kept(xapi: Start) -> None:
    client = await xapi(history=0)
    queue = (await client.rows("Queues"))[0]["Id"]
    agents = [{"Number": "101", "SkillGroup": "2"}, {"Number": "102", "SkillGroup": "3"}]
    assert (await client.ask("PATCH", f"Queues({queue})", json={"Agents": agents}))[0] == 204
    rows = await client.rows(f"Queues({queue})/Agents")
    assert [(row["Number"], row["SkillGroup"]) for row in rows] == [("101", "2"), ("102", "3")]


async def test_the_keys_of_a_menu_do_what_was_written(xapi: Start) -> None:
    client = await xapi(history=0)
    menu = (await client.rows("Receptionists"))[0]["Id"]
    keys = [
        {"Input": "7", "ForwardType": "Extension", "ForwardDN": "101", "CustomData": "x"},
        {"Input": "8", "ForwardType": "VoiceMail", "ForwardDN": "102"},
        {"Input": "9", "ForwardType": "RepeatPrompt"},
    ]
    assert (await client.ask("PATCH", f"Receptionists({menu})", json={"Forwards": keys}))[0] == 204
    rows = await client.rows(f"Receptionists({menu})/Forwards")
    assert [{name: row.get(name) for name in keys[0]} for row in rows] == [
        {"ForwardDN": None, "CustomData": None} | one for one in keys
    ]
    assert [row["PeerType"] for row in rows] == ["Extension", "Extension", "None"]


async def _rung(client: Any, did: str) -> set[str]:
    """The extensions that a call to that number rings."""
    call = client.sim.control.call("+49301234567", did)
    await client.sim.clock.advance(1)
    rows = await client.rows("ActiveCalls")
    client.sim.control.hang_up(call)
    return {row["Callee"].partition(" ")[0] for row in rows}


async def test_calls_follow_an_inbound_rule_that_was_changed(xapi: Start) -> None:
    client = await xapi(history=0)
    (rule,) = await client.rows("InboundRules", filter="Data eq '+4930555101'")
    body = {"OfficeHoursDestination": {"To": "Extension", "Number": "104", "External": ""}}
    assert (await client.ask("PATCH", f"InboundRules({rule['Id']})", json=body))[0] == 204
    assert await _rung(client, "+4930555101") == {"104"}
    told = await client.rows("ReportInboundRules/Pbx.GetInboundRulesData()")
    assert [row["InOfficeRouting"]["Number"] for row in told if row["DID"] == "+4930555101"] == ["104"]


async def test_an_inbound_rule_for_a_new_number_brings_its_calls_in(xapi: Start) -> None:
    client = await xapi(history=0)
    trunk = (await client.rows("Trunks"))[0]
    rule = {
        "RuleName": "New",
        "Condition": "BasedOnDID",
        "Data": NEW,
        "TrunkDN": {"Id": trunk["Id"]},
        "OfficeHoursDestination": {"To": "Extension", "Number": "102"},
    }
    status, made = await client.ask("POST", "InboundRules", json=rule)
    assert (status, made["RuleName"], made["Data"]) == (201, "New", NEW)
    assert await _rung(client, NEW) == {"102"}
    (number,) = await client.rows("DidNumbers", filter=f"Number eq '{NEW}'", expand="RoutingRule")
    assert number["RoutingRule"]["Id"] == made["Id"]
    assert NEW in (await client.get(f"Trunks({trunk['Id']})"))["DidNumbers"]
    status, refused = await client.ask("POST", "InboundRules", json=rule)
    assert (status, refused["error"]["message"]) == (400, "Data:\nWARNINGS.XAPI.ALREADY_IN_USE")
    assert (await client.ask("DELETE", f"InboundRules({made['Id']})"))[0] == 204
    assert await client.rows("InboundRules", filter=f"Data eq '{NEW}'") == []


async def test_a_rule_keeps_its_id_when_numbers_of_its_trunk_go(xapi: Start) -> None:
    client = await xapi(history=0)
    before = {row["Data"]: row["Id"] for row in await client.rows("InboundRules")}
    trunk = (await client.rows("Trunks"))[0]
    body = {"DidNumbers": trunk["DidNumbers"][1:]}
    assert (await client.ask("PATCH", f"Trunks({trunk['Id']})", json=body))[0] == 204
    after = {row["Data"]: row["Id"] for row in await client.rows("InboundRules")}
    assert after == {did: number for did, number in before.items() if did != trunk["DidNumbers"][0]}


async def test_rules_of_other_conditions_are_kept_and_go(xapi: Start) -> None:
    client = await xapi(history=0)
    made = []
    for caller in ("+4930*", "+4940*"):
        rule = {"RuleName": caller, "Condition": "BasedOnCallerID", "Data": caller}
        status, row = await client.ask("POST", "InboundRules", json=rule)
        assert status == 201
        made.append(row["Id"])
    assert (await client.ask("DELETE", f"InboundRules({made[0]})"))[0] == 204
    rows = await client.rows("InboundRules", filter="Condition eq 'BasedOnCallerID'")
    assert [(row["Id"], row["Data"]) for row in rows] == [(made[1], "+4940*")]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_nothing_is_made_or_changed_of_nothing(xapi: Start, method: str) -> None:
    client = await xapi(history=0)
    before = await client.rows("Queues")
    path = "Queues" if method == "POST" else f"Queues({before[0]['Id']})"
    status, body = await client.ask(method, path, data=b"", headers={"Content-Type": "application/json"})
    assert (status, body["error"]["message"]) == (400, "The delta field is required.")
    assert await client.rows("Queues") == before


async def test_the_context_of_an_actions_answer_names_its_kind(xapi: Start) -> None:
    client = await xapi(history=0)
    own = (await client.rows("ServicePrincipals"))[-1]["Id"]
    _, told = await client.ask("POST", f"ServicePrincipals({own})/Pbx.GenerateAppToken", json={})
    assert told["@odata.context"].endswith("$metadata#Edm.String")
    _, told = await client.ask("POST", "Users/Pbx.BatchDelete", json={"ids": []})
    assert told["@odata.context"].endswith("$metadata#Collection(Pbx.UserDeleteError)")


async def test_a_script_copies_the_numbers_of_a_trunk_with_what_they_lead_to(xapi: Start) -> None:
    client = await xapi(history=0)
    source = (await client.rows("Trunks"))[0]
    _, target = await client.ask("POST", "Trunks", json={"Number": "10007", "ExternalNumber": "+4930777"})
    body = {"DidNumbers": source["DidNumbers"]}
    assert (await client.ask("PATCH", f"Trunks({target['Id']})", json=body))[0] == 204
    numbers = await client.rows(
        "DidNumbers",
        select="Number,TrunkId",
        expand="RoutingRule",
        filter=f"TrunkId eq {source['Id']} and Number eq '+4930555101'",
    )
    dn = numbers[0]["RoutingRule"]["OfficeHoursDestination"]["Number"]
    (peer,) = await client.rows("Peers", filter=f"Number eq '{dn}'", select="Type,Id,Number")
    _, told = await client.ask("POST", "Defs/Pbx.GetRoutes", json={"ids": [peer["Id"]]})
    (known,) = told["value"]
    assert [(one["DID"], one["TrunkId"]) for one in known["Routes"]] == [("+4930555101", source["Id"])]
    more = {"DID": "+4930555101", "TrunkId": target["Id"], "DisplayName": ""}
    routes = {"routes": {"Id": peer["Id"], "Routes": [*known["Routes"], more]}}
    assert (await client.ask("POST", "Trunks/Pbx.SetRoutes", json=routes))[0] == 204
    rules = await client.rows("InboundRules", filter="Data eq '+4930555101'", expand="TrunkDN")
    assert [(row["TrunkDN"]["Id"], row["OfficeHoursDestination"]["Number"]) for row in rules] == [
        (source["Id"], dn),
        (target["Id"], dn),
    ]
    assert len({row["Id"] for row in rules}) == 2
    routes["routes"]["Routes"] = [more]
    assert (await client.ask("POST", "Trunks/Pbx.SetRoutes", json=routes))[0] == 204
    rules = await client.rows("InboundRules", filter="Data eq '+4930555101'", expand="TrunkDN")
    assert [row["TrunkDN"]["Id"] for row in rules] == [target["Id"]]
