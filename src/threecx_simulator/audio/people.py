"""People who speak and press keys when they pick up."""

from functools import partial
from pathlib import Path

from threecx_simulator.audio.pcm import NotAudio, read_wav, tone
from threecx_simulator.audio.studio import Studio
from threecx_simulator.pbx.callers import press_on
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.legs import label, while_alive
from threecx_simulator.switchboard import Switchboard

_CONNECTED = "connected "


def sound(text: str, folder: Path = Path()) -> bytes:
    """What `Behaviour.says` stands for; files lie in `folder`. `NotAudio` when it is neither a tone nor a WAV."""
    if not text.startswith("tone:"):
        path = folder / text
        if not path.is_file():
            raise NotAudio(f"There is no file {text}")
        return read_wav(path)
    try:
        hertz, _, seconds = text.removeprefix("tone:").partition(":")
        return tone(float(hertz), float(seconds or 1))
    except ValueError as wrong:
        raise NotAudio(f"'{text}' is not a tone like tone:440:1.5") from wrong


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
