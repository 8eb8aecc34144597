"""Whole plays for the control API: scenarios, recordings and their replay."""

import asyncio
import io
from pathlib import Path

from threecx_simulator.clock import Clock
from threecx_simulator.control.handle import Control
from threecx_simulator.http.gate import Gate
from threecx_simulator.scenarios.judge import Verdict
from threecx_simulator.scenarios.load import loads
from threecx_simulator.scenarios.play import Player
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.trace.record import Recorder
from threecx_simulator.trace.replay import read, replay


class Stage:
    """Plays on one PBX."""

    def __init__(self, board: Switchboard, gate: Gate, control: Control, clock: Clock) -> None:
        self._board = board
        self._gate = gate
        self._control = control
        self._clock = clock
        self._file = io.StringIO()
        self._recorder: Recorder | None = None

    async def play(self, text: str, folder: str, name: str) -> list[Verdict]:
        """Play a scenario to its end; its sounds lie in `folder`. `BadScenario` when it cannot be played, which says
        where in `name`."""
        directory = self._board.pbx.directory
        # in a thread: reading and speaking sounds takes its time, and the PBX is not to be late
        scenario = await asyncio.to_thread(loads, text, name, Path(folder), directory)
        async with Player(self._control, self._clock, [scenario]) as player:
            return await player.done()

    def record(self) -> None:
        """Begin anew; the recording before is forgotten."""
        self._recorder = self._recorder or Recorder(self._board, self._gate, self._file)
        self._recorder.begin()
        self._file.seek(0)
        self._file.truncate()

    def recorded(self) -> str:
        """JSON lines so far."""
        return self._file.getvalue()

    async def replay(self, text: str) -> None:
        """Play a recording again. `BadTrace` when a line cannot be played."""
        await replay(read(io.StringIO(text)), self._board, self._clock)
