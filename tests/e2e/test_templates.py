"""The templates around Call Data on a real n8n, whole: what they send to Slack, to HubSpot and by mail is what arrives there."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from lab.n8n_rest import Execution, Json
from lab.simulator import Simulator
from lab.stack import CREDENTIAL, TAKES_EFFECT_S, Stack, template
from lab.waiting import wait_for

from .third_parties import ThirdParties, third_parties
from .workflows import chain, data, manual

_SLACK, _SEARCH, _LOG = (
    "/api/chat.postMessage",
    "/crm/v3/objects/contacts/search",
    "/engagements/v1/engagements",
)


@pytest.fixture(scope="module")
def outside(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThirdParties]:
    """The session's n8n knows the world by our proxy, until the end of this file."""
    with third_parties(tmp_path_factory.mktemp("third_parties")) as there:
        before = stack.n8n.settings
        _restart(stack, {**before, **there.settings})
        yield there
        _restart(stack, before)


def _restart(stack: Stack, settings: Mapping[str, str]) -> None:
    stack.n8n.stop()
    stack.n8n.settings = settings
    stack.n8n.start()
    stack.rest.sign_in()


@dataclass(frozen=True)
class Imported:
    """Templates as somebody uses them: imported, credentials chosen, nothing else but what a test says."""

    stack: Stack
    credentials: dict[str, Json]
    """By the type of node."""

    def add(self, workflow: Json) -> Json:
        """Saved with its credentials."""
        for node in workflow["nodes"]:
            node["credentials"] = self.credentials.get(node["type"].split(".")[-1], {})
        return self.stack.rest.add_workflow(workflow)

    def run(self, workflow: Json) -> Execution:
        """By hand, from its first node to its end, which must be good."""
        begun = self.stack.rest.run(workflow, workflow["nodes"][0]["name"])["executionId"]
        ended = self.stack.rest.ended(begun, within_s=120)
        assert ended.status == "success", ended.error
        return ended


@pytest.fixture(scope="module")
def imported(stack: Stack, outside: ThirdParties, company: Simulator) -> Imported:
    """With credentials for everything that the templates use."""
    rest = stack.rest
    pbx = rest.add_credential("Company", CREDENTIAL, stack.login(serverUrl=company.url))
    slack = rest.add_credential("Slack", "slackApi", {"accessToken": "xoxb-of-slack", "signatureSecret": ""})
    hubspot = rest.add_credential("HubSpot", "hubspotAppToken", {"appToken": "token-of-hubspot"})
    mail = rest.add_credential("Mail", "smtp", outside.smtp)
    chosen = {
        "threeCxCallData": {CREDENTIAL: pbx},
        "slack": {"slackApi": slack},
        "hubspot": {"hubspotAppToken": hubspot},
        "emailSend": {"smtp": mail},
    }
    return Imported(stack, chosen)


@pytest.fixture(autouse=True)
def _afresh(outside: ThirdParties, company: Simulator) -> Iterator[None]:
    outside.forget()
    outside.answers = {_SLACK: lambda body: {"ok": True, "channel": body["channel"], "ts": "1"}}
    yield
    _health(company, diskUsage=21, trunksDown=[])


def _health(pbx: Simulator, **changes: Any) -> None:
    requests.patch(f"{pbx.control_url}/health", json=changes, timeout=10).raise_for_status()


def _node(workflow: Json, name: str) -> Json:
    return next(node for node in workflow["nodes"] if node["name"] == name)


def _every(seconds: int, workflow: Json) -> Json:
    """As it is, but nobody waits an hour."""
    schedule = workflow["nodes"][0]["parameters"]
    schedule["rule"] = {"interval": [{"field": "seconds", "secondsInterval": seconds}]}
    return workflow


@contextmanager
def _active(stack: Stack, workflow: Json) -> Iterator[None]:
    stack.rest.activate(workflow)
    try:
        yield
    finally:
        stack.rest.deactivate(workflow)


def _ended(stack: Stack, workflow: Json, count: int) -> list[str]:
    """Waits for so many executions that have ended; how, the newest first."""

    def look() -> list[str] | None:
        states = [row["status"] for row in stack.rest.executions(workflow)]
        over = [state for state in states if state not in ("new", "running", "waiting")]
        return over if len(over) >= count else None

    return wait_for(look, f"{count} executions of {workflow['name']}", within_s=TAKES_EFFECT_S, every_s=0.5)


@pytest.mark.proves("template.health_check")
def test_health_check_tells_slack_why_the_pbx_is_not_well(
    imported: Imported, outside: ThirdParties, company: Simulator
) -> None:
    workflow = imported.add(template("health_check"))
    imported.run(workflow)
    well = outside.bodies(_SLACK)
    _health(company, diskUsage=99, trunksDown=["10001"])

    imported.run(workflow)

    (told,) = outside.bodies(_SLACK)
    assert well == []
    assert told["channel"] == "#alerts"
    assert "unhealthy" in told["text"]
    assert "Trunk 10001 is down" in told["text"]
    assert "The disk is 99 % full." in told["text"]
    assert outside.arrived[0].authorization == "Bearer xoxb-of-slack"


@pytest.mark.proves("template.health_check")
def test_health_check_tells_slack_that_the_pbx_cannot_be_reached(
    stack: Stack, imported: Imported, outside: ThirdParties
) -> None:
    nowhere = stack.login(serverUrl="http://127.0.0.1:9")
    lost = stack.rest.add_credential("Nowhere", CREDENTIAL, nowhere)
    workflow = template("health_check")
    elsewhere = Imported(stack, {**imported.credentials, "threeCxCallData": {CREDENTIAL: lost}})

    elsewhere.run(elsewhere.add(workflow))

    (told,) = outside.bodies(_SLACK)
    assert "unreachable" in told["text"]
    assert "127.0.0.1:9" in told["text"]


@pytest.mark.proves("template.health_check")
def test_health_check_tells_a_trouble_once_and_its_end_once(
    stack: Stack, imported: Imported, outside: ThirdParties, company: Simulator
) -> None:
    workflow = imported.add(_every(3, template("health_check")))
    _health(company, trunksDown=["10001"])
    with _active(stack, workflow):
        _ended(stack, workflow, 3)
        _health(company, trunksDown=[])
        wait_for(lambda: len(outside.bodies(_SLACK)) > 1, "the all-clear", within_s=30)
        known = len(stack.rest.executions(workflow))
        _ended(stack, workflow, known + 2)

    first, second = (body["text"] for body in outside.bodies(_SLACK))
    assert "Trunk 10001 is down" in first
    assert "healthy* again" in second


@pytest.mark.proves("template.daily_call_report")
def test_daily_report_mails_the_queues_and_every_call_of_yesterday(
    imported: Imported, outside: ThirdParties
) -> None:
    wanted = {"timeRange": "yesterday", "returnAll": True}
    history = data("History", "getCallHistory", **wanted)
    queues = data("Queues", "getQueueStats", resource="queue", timeRange="yesterday")
    calls = imported.run(imported.add(chain("Calls", manual(), history))).items("History")
    stats = imported.run(imported.add(chain("Stats", manual(), queues))).items("Queues")

    imported.run(imported.add(template("daily_call_report")))

    (mail,) = outside.mails
    (file,) = mail.iter_attachments()
    table = file.get_payload(decode=True)
    assert isinstance(table, bytes)
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [row["callHistoryId"] for row in rows] == [call["callHistoryId"] for call in calls]
    assert str(file.get_filename()).startswith("calls-")
    html = mail.get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert f"<b>{len(calls)}</b>" in text
    assert [stat["queueName"] for stat in stats if stat["queueName"] not in text] == []
    assert mail["Subject"] == f"3CX: calls of {stats[0]['periodStart'][:10]}"


@pytest.fixture
def hubspot(outside: ThirdParties, imported: Imported) -> dict[str, str]:
    """HubSpot knows the number of one caller: that one's contact id, by number."""
    known: dict[str, str] = {}

    def search(body: Json) -> Json:
        values = {one["value"] for group in body["filterGroups"] for one in group["filters"]}
        found = [{"id": known[value], "properties": {}} for value in values if value in known]
        return {"total": len(found), "results": found}

    outside.answers |= {_SEARCH: search, _LOG: lambda _: {"engagement": {"id": 9}}}
    return known


@pytest.mark.proves("template.recording_to_crm")
def test_each_recording_becomes_a_call_in_hubspot_with_transcript_and_contact(
    imported: Imported, outside: ThirdParties, hubspot: dict[str, str]
) -> None:
    recordings = _recordings(imported)
    outsiders = [_outsider(one) for one in recordings]
    hubspot[outsiders[0]] = "51"

    imported.run(imported.add(_of_the_last_week()))

    logged = outside.bodies(_LOG)
    assert len(logged) == len(recordings) > 2
    for call, recording in zip(logged, reversed(recordings), strict=True):
        about = call["metadata"]
        assert (about["fromNumber"], about["toNumber"]) == (recording["fromNumber"], recording["toNumber"])
        assert str(recording["recordingId"]) in about["body"]
        assert recording["transcription"] in about["body"]
        assert "No transcript" not in about["body"]
        assert about["durationMilliseconds"] == pytest.approx(recording["seconds"] * 1000, abs=1)
        known = {"contactIds": ["51"]} if _outsider(recording) == outsiders[0] else {}
        assert call["associations"] == known
    assert {one.authorization for one in outside.arrived} == {"Bearer token-of-hubspot"}


@pytest.mark.proves("template.recording_to_crm")
def test_an_active_workflow_logs_each_recording_once_although_hubspot_was_away(
    stack: Stack, imported: Imported, outside: ThirdParties, hubspot: dict[str, str]
) -> None:
    taken: list[str] = []
    away = True

    def log(body: Json) -> Json | None:
        if away and len(taken) == 2:
            return None
        taken.append(body["metadata"]["body"])
        return {"engagement": {"id": len(taken)}}

    outside.answers[_LOG] = log
    recordings = _recordings(imported)
    workflow = _every(10, _of_the_last_week())
    _node(workflow, "Log the Call in HubSpot")["waitBetweenTries"] = 100
    saved = imported.add(workflow)
    with _active(stack, saved):
        assert _ended(stack, saved, 1) == ["error"]
        away = False
        known = len(stack.rest.executions(saved))
        ended = _ended(stack, saved, known + 2)

    assert ended[:2] == ["success", "success"]
    assert len(taken) == len(set(taken)) == len(recordings) > 2


def _recordings(imported: Imported) -> list[Json]:
    node = data("Recordings", **_node(_of_the_last_week(), "Recordings of the Last Day")["parameters"])
    return imported.run(imported.add(chain("Recordings", manual(), node))).items("Recordings")


_A_WEEK_AGO = "={{ $now.minus({ days: 7 }).toISO() }}"


def _of_the_last_week() -> Json:
    """A simulated company does not work on Sundays, and tests do."""
    workflow = template("recording_to_crm")
    _node(workflow, "Recordings of the Last Day")["parameters"]["startDate"] = _A_WEEK_AGO
    return workflow


def _outsider(recording: Json) -> str:
    side = "toNumber" if recording["kind"] == "OutboundExternal" else "fromNumber"
    return str(recording[side])
