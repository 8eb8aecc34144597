"""People who speak and press keys when they pick up."""

import re
from functools import partial
from pathlib import Path

from threecx_simulator.audio.pcm import SAMPLES, NotAudio, read_wav, tone
from threecx_simulator.audio.speech import SPOKEN, speech
from threecx_simulator.audio.studio import Studio
from threecx_simulator.pbx.callers import press_on
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.legs import label, while_alive
from threecx_simulator.switchboard import Switchboard

LONGEST_TONE = 600  # seconds
_TONE = r"tone:(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?"
_AUDIBLE = r"tone:(?:[1-9]\d{0,2}|[1-3]\d{3})(?:\.\d+)?(?::(?!0+(?:\.0+)?$)(?:[1-5]?\d?\d(?:\.\d+)?|600))?"
SOUND = rf"^(?:{_AUDIBLE}|{SPOKEN}\s*\S[\s\S]*|(?!tone:|{SPOKEN})[\s\S]+)$"
"""What `sound` understands, as a pattern; whether a file is there is another question."""
_CONNECTED = "connected "


def sound(text: str, folder: Path = Path()) -> bytes:
    """What `Behaviour.says` stands for; files lie in `folder`. `NotAudio` when it is no tone, no text and no WAV."""
    if text.startswith("tone:"):
        return _tone(text)
    pcm = speech(text.removeprefix(SPOKEN)) if text.startswith(SPOKEN) else _file(text, folder)
    if not pcm:
        raise NotAudio(f"There is no sound in {text}")
    return pcm


def _file(text: str, folder: Path) -> bytes:
    if not text:
        raise NotAudio("is empty")
    path = folder / text
    try:
        if path.is_file():
            return read_wav(path)
    except OSError as wrong:  # a name that no file can have
        raise NotAudio(f"There is no file {text}: {wrong.strerror}") from wrong
    raise NotAudio(f"{text} is a folder" if path.is_dir() else f"There is no file {text}")


def _tone(text: str) -> bytes:
    found = re.fullmatch(_TONE, text)
    if found is None:
        raise NotAudio(f"'{text}' is not a tone like tone:440:1.5")
    hertz, seconds = float(found[1]), float(found[2] or 1)
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
