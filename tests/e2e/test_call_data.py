"""Every operation of Call Data once on a real n8n, by both ways to the runner: items, files, and what is said against bad input."""

import base64
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from lab.n8n_rest import Execution, Json
from lab.simulator import CLIENT_ID, CLIENT_SECRET, Simulator
from lab.stack import CREDENTIAL, Stack

from .places import said
from .workflows import chain, data, manual

_WEEK = {"timeRange": "custom", "startDate": "={{ $now.minus({ days: 7 }).toISO() }}"}
_LOW = "8003"
"""An API client with the role of a user."""
Ask = Callable[..., Execution]
Chain = list[Json]


@dataclass(frozen=True)
class Desk:
    """One n8n and the company's PBX."""

    stack: Stack
    company: Simulator
    transport: str

    def credential(self, **changes: Any) -> Json:
        """For the company, `changes` overrule. The task runner's has no Runner URL, so nothing can take that way."""
        way = {"transport": self.transport} | ({"runnerUrl": ""} if self.transport == "taskRunner" else {})
        login = self.stack.login(**(way | {"serverUrl": self.company.url} | changes))
        return self.stack.rest.add_credential("Company", CREDENTIAL, login)

    def run(self, credential: Json, *chains: Chain) -> Execution:
        """By hand: all chains begin at once; the execution when it has ended. A node may bring a credential of its own."""
        start = manual()
        nodes = [node for each in chains for node in each]
        for node in nodes:
            node.setdefault("credentials", {CREDENTIAL: credential})
        workflow = chain("Call Data", start)
        workflow["nodes"] = [start, *nodes]
        links = {"Start": {"main": [[_to(each[0]) for each in chains]]}}
        for each in chains:
            links |= chain("", *each)["connections"]
        workflow["connections"] = links
        saved = self.stack.rest.add_workflow(workflow)
        return self.stack.rest.ended(self.stack.rest.run(saved, "Start")["executionId"], within_s=120)

    def good(self, credential: Json, *chains: Chain) -> Execution:
        """The same, and it succeeds."""
        ended = self.run(credential, *chains)
        assert ended.status == "success", ended.error
        return ended

    def file(self, execution: Execution, node: str, item: int = 0, field: str = "data") -> bytes:
        """A binary field of an item, as the editor downloads it."""
        found = execution.ran[node][-1]["data"]["main"][0][item]["binary"][field]
        if "id" not in found:
            return base64.b64decode(found["data"])
        rest = self.stack.rest
        query = {"id": found["id"], "action": "download"}
        answer = rest.session.get(f"{rest.base}/rest/binary-data", params=query, timeout=30)
        answer.raise_for_status()
        return answer.content

    def xapi(self, path: str) -> requests.Response:
        """What the PBX itself answers."""
        login = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "grant_type": "client_credentials",
        }
        token = requests.post(f"{self.company.url}/connect/token", data=login, timeout=10).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return requests.get(f"{self.company.url}/xapi/v1/{path}", headers=headers, timeout=30)


@pytest.fixture
def desk(stack: Stack, company: Simulator, transport: str) -> Desk:
    stack.mend()
    return Desk(stack, company, transport)


def _to(node: Json) -> Json:
    return {"node": node["name"], "type": "main", "index": 0}


def _goes_on(node: Json, credential: Json | None = None) -> Json:
    """Its errors become items, so that one workflow can show many."""
    node["onError"] = "continueRegularOutput"
    if credential is not None:
        node["credentials"] = {CREDENTIAL: credential}
    return node


def _at(mode: str, value: str) -> Json:
    return {"__rl": True, "mode": mode, "value": value}


@pytest.mark.proves(
    "data.getActiveCalls",
    "data.getCallHistory",
    "data.getCallDetails",
    "data.getQueueStats",
    "data.getQueueAgents",
    "data.getSystemStatus",
    "data.getOfficeState",
    "data.getExtensions",
    "data.getExtensionStatus",
    "data.getRecordings",
    "data.getReport",
    "data.xapiRequest",
)
def test_every_reading_operation_gives_items(desk: Desk) -> None:
    query = {"filter": "Number eq '101'", "select": "Number,FirstName"}
    ran = desk.good(
        desk.credential(),
        [data("Active", "getActiveCalls", includeDetails=True)],
        [
            data("History", "getCallHistory", **_WEEK, limit=1),
            data("Details", "getCallDetails", callHistoryId="={{ $json.callHistoryId }}"),
        ],
        [data("Stats", "getQueueStats", resource="queue", queueId=_at("number", "800"))],
        [data("Agents", "getQueueAgents", resource="queue", queueId=_at("list", "800"))],
        [data("System", "getSystemStatus", resource="system")],
        [data("Office", "getOfficeState", resource="system")],
        [
            data("Extensions", "getExtensions", resource="extension", filters={"search": "Sam"}),
            data(
                "Presence",
                "getExtensionStatus",
                resource="extension",
                extension=_at("id", "={{ $json.id }}"),
            ),
        ],
        [data("Recordings", "getRecordings", resource="recording", **_WEEK, limit=3)],
        [data("Report", "getReport", resource="report", report="extensionStatistics", **_WEEK)],
        [data("Request", "xapiRequest", resource="report", path=_at("path", "Users"), query=query)],
    )

    (call,) = ran.items("History")
    assert ran.items("Details")[0]["segments"] == call["segments"]
    assert ran.items("Stats")[0]["queueName"] == "Support queue"
    assert {agent["number"] for agent in ran.items("Agents")} == {"102", "103"}
    assert ran.items("System")[0]["status"] == "healthy"
    assert ran.items("Office")[0]["timezone"] == "Europe/Berlin"
    assert [one["number"] for one in ran.items("Extensions")] == ["101"]
    assert (ran.items("Presence")[0]["number"], ran.items("Presence")[0]["onCall"]) == ("101", False)
    assert len(ran.items("Recordings")) == 3
    assert {row["report"] for row in ran.items("Report")} == {"extensionStatistics"}
    assert ran.items("Request") == [{"Number": "101", "FirstName": "Sam"}]


@pytest.mark.proves("data.getActiveCalls")
def test_a_call_that_is_up_is_among_the_active_ones(desk: Desk) -> None:
    desk.company.behave("101", answersAfter=0.2, hangsUpAfter=None)
    call = desk.company.call("+4930111020", "+4930555001")
    desk.company.reached(call, "connected 8001")

    ran = desk.good(desk.credential(), [data("Active", "getActiveCalls", includeDetails=True)])
    desk.company.reset()

    assert "+4930111020" in {one["callerNumber"] for one in ran.items("Active")}


@pytest.mark.proves(
    "data.getCallHistory.csv", "data.getCallHistory.includeRecordings", "data.downloadRecording"
)
def test_files_arrive_whole(desk: Desk) -> None:
    # files come by the Runner URL on both ways (docs/task-runner.md)
    ran = desk.good(
        desk.credential(runnerUrl=desk.stack.runner.url),
        [data("Calls", "getCallHistory", **_WEEK, returnAll=True, includeRecordings="links")],
        [data("Table", "getCallHistory", **_WEEK, returnAll=True, format="csv")],
        [data("Sounds", "getCallHistory", **_WEEK, returnAll=True, includeRecordings="binaries")],
        [
            data("Recordings", "getRecordings", resource="recording", **_WEEK, limit=2),
            data(
                "Sound",
                "downloadRecording",
                resource="recording",
                recording=_at("id", "={{ $json.recordingId }}"),
                outputField="sound",
            ),
        ],
    )

    calls = ran.items("Calls")
    table = csv.DictReader(io.StringIO(desk.file(ran, "Table").decode("utf-8-sig")))
    assert [row["callHistoryId"] for row in table] == [call["callHistoryId"] for call in calls]
    for at, recording in enumerate(ran.items("Sound")):
        assert desk.file(ran, "Sound", at, "sound") == _sound(desk, recording["recordingId"])
    recorded = [at for at, call in enumerate(ran.items("Sounds")) if call["recordings"]]
    assert len(recorded) > 1
    for at in recorded[:2]:
        wanted = _sound(desk, ran.items("Sounds")[at]["recordings"][0]["recordingId"])
        assert desk.file(ran, "Sounds", at, "recording") == wanted


def _sound(desk: Desk, recording: int) -> bytes:
    answer = desk.xapi(f"Recordings/Pbx.DownloadRecording(recId={recording})")
    assert answer.content[:4] == b"RIFF"
    return answer.content


@pytest.mark.proves(
    "data.createContact",
    "data.findContact",
    "data.blockCaller",
    "data.setAgentQueueStatus",
    "data.setExtensionStatus",
    "data.transcribeRecording",
    "data.xapiRequest",
    "credential.data-changes",
)
def test_every_writing_operation_changes_the_pbx(desk: Desk) -> None:
    name = f"Ada of {desk.transport}"
    line = "1" if desk.transport == "url" else "2"
    body = f'{{"FirstName": "By hand of {desk.transport}", "PhoneNumber": "+4930555777{line}"}}'
    post = {"method": "POST", "path": _at("path", "Contacts"), "body": body}
    ran = desk.good(
        desk.credential(allowDataChanges=True),
        [
            data(
                "New",
                "createContact",
                resource="contact",
                firstName=name,
                phoneNumber=f"(030) 555888{line}",
            ),
            data(
                "Found", "findContact", resource="contact", findBy="number", number=f"0049 30 555 888{line}"
            ),
        ],
        [data("Block", "blockCaller", resource="contact", number=f"+4930666{line}")],
        [
            data(
                "Out",
                "setAgentQueueStatus",
                resource="queue",
                extension=_at("number", "103"),
                status="loggedOut",
            ),
            data(
                "Away",
                "setExtensionStatus",
                resource="extension",
                extension=_at("number", "={{ $json.number }}"),
                profile="Away",
            ),
            data(
                "Back",
                "setAgentQueueStatus",
                resource="queue",
                extension=_at("number", "103"),
                status="loggedIn",
            ),
        ],
        [
            data(
                "Unread",
                "getRecordings",
                resource="recording",
                **_WEEK,
                filters={"transcribed": "no"},
                limit=1,
            ),
            data(
                "Read",
                "transcribeRecording",
                resource="recording",
                recording=_at("id", "={{ $json.recordingId }}"),
            ),
        ],
        [
            data("Shown", "xapiRequest", resource="report", **post, options={"dryRun": True}),
            data("Sent", "xapiRequest", resource="report", **post),
            data(
                "Gone",
                "xapiRequest",
                resource="report",
                method="DELETE",
                path=_at("path", "=Contacts({{ $json.Id }})"),
            ),
        ],
    )

    (new,), (found,) = ran.items("New"), ran.items("Found")
    assert (found["contactId"], found["name"], found["numbers"]) == (
        new["contactId"],
        name,
        [f"+4930555888{line}"],
    )
    assert ran.items("Block")[0]["number"] == f"+4930666{line}"
    assert ran.items("Out")[0]["queueStatus"] == "loggedOut"
    assert (ran.items("Away")[0]["profile"], ran.items("Away")[0]["queueStatus"]) == ("Away", "loggedOut")
    assert ran.items("Back")[0]["queueStatus"] == "loggedIn"
    assert ran.items("Read")[0]["transcription"]
    assert ran.items("Shown")[0]["body"]["PhoneNumber"] == f"+4930555777{line}"
    assert ran.items("Gone")[0]["success"] is True
    assert desk.xapi(f"Contacts({new['contactId']})").json()["FirstName"] == name
    assert desk.xapi(f"Contacts({ran.items('Sent')[0]['Id']})").status_code == 404


@pytest.mark.proves("credential.data-changes", "credential.reports-client", "errors.400", "errors.403")
def test_bad_input_is_told_in_one_sentence_for_each(desk: Desk) -> None:
    low = desk.credential(clientId=_LOW)
    helped = desk.credential(clientId=_LOW, reportsClientId=CLIENT_ID, reportsClientSecret=CLIENT_SECRET)
    turned = {"timeRange": "custom", "startDate": "2026-03-02", "endDate": "2026-03-01"}
    absurd = {"timeRange": "custom", "startDate": "the day before"}
    users = {"resource": "report", "path": _at("path", "Users")}
    write = {"resource": "report", "method": "POST", "path": _at("path", "Contacts"), "body": "{}"}
    mars = {"timeRange": "today", "options": {"timezone": "Mars/Olympus"}}
    asked = [
        _goes_on(data("Role", "getCallHistory", **_WEEK), low),
        _goes_on(data("Helped", "getCallHistory", **_WEEK, limit=1), helped),
        _goes_on(data("Turned", "getCallHistory", **turned)),
        _goes_on(data("Absurd", "getRecordings", **absurd, resource="recording")),
        _goes_on(data("Mars", "getCallHistory", **mars)),
        _goes_on(data("Queue", "getQueueStats", resource="queue", queueId=_at("number", "899"))),
        _goes_on(
            data("Injected", "getQueueAgents", resource="queue", queueId=_at("number", "8' or Number ne '"))
        ),
        _goes_on(data("Extension", "getExtensionStatus", resource="extension", extension=_at("id", "4711"))),
        _goes_on(
            data(
                "Recording",
                "downloadRecording",
                resource="recording",
                recording=_at("id", "1"),
                options={"timeout": 0},
            )
        ),
        _goes_on(data("Number", "blockCaller", resource="contact", number="everybody")),
        _goes_on(data("Nameless", "createContact", resource="contact", phoneNumber="+49305550123")),
        _goes_on(data("Filter", "xapiRequest", **users, query={"filter": "Number eq 'x"})),
        _goes_on(data("Path", "xapiRequest", resource="report", path=_at("path", "../connect/token"))),
        _goes_on(data("Write", "xapiRequest", **write)),
    ]

    ran = desk.good(desk.credential(), *([node] for node in asked))

    told = {node["name"]: _told(ran, node["name"]) for node in asked}
    assert "callHistoryId" in ran.items("Helped")[0], told["Helped"]
    assert "System Owner" in told["Role"]
    assert "Start Date (2026-03-02) is not before End Date (2026-03-01)" in told["Turned"]
    assert "Start Date is not a date" in told["Absurd"]
    assert "Mars/Olympus" in told["Mars"]
    assert "899" in told["Queue"]
    assert "8' or Number ne '" in told["Injected"]
    assert "4711" in told["Extension"]
    assert "no recording 1" in told["Recording"]
    assert "everybody" in told["Number"]
    assert "no name" in told["Nameless"]
    assert "position 11" in told["Filter"]
    assert "Path" in told["Path"]
    assert "only read" in told["Write"]


def _told(execution: Execution, node: str) -> str:
    return str((execution.items(node) or [{}])[0].get("error"))


@pytest.mark.proves("errors.403")
def test_a_role_too_low_fails_the_node_with_both_remedies(desk: Desk) -> None:
    ran = desk.run(desk.credential(clientId=_LOW), [data("Role", "getCallHistory", **_WEEK)])

    assert ran.status == "error"
    assert "System Owner" in said(ran, "Role")
    assert "Reports Client ID" in said(ran, "Role")
    assert CLIENT_SECRET not in str(ran)
