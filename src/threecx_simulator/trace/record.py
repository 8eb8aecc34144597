"""Writing down what the PBX told and was asked. One JSON object a line, `at` in seconds since the recording began.

- `{"at", "frame": "upsert"|"remove"|"dtmf", "dn", "id", "leg": {…}|null, "keys"?, "also"?}`: a frame; with an upsert the
  leg as a GET would have shown it then, null when it had gone already. `also`: the API client that saw it although the DN is not among its own, as the
  far legs of its calls. This is what a replay needs; traces of real PBXs can be written in the same form.
- `{"at", "frame": "device", "dn", "device", "here"}`: a device has come or gone.
- `{"at", "asked": "POST", "path", "status"}`: a request and its answer. Bodies and secrets are never written.
- `{"at", "call", "moment"}`: a line of a call's timeline.
"""

import json
import logging
from typing import Any, TextIO

from threecx_simulator.http.gate import Asked, Gate
from threecx_simulator.pbx import views
from threecx_simulator.pbx.effects import CallChanged, DeviceChanged, Effect, Keyed, Removed, Upserted
from threecx_simulator.pbx.ids import DnType, ParticipantId
from threecx_simulator.switchboard import Switchboard

_log = logging.getLogger(__name__)


class Recorder:
    """Writes to `file` from now on, until the disk is full: the PBX goes on then, and the log tells."""

    def __init__(self, board: Switchboard, gate: Gate, file: TextIO) -> None:
        self._board = board
        self._file = file
        self._began = board.clock.monotonic()
        self._full = False
        board.listen(self._on_effect)
        gate.on_asked.append(self._on_asked)

    def begin(self) -> None:
        """Count `at` from now on."""
        self._began = self._board.clock.monotonic()

    def _on_asked(self, asked: Asked) -> None:
        self._write({"asked": asked.method, "path": asked.path, "status": asked.status})

    def _on_effect(self, effect: Effect) -> None:
        match effect:
            case Upserted():
                if effect.also or self._board.pbx.directory.type_of(effect.dn) != DnType.EXTERNAL:
                    self._frame("upsert", effect, leg=self._shown(effect.leg), **_also(effect))
            case Removed():
                self._frame("remove", effect, leg=None, **_also(effect))
            case Keyed():
                self._frame("dtmf", effect, leg=None, keys=effect.keys)
            case DeviceChanged():
                device = {"dn": effect.dn, "device": effect.device_id, "here": effect.here}
                self._write({"frame": "device", **device})
            case CallChanged():
                self._write({"call": effect.call, "moment": effect.what})

    def _shown(self, leg: ParticipantId) -> dict[str, Any] | None:
        found = self._board.pbx.legs.get(leg)
        return views.shown(self._board.pbx, found) if found else None

    def _frame(self, kind: str, effect: Upserted | Removed | Keyed, **more: Any) -> None:
        self._write({"frame": kind, "dn": effect.dn, "id": effect.leg, **more})

    def _write(self, fields: dict[str, Any]) -> None:
        if self._full:
            return
        at = round(self._board.clock.monotonic() - self._began, 4)
        try:
            self._file.write(json.dumps({"at": at, **fields}) + "\n")
            self._file.flush()
        except OSError as full:
            self._full = True
            _log.error("The recording ends here: %s", full.strerror)


def _also(effect: Upserted | Removed) -> dict[str, str]:
    return {"also": effect.also} if effect.also else {}
