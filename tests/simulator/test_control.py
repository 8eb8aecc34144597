"""The control API over HTTP, the command line and scenario files."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from typer.testing import CliRunner

import threecx_simulator
from threecx_simulator import Simulator, SystemClock, default_world
from threecx_simulator.audio.pcm import to_wav, tone
from threecx_simulator.cli import app
from threecx_simulator.control.faults import UnknownCall
from threecx_simulator.pbx.directory import Directory
from threecx_simulator.scenarios.load import BadScenario, load, loads
from threecx_simulator.scenarios.play import Player
from threecx_simulator.serving import Job, run


async def _post(session: aiohttp.ClientSession, url: str, **body: Any) -> tuple[int, Any]:
    async with session.post(url, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_call_placed_over_http_tells_its_timeline_when_it_has_ended() -> None:
    clock = SystemClock(20)
    async with (
        Simulator(clock=clock, control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
    ):
        base = sim.control_url
        async with session.patch(f"{base}/behaviours/101", json={"answersAfter": 1}) as answer:
            assert (await answer.json())["answersAfter"] == 1
        order = {
            "from": "+49301234567",
            "to": "+4930555101",
            "hangup_when": "connected 101",
            "hangup_delay": 2,
        }
        status, call = await _post(session, f"{base}/calls", **order)
        assert (status, call["state"]) == (201, "ringing")
        async with session.get(f"{base}/calls/{call['id']}/ended", params={"within": 10}) as answer:
            report = await answer.json()
        assert [(line["what"], line["seconds"]) for line in report["timeline"]] == [
            ("began", 0),
            ("ringing 101", 0),
            ("connected 101", 1),
            ("left +49301234567", 3),
            ("ended by caller", 3),
        ]
        assert (report["connectedTo"], report["state"], report["from"]) == ("101", "ended", "+49301234567")


@pytest.mark.proves("simulator.replay", "simulator.scenarios")
async def test_a_scenario_is_played_recorded_and_replayed_over_http() -> None:
    text = """
calls:
  - {caller: "+49", calls: "+4930555101", hangs_up_when: connected 101, expects: [{connected_to: "101"}]}
"""
    clock = SystemClock(50)
    async with (
        Simulator(clock=clock, control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
    ):
        await _post(session, f"{sim.control_url}/recording")
        async with session.post(f"{sim.control_url}/scenarios", data=text) as played:
            (verdict,) = await played.json()
        assert (played.status, verdict["met"], verdict["expected"]) == (200, True, "connected_to 101")
        async with session.get(f"{sim.control_url}/recording") as recorded:
            lines = await recorded.text()
        assert '"moment": "connected 101"' in lines
        async with session.post(f"{sim.control_url}/replay", data=lines) as replayed:
            assert replayed.status == 204
        async with session.post(f"{sim.control_url}/scenarios", data="calls: [{}]") as wrong:
            assert wrong.status == 422
            assert "line 1, calls.0.caller: is missing" in (await wrong.json())["detail"]


async def test_waiting_for_what_does_not_happen_ends_with_408_and_unknown_calls_with_404() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        call = sim.control.call("+49", "+4930555001")
        async with session.get(f"{sim.control_url}/calls/{call}/ended", params={"within": 0}) as late:
            assert late.status == 408
        async with session.get(f"{sim.control_url}/calls/nothing") as unknown:
            assert unknown.status == 404


@pytest.mark.proves("simulator.section-12")
def test_the_folder_alone_runs_as_a_program(tmp_path: Path) -> None:
    shutil.copytree(Path(threecx_simulator.__file__).parent, tmp_path / "threecx_simulator")
    program = "import sys, threecx_simulator.cli as c; sys.argv[0]='threecx-simulator'; c.main()"
    command = [
        sys.executable,
        "-c",
        program,
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--control",
        "127.0.0.1:0",
        "--json",
        "--tls",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "THREECX_SIMULATOR_SECRET": "other"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=tmp_path) as running:
        assert running.stdout is not None
        addresses = json.loads(running.stdout.readline())
        assert addresses["url"].startswith("https://127.0.0.1:")
        assert Path(addresses["caFile"]).read_text().startswith("-----BEGIN CERTIFICATE")
        running.terminate()
        assert running.wait(10) == 0
    assert not Path(addresses["caFile"]).exists()


@pytest.mark.parametrize(("asked", "said"), [([], ""), (["--listen", "0.0.0.0:0"], "Mind: http://0.0.0.0:")])
def test_it_listens_on_this_machine_only_unless_asked_and_then_says_so(asked: list[str], said: str) -> None:
    own = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json"]
    program = "import sys, threecx_simulator.cli as c; sys.argv[0]='threecx-simulator'; c.main()"
    command = [sys.executable, "-c", program, "serve", *own, *asked]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        addresses = json.loads(running.stdout.readline())
        running.terminate()
        _, warned = running.communicate(timeout=10)
    assert warned.startswith(said)
    assert bool(warned) is bool(said)
    assert addresses["url"].startswith("http://0.0.0.0:" if asked else "http://127.0.0.1:")


def test_the_addresses_that_it_listens_on_by_itself_are_loopback() -> None:
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    assert " ".join(shown.split()).count("[default: 127.0.0.1:") == 2


@pytest.mark.proves("simulator.scenarios")
async def test_a_scenario_is_played() -> None:
    text = """
people:
  101: {answers_after: 1, hangs_up_after: 2}
calls:
  - {caller: "+491701234567", calls: "+4930555101", at: 1, presses: [{at: 2, keys: "12"}]}
"""
    clock = SystemClock(50)
    async with Simulator(clock=clock) as sim, Player(sim.control, clock, [loads(text)]) as player:
        await player.done()
        report = await sim.control.ended(player.calls[0])
        assert report.ended_by == "101"
        assert "pressed 12" in report.moments


@pytest.mark.proves("simulator.scenarios")
async def test_faults_of_every_kind_happen_at_their_time_or_at_a_moment_of_a_call() -> None:
    text = """
calls:
  - {caller: "+491701234567", calls: "+4930555101", hangs_up_when: connected 101, hangs_up_delay: 3}
faults:
  - {when: ringing 101, what: new_party, number: "555", name: Eve}
  - {when: ringing 101, what: answers, status: 503, count: 2, retry_after: 7, path: /callcontrol}
  - {when: connected 101, what: untick, client: 8001, dn: 104}
  - {when: connected 101, what: tick, client: 8001, dn: 810}
  - {at: 0, what: register_anew, dn: 102}
  - {at: 0.5, what: call_limit, calls: 3}
  - {at: 0.5, what: cut_requests, path: /routeto}
  - {at: 0.5, what: cut_sockets, code: 1011}
  - {at: 0.5, what: half_open}
  - {at: 0.5, what: invalidate_tokens}
  - {at: 0.5, what: cut_streams}
  - {at: 0.5, what: licence_off}
  - {at: 1, what: licence_on}
  - {when: ended by caller, what: restart}
"""
    clock = SystemClock(50)
    async with Simulator(clock=clock) as sim:
        before = {device.device_id for device in sim.board.pbx.devices("102")}
        scenario = loads(text, directory=Directory.of(default_world()))
        async with Player(sim.control, clock, [scenario]) as player:
            await player.done()
        report = sim.control.report(player.calls[0])
        assert {"party is now 555", "connected 101", "ended by caller"} <= {*report.moments}
        (ill,) = sim.gate.ill
        assert (ill.status, ill.count, ill.retry_after, ill.path) == (503, 2, 7, "/callcontrol")
        seen = next(one for one in sim.control.clients() if one.id == "8001").monitors
        assert ("104" in seen, "810" in seen) == (False, True)
        assert not before & {device.device_id for device in sim.board.pbx.devices("102")}
        assert (sim.board.pbx.max_calls, sim.board.pbx.licensed) == (3, True)


def chain(length: int) -> str:
    """Lists that each hold the one before twice: few lines, 2 to the power of `length` texts."""
    return "".join(f"b{at}: &b{at} [*{f'b{at - 1}' if at else 'a'}, *a]\n" for at in range(length))


@pytest.mark.proves("simulator.scenarios")
@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "calls:\n  - caller: '1'\n    calls: '101'\n    atx: 1\n",
            "x.yaml, line 4, calls.0.atx: there is no such field",
        ),
        (
            "people:\n  101:\n    busy: maybe\n",
            "x.yaml, line 3, people.101.busy: should be true or false",
        ),
        ("calls:\n  - caller: '1'\n", "x.yaml, line 2, calls.0.calls: is missing"),
        (
            "calls:\n  - caller: '1'\n    calls: '101'\n    presses:\n      - keys: '1'\n",
            "x.yaml, line 5, calls.0.presses.0: exactly one of after, at must be given",
        ),
        ("calls: {}\n", "x.yaml, line 1, calls: should be a list"),
        (
            "faults:\n  - what: answers\n    at: 1\n",
            "x.yaml, line 2, faults.0: answers needs status",
        ),
        (
            "faults:\n  - {at: 1, what: restart, dn: '101'}\n",
            "x.yaml, line 2, faults.0: restart knows no dn",
        ),
        ("faults:\n  - what: restart\n", "x.yaml, line 2, faults.0: exactly one of at, when must be given"),
        (
            "faults:\n  - {when: ringing 9999, what: restart}\n",
            "x.yaml, line 2, faults.0.when: there is no number 9999 on this PBX",
        ),
        (
            "faults:\n  - {at: 1, what: untick, client: '101', dn: '101'}\n",
            "x.yaml, line 2, faults.0.client: there is no API client 101 on this PBX",
        ),
        (
            "people:\n  101:\n    says: tone:440:99999\n",
            "x.yaml, line 3, people.101.says: 'tone:440:99999' is not a tone that can be heard: up to 4000 hertz",
        ),
        (
            "people:\n  101:\n    says: tone:nan\n",
            "x.yaml, line 3, people.101.says: 'tone:nan' is not a tone",
        ),
        ("calls: [\n", "x.yaml, line 2: "),
        ("- 1\n", "x.yaml, line 1, the file: should be a mapping"),
        ("people:\n  101: 5\n", "x.yaml, line 2, people.101: should be a mapping"),
        ("people:\n  101:\n    says: no.wav\n", "x.yaml, line 3, people.101.says: There is no file no.wav"),
        (
            'name: x\ncalls: !!python/object/apply:os.system ["echo hi"]\n',
            "x.yaml, line 2: the tag tag:yaml.org,2002:python/object/apply:os.system is not understood",
        ),
        ("name: a\nfolder: '\x01'\n", "x.yaml, line 2: special characters are not allowed"),
        ("{" * 5000, "x.yaml: is nested too deeply"),
        (
            "people:\n  101:\n    says: 'text: '\n",
            "x.yaml, line 3, people.101.says: there are no words behind text:",
        ),
        ("# nothing\n", "x.yaml, line 1, the file: nothing happens in it"),
        ("people: [101]\n", "x.yaml, line 1, people: should be a mapping"),
        (
            "calls:\n  - {caller: '1', calls: '101', at: 5s}\n",
            "x.yaml, line 2, calls.0.at: '5s' is no number (seconds have no unit here)",
        ),
        (
            "calls:\n  - {caller: '1', calls: '101', steps: [{press: 12x}]}\n",
            "x.yaml, line 2, calls.0.steps.0.press: keys are 0-9, *, # and A-D",
        ),
        (
            "calls:\n  - {caller: '1', calls: '177'}\n",
            "x.yaml, line 2, calls.0.calls: there is no number 177 on this PBX",
        ),
        (
            "calls:\n  - {caller: '1', calls: ''}\n",
            "x.yaml, line 2, calls.0.calls: is empty",
        ),
        (
            "people: {101: {busy: true, answers_after: 3}}\n",
            "x.yaml, line 1, people.101: whoever is busy, not registered or does not exist never answers",
        ),
        (
            "calls:\n  - {caller: '1', calls: '101', expects: [{ended_by: caller, within: 2}]}\n",
            "x.yaml, line 2, calls.0.expects.0: ended_by knows no within",
        ),
        (
            "calls:\n  - {caller: '1', calls: '101', expects: [{connected_to: '101', share: 0.5}]}\n",
            "x.yaml, line 2, calls.0.expects.0: share is for hears",
        ),
        ("people:\n  9999: {}\n", "x.yaml, line 2, people.9999: there is no number 9999 on this PBX"),
        ("<<: {foo: 1}\npeople: {101: {}}\n", "x.yaml, line 1, foo: there is no such field"),
        (
            f"people:\n  101:\n    says: {'x' * 300}.wav\n",
            "x.yaml, line 3, people.101.says: There is no file xxx",
        ),
        ("people:\n  101:\n    says: .\n", "x.yaml, line 3, people.101.says: . is a folder"),
        ('people:\n  101:\n    says: "a\\nb"\n', r"x.yaml, line 3, people.101.says: There is no file a\nb"),
        (
            "people: {101: {answers_after: true}}\n",
            "x.yaml, line 1, people.101.answers_after: 'True' is no number",
        ),
        (
            "people: {101: {answers_after: '6'}}\n",
            "x.yaml, line 1, people.101.answers_after: '6' is text: numbers stand without quotes",
        ),
        ("people:\n\t101: {}\n", "x.yaml, line 2: found character '\\t' that cannot start any token (a tab;"),
        (
            "faults:\n  - {at: 1, what: answers, status: 503, method: post}\n",
            "x.yaml, line 2, faults.0.method: should be '', 'GET', 'POST'",
        ),
        (
            "faults:\n  - {at: 1, what: register_anew, dn: 800}\n",
            "x.yaml, line 2, faults.0.dn: 800 is no extension",
        ),
        (
            "calls:\n  - {caller: '1', calls: 101, hangs_up_delay: 1}\n",
            "x.yaml, line 2, calls.0: hangs_up_delay counts from hangs_up_when, which is missing",
        ),
        (
            "calls:\n  - {caller: '1', calls: 101, expects: [{connected_to: 101, after: ringing 177}]}\n",
            "x.yaml, line 2, calls.0.expects.0.after: there is no number 177 on this PBX",
        ),
        (
            "calls:\n  - {caller: '1', calls: 101, hangs_up_after: 2, presses: [{at: 3, keys: 1}]}\n",
            "x.yaml, line 2, calls.0.presses.0: never comes: the caller has hung up before",
        ),
        (
            "calls:\n  - {caller: '1', calls: 101, steps: [{hang_up: yes}, {press: 1}]}\n",
            "x.yaml, line 2, calls.0.steps.1: never comes: the caller has hung up before",
        ),
    ],
)
def test_a_bad_scenario_names_file_line_and_field(text: str, where: str) -> None:
    with pytest.raises(BadScenario) as wrong:
        loads(text, "x.yaml", directory=Directory.of(default_world()))
    assert str(wrong.value).startswith(where)
    assert len(str(wrong.value).splitlines()) == 1


@pytest.mark.proves("simulator.scenarios")
@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("name: x\nfolder: Grüße\n".encode("latin-1"), ", line 2: is not UTF-8 text"),
        (f"a: &a [x, x]\n{chain(40)}".encode(), ", line 1, a: there is no such field"),
    ],
)
def test_a_file_that_is_no_text_or_grows_without_bound_is_refused_at_once(
    tmp_path: Path, data: bytes, complaint: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(data)
    with pytest.raises(BadScenario) as wrong:
        load(file)
    assert str(wrong.value).startswith(f"{file}{complaint}")


async def test_a_wrong_number_may_be_called_by_whoever_expects_that() -> None:
    text = "calls: [{caller: '', calls: '177', expects: [{ended_by: unknown number}]}]"
    async with Simulator() as sim:
        scenario = loads(text, directory=Directory.of(sim.world))
        async with Player(sim.control, sim.clock, [scenario]) as player:
            (verdict,) = await player.done()
    assert verdict.met, verdict.why


@pytest.mark.proves("simulator.scenarios")
def test_every_mistake_of_a_scenario_is_named_at_once_in_the_order_of_its_lines() -> None:
    text = """
calls:
  - caller: +49301234567
    calls: 101
    hangs_up_when: conected 101
    steps:
      - {until: ringing 4444}
      - {say: "text:"}
      - {say: missing.wav}
    expects:
      - {ended_by: martian}
      - {connected_to: "4444"}
      - {moment: answered 101}
      - {connected_to: 101, within: soon}
"""
    with pytest.raises(BadScenario) as wrong:
        loads(text, "x.yaml", directory=Directory.of(default_world()))
    assert [line.split(",")[1] for line in str(wrong.value).splitlines()] == [
        f" line {number}" for number in (5, 7, 8, 9, 11, 12, 13, 14)
    ]


@pytest.mark.proves("simulator.scenarios")
def test_numbers_may_be_written_without_quotes_and_stay_as_written() -> None:
    text = """
people:
  +4930123: {answers_after: 1.5, forwards_to: 102}
calls:
  - {caller: +4930123, calls: 0301234, expects: [{connected_to: 102, within: 2}, {ended_by: no answer}]}
"""
    scenario = loads(text, directory=Directory.of(default_world()))
    (caller,) = scenario.calls
    assert (caller.caller, caller.calls, caller.expects[0].connected_to) == ("+4930123", "0301234", "102")
    assert scenario.people["+4930123"].answers_after == 1.5


async def test_only_an_ended_call_becomes_a_ghost() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        call = sim.control.call("+49301234567", "+4930555001")
        async with session.post(f"{sim.control_url}/calls/{call}/haunt") as answer:
            assert (answer.status, "has not ended" in await answer.text()) == (409, True)
        sim.control.hang_up(call)
        async with session.post(f"{sim.control_url}/calls/{call}/haunt") as answer:
            assert answer.status == 204


async def test_a_recording_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job([], tmp_path / "nowhere" / "x.jsonl", [], until_done=True, as_json=True)
    assert await run(Simulator(), job) == 1
    assert "Cannot write: " in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a disk that is full")
def test_a_full_disk_ends_the_recording_and_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("calls: [{caller: '+49', calls: '101', hangs_up_after: 0.1}]\n")
    done = _simulate("serve", "--scenario", str(file), "--until-done", "--record", "/dev/full")
    assert "The recording ends here: No space left on device" in done.stderr
    assert "ended by caller" in done.stdout
    assert "Traceback" not in done.stderr


def _simulate(*arguments: str) -> "subprocess.CompletedProcess[str]":
    program = "import sys; sys.argv[0] = 'threecx-simulator'; from threecx_simulator.cli import main; main()"
    ports = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"] if arguments[0] == "serve" else []
    command = [sys.executable, "-c", program, arguments[0], *ports, *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.proves("simulator.scenarios", "simulator.expectations")
def test_the_command_line_plays_a_scenario_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    file, trace = tmp_path / "one.yaml", tmp_path / "trace.jsonl"
    for agent, code in (("101", 0), ("102", 1)):
        file.write_text(
            "calls:\n"
            "  - {caller: '+49', calls: '+4930555101', hangs_up_when: connected 101,"
            f" expects: [{{connected_to: '{agent}'}}]}}\n"
        )
        arguments = (
            "--scenario",
            str(file),
            "--until-done",
            "--json",
            "--time-scale",
            "20",
            "--record",
            str(trace),
        )
        done = _simulate("serve", *arguments)
        assert done.returncode == code, done.stderr
        verdict = json.loads(done.stdout.splitlines()[-1])
        assert (verdict["call"], verdict["met"]) == ("call-1", code == 0)
    assert '"moment": "connected 101"' in trace.read_text()
    again = _simulate("serve", "--replay", str(trace), "--until-done")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--profile", "nonsense"), "There is no profile nonsense"),
        (("--set", "nonsense=1"), "there is no option nonsense"),
        (("--set", "status_codes=7"), "status_codes is one of 200, 202, 4xx"),
        (("--set", "upsert_repeat_ms=often"), "upsert_repeat_ms is a whole number from 0 to 86400000"),
        (("--set", "clock_ppm=fast"), "clock_ppm is a number from -100000 to 100000"),
        (("--listen", "here"), "'here' is not an address"),
        (("--listen", "127.0.0.1:65536"), "'127.0.0.1:65536' is not an address"),
        (("--control", ":5081"), "':5081' is not an address"),
        (("--secret-file", "nowhere.txt"), "--secret-file nowhere.txt: "),
        (("--secret-file", os.devnull), "is empty"),
        (("--scenario", "nowhere.yaml"), "nowhere.yaml: cannot be read (No such file or directory)"),
        (("--replay", sys.executable), "is not UTF-8 text"),
        (("--set", "version="), "version looks like 20.0.9.0"),
        (("--client", "a b=users"), "'a b=users' is not like 8002=system_admins"),
        (("--tls-name", "foo bar"), "'foo bar' is no name or address"),
        (("--until-done",), "--until-done waits for a --scenario or a --replay"),
        (("--replay", "nowhere.jsonl"), "nowhere.jsonl: "),
    ],
)
def test_what_the_command_line_cannot_use_is_said_in_a_sentence(
    arguments: tuple[str, ...], complaint: str
) -> None:
    done = CliRunner().invoke(app, ["serve", *arguments])
    assert done.exit_code == 2
    assert complaint in done.output.splitlines()[-1]


def test_the_module_runs_like_the_program() -> None:
    command = [sys.executable, "-m", "threecx_simulator", "schema"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout)["title"] == "Scenario"


@pytest.mark.parametrize(
    ("arguments", "milliseconds"),
    [((), 20), (("--frame-ms", "60"), 60), (("--set", "stream_frame_ms=40"), 40)],
)
async def test_frames_are_as_long_as_the_command_line_says(
    arguments: tuple[str, ...], milliseconds: int
) -> None:
    ports = ("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json")
    command = (sys.executable, "-m", "threecx_simulator", "serve", *ports, *arguments)
    serving = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert serving.stdout is not None
    try:
        where = json.loads(await asyncio.wait_for(serving.stdout.readline(), 30))
        async with aiohttp.ClientSession() as session:
            await _post(session, f"{where['control']}/calls", **{"from": "+49", "to": "+4930555001"})
            fields = {"client_id": "8001", "client_secret": default_world().clients[0].secret}
            form = fields | {"grant_type": "client_credentials"}
            async with session.post(f"{where['url']}/connect/token", data=form) as answer:
                bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
            path = f"{where['url']}/callcontrol/8001/participants"
            async with session.get(path, headers=bearer) as answer:
                (leg,) = await answer.json()
            async with session.get(f"{path}/{leg['id']}/stream", headers=bearer) as answer:
                frame, whole = await anext(answer.content.iter_chunks())
        assert (len(frame), whole) == (milliseconds * 16, True)
    finally:
        serving.terminate()
        await serving.wait()


def test_the_scripted_call_of_the_docs_goes_as_the_docs_say(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/simulator/first-call.md").read_text(encoding="utf-8")
    blocks = [block.partition("\n")[2] for block in page.split("```")[1::2]]
    first, second = [block for block in blocks if block.startswith("people:")]
    (shown,) = [block for block in blocks if block.startswith("call-1  ")]
    file = tmp_path / "callers.yaml"
    file.write_text(first)
    done = _simulate("serve", "--scenario", str(file), "--until-done", "--time-scale", "4")
    assert done.returncode == 0, done.stderr
    told = [re.sub(r"\d+\.\d+", "0.0", line).split() for line in done.stdout.splitlines()[3:]]
    assert told == [re.sub(r"\d+\.\d+", "0.0", line).split() for line in shown.splitlines()]
    (tmp_path / "menu.wav").write_bytes(to_wav(tone(440, 1)))
    assert loads(second, folder=tmp_path, directory=Directory.of(default_world())).calls[0].expects


def test_spoken_text_without_its_program_is_named_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    text = "calls:\n  - caller: '1'\n    calls: '101'\n    steps:\n      - say: text:Hello\n"
    with pytest.raises(BadScenario, match=r"x, line 5, calls\.0\.steps\.0\.say: .* needs espeak-ng"):
        loads(text, "x")


async def test_calls_are_numbered_one_by_one_whatever_else_happens() -> None:
    async with Simulator(clock=SystemClock(20)) as sim:
        placed = [sim.control.call("+49301234567", "+4930555101") for _ in range(3)]
        assert placed == ["call-1", "call-2", "call-3"]


async def test_the_control_address_leads_to_its_page() -> None:
    async with (
        Simulator(control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
        session.get(sim.control_url) as answer,
    ):
        assert (answer.status, answer.url.path) == (200, "/docs")


async def test_the_openapi_page_offers_a_body_wherever_one_is_needed() -> None:
    async with (
        Simulator(clock=SystemClock(20), control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
    ):
        async with session.get(f"{sim.control_url}/openapi.json") as answer:
            paths = (await answer.json())["paths"]
        for path, kind in (("/scenarios", "application/yaml"), ("/replay", "text/plain")):
            (offered,) = paths[path]["post"]["requestBody"]["content"].items()
            assert offered[0] == kind
            async with session.post(sim.control_url + path, data=offered[1]["schema"]["example"]) as answer:
                assert answer.status in {200, 204}, await answer.text()
        assert paths["/calls/{call}/say"]["post"]["requestBody"]["required"]
        refusals = paths["/calls/{call}/say"]["post"]["responses"]
        for status in ("404", "422"):
            schema = refusals[status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Complaint"}
        assert "audio/wav" in paths["/calls/{call}/heard.wav"]["get"]["responses"]["200"]["content"]


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/faults/licence", b'{"on": 0}', "body.on: should be true or false"),
        ("POST", "/faults/call-limit", b'{"calls": false}', "body.calls: 'False' is no number"),
        ("PATCH", "/health", b'{"lastBackup": 0}', "body.lastBackup: should be a time like"),
        ("POST", "/calls", b"\xff", "body: is no JSON"),
        ("POST", "/replay", b"", "line 1: there is nothing in it"),
    ],
)
async def test_what_the_openapi_page_does_not_offer_is_refused_by_name(
    method: str, path: str, body: bytes, complaint: str
) -> None:
    kind = {"Content-Type": "application/json"}
    async with (
        Simulator(control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
        session.request(method, sim.control_url + path, data=body, headers=kind) as answer,
    ):
        assert answer.status == 422
        assert (await answer.json())["detail"].startswith(complaint)


@pytest.mark.parametrize(
    ("path", "methods"), [("/calls", "GET, POST"), ("/streams/reset", "POST"), ("/streams/7", "GET")]
)
async def test_another_method_is_told_which_ones_there_are(path: str, methods: str) -> None:
    async with (
        Simulator(control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
        session.delete(sim.control_url + path) as answer,
    ):
        assert (answer.status, answer.headers["Allow"]) == (405, methods)


async def test_every_body_that_the_openapi_page_offers_works_as_it_stands() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        async with session.get(f"{sim.control_url}/openapi.json") as answer:
            page = await answer.json()
        for _ in range(2):
            sim.control.call("+49", "+4930555101")
        places = {"call": "call-1", "number": "101", "client": "8002"}
        for path, operations in page["paths"].items():
            for method, operation in operations.items():
                offered = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if offered is None:
                    continue
                schema = page["components"]["schemas"][offered["schema"]["$ref"].rpartition("/")[2]]
                body = schema.get("example") or {
                    name: field.get("default", True) for name, field in schema["properties"].items()
                }
                url = sim.control_url + path.format(**places)
                async with session.request(method, url, json=body) as answer:
                    assert answer.status < 300, (path, body, await answer.text())


async def test_a_moment_that_can_never_come_is_refused() -> None:
    order = {"from": "+49", "to": "+4930555101", "hangupWhen": "conected 101"}
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        status, body = await _post(session, f"{sim.control_url}/calls", **order)
        assert (status, sim.control.calls()) == (422, [])
        assert "'conected 101' is no line of a timeline" in json.dumps(body)
        status, body = await _post(
            session, f"{sim.control_url}/calls", **order | {"hangupWhen": "ringing 177"}
        )
        assert (status, body["detail"]) == (
            422,
            "'ringing 177' never comes: there is no number 177 on this PBX",
        )
        call = sim.control.call("+49", "+4930555101")
        never = f"{sim.control_url}/calls/{call}/reached?what=conected+101"
        async with session.get(never) as answer:
            assert (answer.status, "no line of a timeline" in await answer.text()) == (422, True)
        with pytest.raises(ValueError, match="is no line of a timeline"):
            sim.control.call("+49", "+4930555101", hangup_when="conected 101")
    told = CliRunner().invoke(app, ["call", "1", "2", "--hangup-when", "conected 101"])
    assert (told.exit_code, "is no line of a timeline" in told.output) == (2, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/calls", {"from": "1"}, "body.to: is missing"),
        (
            "POST",
            "/calls",
            {"from": "1", "to": "101", "hangupAfter": "soon"},
            "body.hangupAfter: 'soon' is no number",
        ),
        (
            "POST",
            "/calls",
            '{"from": "1"}',
            "body: should be JSON, and called so: Content-Type: application/json",
        ),
        ("PATCH", "/behaviours/177", {"busy": True}, "There is no number 177 on this PBX"),
        ("PATCH", "/behaviours/101", {"forwardsTo": "177"}, "There is no number 177 on this PBX"),
        ("POST", "/faults/monitor", {"client": "8001", "dn": "177"}, "There is no number 177 on this PBX"),
        ("POST", "/faults/register-anew/177", None, "There is no number 177 on this PBX"),
        ("PATCH", "/health", {"diskUsage": 101}, "body.diskUsage: should be less than or equal to 100"),
        ("PATCH", "/health", {"trunksDown": ["1"]}, "There is no trunk 1; there are 10001"),
        ("PATCH", "/health", {"stoppedServices": ["x"]}, "There is no service x; there are "),
        (
            "POST",
            "/scenarios?within=0",
            "calls: [{caller: '1', calls: '101', steps: [{wait: 9}]}]",
            "It was not over",
        ),
    ],
)
async def test_what_the_control_api_refuses_it_refuses_in_a_sentence(
    method: str, path: str, body: dict[str, Any] | str | None, complaint: str
) -> None:
    sent: dict[str, Any] = {"data": body} if isinstance(body, str) else {"json": body}
    async with (
        Simulator(control_listen=("127.0.0.1", 0)) as sim,
        aiohttp.ClientSession() as session,
        session.request(method, sim.control_url + path, **sent) as answer,
    ):
        assert answer.status in {408, 422}
        assert (await answer.json())["detail"].startswith(complaint)


async def test_what_somebody_heard_who_was_never_there_is_not_silence() -> None:
    async with Simulator() as sim:
        call = sim.control.call("+49", "+4930555101")
        assert sim.control.heard(call).party == "+49"
        with pytest.raises(UnknownCall, match="102 was never connected in call call-1"):
            sim.control.heard(call, "102")


async def test_the_health_of_the_machine_is_told_as_it_is_set() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        wished = {"diskUsage": 96, "trunksDown": ["10001"], "stoppedServices": ["3CXQueueManager"]}
        async with session.patch(f"{sim.control_url}/health", json=wished) as answer:
            assert wished.items() <= (await answer.json()).items()


async def test_a_call_from_the_command_line_tells_what_happens_until_it_has_ended() -> None:
    async with Simulator(clock=SystemClock(20), control_listen=("127.0.0.1", 0)) as sim:
        arguments = [
            "call",
            "+49301",
            "+4930555101",
            "--control",
            sim.control_url,
            "--hangup-when",
            "connected 101",
        ]
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert done.exit_code == 0
    assert [line.split("s  ")[1] for line in done.output.splitlines()] == [
        "began",
        "ringing 101",
        "connected 101",
        "left +49301",
        "ended by caller",
    ]


@pytest.mark.parametrize("control", ["http://127.0.0.1:1", "nonsense"])
@pytest.mark.parametrize("what", [["call", "1", "2"], ["play", __file__]])
def test_a_call_without_a_simulator_says_how_to_start_one(control: str, what: list[str]) -> None:
    done = CliRunner().invoke(app, [*what, "--control", control])
    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1
    assert "threecx-simulator serve" in done.output


@pytest.mark.proves("simulator.scenarios")
@pytest.mark.parametrize(("agent", "verdict", "code"), [("101", "met", 0), ("102", "NOT MET", 1)])
async def test_a_scenario_is_played_on_a_running_simulator_from_the_command_line(
    tmp_path: Path, agent: str, verdict: str, code: int
) -> None:
    (tmp_path / "hello.wav").write_bytes(to_wav(tone(440, 0.5)))
    (tmp_path / "one.yaml").write_text(
        "people: {101: {says: hello.wav}}\n"
        "calls:\n"
        "  - {caller: '+49', calls: '+4930555101', steps: [{listen: prompt}, {hang_up: true}],"
        f" expects: [{{connected_to: '{agent}'}}, {{hears: hello.wav}}]}}\n"
    )
    async with Simulator(clock=SystemClock(5), control_listen=("127.0.0.1", 0)) as sim:
        arguments = ["play", str(tmp_path / "one.yaml"), "--control", sim.control_url]
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    lines = done.output.splitlines()
    assert done.exit_code == code, done.output
    assert lines[0] == "call-1  +49 calls +4930555101"
    assert lines[3].endswith("s  connected 101")
    assert lines[-2].startswith(f"{verdict}  call-1: connected_to {agent} (")
    assert lines[-1].startswith("met  call-1: hears hello.wav (")


@pytest.mark.proves("simulator.scenarios")
async def test_a_scenario_that_a_running_simulator_cannot_play_is_told_with_file_line_and_field(
    tmp_path: Path,
) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("calls:\n  - {caller: '+49'}\n")
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim:
        for path, words in (
            (file, f"{file}, line 2, calls.0.calls: is missing"),
            (tmp_path / "none.yaml", "cannot be read"),
        ):
            arguments = ["play", str(path), "--control", sim.control_url]
            done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
            assert done.exit_code == 2
            assert words in done.output
        file.write_text(
            "calls:\n  - {caller: '+49', calls: '+4930555001', expects: [{connected_to: '101'}]}\n"
        )
        arguments = ["play", str(file), "--control", sim.control_url, "--within", "0.2"]
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
        assert (done.exit_code, "(408)" in done.output) == (1, True), done.output


def test_the_schema_of_scenarios_is_printed() -> None:
    printed = json.loads(CliRunner().invoke(app, ["schema"]).output)
    assert {"people", "calls", "faults"} <= printed["properties"].keys()


async def test_a_manual_clock_wakes_agents_at_their_time() -> None:
    clock = threecx_simulator.ManualClock()
    async with Simulator(clock=clock) as sim:
        call = sim.control.call("+49", "+4930555101")
        await clock.advance(1.9)
        assert sim.control.report(call).state == "ringing"
        await clock.advance(0.2)
        connected = sim.control.report(call).timeline[-1]
        assert (connected.what, connected.seconds) == ("connected 101", 2.0)
        await asyncio.sleep(0)
