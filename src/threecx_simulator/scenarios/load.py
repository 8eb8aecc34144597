"""Reading a scenario; what is wrong is named by file, line and field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from threecx_simulator.audio.pcm import NotAudio
from threecx_simulator.audio.people import sound
from threecx_simulator.audio.speech import SPOKEN
from threecx_simulator.scenarios.model import Scenario


class BadScenario(ValueError):
    """The file cannot be played; the text says where and why."""


def load(path: Path) -> Scenario:
    """The scenario in that file."""
    try:
        text = path.read_text(encoding="utf-8")
        return loads(text, str(path), path.parent)
    except (OSError, UnicodeDecodeError) as unreadable:
        raise BadScenario(f"{path}: cannot be read ({unreadable})") from unreadable


def loads(text: str, name: str = "scenario", folder: Path = Path()) -> Scenario:
    """The scenario in that text; `name` stands for the file in errors, its sounds lie in `folder`."""
    try:
        parsed = YAML(typ="rt").load(text)
    except MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise BadScenario(f"{name}, line {line}: {wrong.problem}") from wrong
    try:
        scenario = Scenario.model_validate(_plain(parsed) if parsed is not None else {})
    except ValidationError as wrong:
        raise BadScenario("\n".join(_located(parsed, error, name) for error in wrong.errors())) from wrong
    placed = scenario.model_copy(update={"folder": str(folder / scenario.folder)})
    complaints = [_located(parsed, error, name) for error in _unheard(placed)]
    if complaints:
        raise BadScenario("\n".join(complaints))
    return placed


def _unheard(scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Sounds that cannot be had, in the form of pydantic's errors."""
    sounds: list[tuple[tuple[str | int, ...], str | None]] = [
        (("people", number, "says"), person.says) for number, person in scenario.people.items()
    ]
    for at, caller in enumerate(scenario.calls):
        sounds += [(("calls", at, "steps", n, "say"), step.say) for n, step in enumerate(caller.steps)]
        sounds += [(("calls", at, "expects", n, "hears"), one.hears) for n, one in enumerate(caller.expects)]
    for where, text in sounds:
        try:
            if text is not None and not text.startswith(SPOKEN):
                sound(text, Path(scenario.folder))
        except NotAudio as wrong:
            yield {"loc": where, "msg": str(wrong)}


def _plain(node: Any) -> Any:
    """Without ruamel's own types; numbers as keys (telephone numbers) become text."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _located(parsed: Any, error: Any, name: str) -> str:
    field = ".".join(str(part) for part in error["loc"]) or "the file"
    return f"{name}, line {_line(parsed, error['loc'])}, {field}: {error['msg']}"


def _line(node: Any, path: tuple[int | str, ...]) -> int:
    """The line (from 1) of the deepest part of `path` that exists."""
    line = 1
    for part in path:
        key = next((one for one in node if str(one) == str(part)), None) if isinstance(node, dict) else part
        if isinstance(node, dict) and key is not None:
            line = node.lc.key(key)[0] + 1  # type: ignore[attr-defined]  # ruamel's round-trip nodes know their lines
        elif isinstance(node, list) and isinstance(key, int) and key < len(node):
            line = node.lc.item(key)[0] + 1  # type: ignore[attr-defined]  # as above
        else:
            break
        node = node[key]
    return line
