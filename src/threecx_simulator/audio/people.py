"""People who speak and press keys when they pick up."""

from functools import partial
from pathlib import Path

from threecx_simulator.audio.pcm import SAMPLES, NotAudio, read_wav, tone
from threecx_simulator.audio.studio import Studio
from threecx_simulator.pbx.callers import press_on
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.legs import label, while_alive
from threecx_simulator.switchboard import Switchboard

LONGEST_TONE = 600  # seconds
_CONNECTED = "connected "


def sound(text: str, folder: Path = Path()) -> bytes:
    """What `Behaviour.says` stands for; files lie in `folder`. `NotAudio` when it is neither a tone nor a WAV."""
    if not text.startswith("tone:"):
        path = folder / text
        if not path.is_file():
            raise NotAudio(f"There is no file {text}")
        return read_wav(path)
    try:
        pitch, _, length = text.removeprefix("tone:").partition(":")
        hertz, seconds = float(pitch), float(length or 1)
    except ValueError as wrong:
        raise NotAudio(f"'{text}' is not a tone like tone:440:1.5") from wrong
    if not (0 < hertz < SAMPLES / 2 and 0 < seconds <= LONGEST_TONE):
        limits = f"up to {SAMPLES // 2} hertz and {LONGEST_TONE} seconds"
        raise NotAudio(f"'{text}' is not a tone that can be heard: {limits}")
    return tone(hertz, seconds)


class People:
    """Listens for connections and lets whoever picked up say their words and press their keys."""

    def __init__(self, board: Switchboard, studio: Studio) -> None:
        self._board = board
        self._studio = studio
        self._known: dict[str, bytes] = {}
        board.listen(self._on_effect)

    def _on_effect(self, effect: Effect) -> None:
        if not isinstance(effect, CallChanged) or not effect.what.startswith(_CONNECTED):
            return
        pbx = self._board.pbx
        number = effect.what.removeprefix(_CONNECTED)
        behaviour = pbx.behaviour(number)
        says, keys = behaviour.says, behaviour.presses
        call = pbx.calls.get(effect.call)
        for leg in [one for one in call.legs.values() if label(one) == number] if call else ():
            if says is not None:
                self._studio.say(leg.uid, self._known.setdefault(says, sound(says)))
            if keys is not None:
                pbx.after(behaviour.presses_after, while_alive(leg, partial(press_on, keys=keys)))
