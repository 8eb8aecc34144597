"""Everything that happened, recorded and played again (issue 5, point 7)."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from threecx_simulator.cli import app as command_line
from threecx_simulator.trace.record import Recorder
from threecx_simulator.trace.replay import BadTrace, read, replay

pytestmark = pytest.mark.proves("simulator.replay")
CALLER, DID = "+49301234567", "+4930555001"


async def test_a_recorded_call_is_seen_again_by_another_program(start: Any) -> None:
    file = io.StringIO()
    app = await start("manual")
    Recorder(app.sim.board, app.sim.gate, file)
    call = app.sim.control.call(CALLER, DID, name="Paul")
    ringing = await app.leg()
    await app.verb(ringing, "answer")
    app.sim.control.press(call, "7")
    await app.verb(ringing, "routeto", destination="101")
    app.sim.control.hang_up(call)
    await app.seen(lambda frames: frames[-1]["event"]["event_type"] == 1)
    lines = file.getvalue().splitlines()
    assert {"asked", "frame", "moment"} <= {name for line in lines for name in json.loads(line)}
    assert "simulator-secret" not in file.getvalue()
    assert app.token not in file.getvalue()

    again = await start("manual")
    playing = read(lines)
    await replay(playing[:1], again.sim.board, again.sim.clock)
    assert await again.leg() == ringing
    await replay(playing[1:], again.sim.board, again.sim.clock)
    await again.seen(lambda frames: len(frames) == len(app.frames))
    assert again.events() == app.events()
    assert await again.legs() == []


async def test_a_leg_that_goes_in_the_same_moment_is_seen_again_too(start: Any) -> None:
    file = io.StringIO()
    app = await start("auto")
    Recorder(app.sim.board, app.sim.gate, file)
    app.sim.control.call(CALLER, "+4930555101", hangup_when="connected 101")
    await app.seen(lambda frames: len(frames) == 3)

    again = await start("auto")
    await replay(read(file.getvalue().splitlines()), again.sim.board, again.sim.clock)
    await again.seen(lambda frames: len(frames) == len(app.frames))
    assert again.events() == app.events()


async def test_far_legs_and_devices_are_seen_again_too(start: Any) -> None:
    file = io.StringIO()
    app = await start("auto")
    Recorder(app.sim.board, app.sim.gate, file)
    _, made = await app.make_call(CALLER)
    app.sim.control.register_anew("101")
    await app.verb(made["result"], "drop")
    await app.seen(lambda frames: frames[-1]["event"]["event_type"] == 1)
    assert {entity.split("/")[0] for _, entity in app.events()} == {"8001", "10001", "101"}

    again = await start("auto")
    await replay(read(file.getvalue().splitlines()), again.sim.board, again.sim.clock)
    await again.seen(lambda frames: len(frames) == len(app.frames))
    assert again.events() == app.events()


async def test_verbs_on_a_replayed_call_are_refused_and_change_nothing(start: Any) -> None:
    app = await start("auto")
    leg = {"status": "Connected", "party_dn": "10001", "party_dn_type": "Wexternalline", "callid": 5}
    line = json.dumps({"at": 0, "frame": "upsert", "dn": "8001", "id": 7, "leg": leg})
    await replay(read([line]), app.sim.board, app.sim.clock)
    shown = await app.leg()
    for verb in ("drop", "answer", "routeto", "attach_participant_data"):
        status, body = await app.verb(shown, verb, destination="101", attacheddata={"a": "b"})
        assert (status, body["reasontext"]) == (422, "This call is played from a recording")
    assert await app.leg() == shown
    assert len(app.frames) == 1


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"at": "x", "moment": "began"}',
        '{"at": -1, "moment": "began"}',
        '{"at": 1764547200, "moment": "began"}',
        '{"at": 0.5, "moment": "began"}',
        '{"at": 2, "frame": "dtmf", "dn": "8001", "id": 1}',
        '{"at": 0, "what": 1}',
        '{"at": 0, "frame": "nonsense", "dn": "1", "id": 1}',
        '{"at": 0, "frame": "upsert"}',
        '{"at": 0, "frame": "device", "dn": "101", "id": 1}',
        '{"at": 0, "frame": "upsert", "dn": "101", "id": 1, "leg": {"status": "Sleeping"}}',
        '{"at": 0, "frame": "upsert", "dn": "101", "id": 1, "leg": {"status": "Ringing", "callid": "x"}}',
    ],
)
def test_a_line_that_cannot_be_played_is_named(line: str) -> None:
    with pytest.raises(BadTrace, match=r"^line 2: ") as wrong:
        read(['{"at": 1, "moment": "x"}', line])
    assert "Error(" not in str(wrong.value)
    assert "Value error" not in str(wrong.value)


def test_lines_end_where_json_lines_end_and_an_editor_may_have_written_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text(
        '\ufeff{"at": 0, "moment": "a\u2028b"}\r\n{"at": 1, "frame": "remove", "dn": "101", "id": 1}\r\n'
    )
    told = CliRunner().invoke(
        command_line,
        [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--control",
            "127.0.0.1:0",
            "--replay",
            str(file),
            "--until-done",
        ],
    )
    assert told.exit_code == 0, told.output
