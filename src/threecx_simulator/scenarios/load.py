"""Reading a scenario; what is wrong is named by file, line and field, everything at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from ruamel.yaml import YAML, Node
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from threecx_simulator.audio.match import comparable
from threecx_simulator.audio.pcm import NotAudio
from threecx_simulator.audio.people import sound
from threecx_simulator.pbx.attempts import word
from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.ids import Dn, Reason
from threecx_simulator.pbx.world import Extension
from threecx_simulator.scenarios.complaints import in_words
from threecx_simulator.scenarios.model import Caller, Scenario
from threecx_simulator.scenarios.part import Written
from threecx_simulator.scenarios.words import ends_by_itself, number_in

Place = tuple[int | str, ...]

_HEARS = "calls.*.expects.*.hears"
_LONGEST_LINE = 1000  # characters of a complaint


class BadScenario(ValueError):
    """The file cannot be played; the text says where and why."""


class _Complaint(NamedTuple):
    """A field and what is wrong with it."""

    where: Place
    what: str


class _Constructor(RoundTripConstructor):
    """Numbers stay as they are written, for telephone numbers have leading zeros and a plus; only YAML's own tags."""

    def as_written(self, node: Node) -> str:
        """The text of a number."""
        return Written(node.value)

    def unknown(self, node: Node) -> None:
        """A tag that would need a program to understand it."""
        raise ConstructorError(None, None, f"the tag {node.tag} is not understood here", node.start_mark)


for _kind in ("int", "float", "timestamp"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_kind}", _Constructor.as_written)
_Constructor.add_constructor("tag:yaml.org,2002:binary", _Constructor.unknown)
_Constructor.add_constructor(None, _Constructor.unknown)


def load(path: Path, directory: Directory | None = None) -> Scenario:
    """The scenario in that file; numbers are looked up in `directory` when it is given."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise BadScenario(f"{path}: cannot be read ({unreadable.strerror})") from unreadable
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise BadScenario(f"{path}, line {line}: is not UTF-8 text") from wrong
    return loads(text, str(path), path.parent, directory)


def loads(
    text: str, name: str = "scenario", folder: Path = Path(), directory: Directory | None = None
) -> Scenario:
    """The scenario in that text; `name` stands for the file in errors, its sounds lie in `folder`."""
    parsed = _parsed(text, name)
    plain = {} if parsed is None else _plain(parsed, {})
    complaints = [*_unheard(plain, folder), *(_unknown(plain, directory) if directory else ())]
    scenario = None
    try:
        scenario = Scenario.model_validate(plain)
        complaints += _too_late(scenario)
    except ValidationError as wrong:
        mistaken = [_Complaint(error["loc"], in_words(error)) for error in wrong.errors()]
        complaints = [*mistaken, *(one for one in complaints if not _within(one, mistaken))]
    if complaints or scenario is None:
        told = sorted(((_line(parsed, one.where), one) for one in complaints), key=lambda one: one[0])
        raise BadScenario("\n".join(_located(name, line, one) for line, one in told))
    return scenario.model_copy(update={"folder": str(folder / scenario.folder)})


def _within(one: _Complaint, others: list[_Complaint]) -> bool:
    """Whether the place of that complaint, or what it stands in, is wrong already."""
    return any(one.where[: len(other.where)] == other.where for other in others)


def _parsed(text: str, name: str) -> Any:
    reader = YAML(typ="rt")
    reader.Constructor = _Constructor
    try:
        return reader.load(text)
    except MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        tab = " (a tab; YAML is indented by spaces)" if "'\\t'" in str(wrong.problem) else ""
        raise BadScenario(f"{name}, line {line}: {wrong.problem}{tab}") from wrong
    except ReaderError as wrong:
        line = text.count("\n", 0, wrong.position) + 1
        raise BadScenario(f"{name}, line {line}: {wrong.reason}") from wrong
    except RecursionError as wrong:
        raise BadScenario(f"{name}: is nested too deeply") from wrong


def _unheard(plain: Any, folder: Path) -> Iterator[_Complaint]:
    """Sounds that cannot be had."""
    folder = folder / str(plain.get("folder") or "") if isinstance(plain, dict) else folder
    for field in ("people.*.says", "calls.*.steps.*.say", _HEARS, f"{_HEARS}.*"):
        for where, text in _texts(plain, tuple(field.split("."))):
            try:
                pcm = sound(text, folder)
                if field.startswith(_HEARS) and not comparable(pcm):
                    yield _Complaint(where, f"nothing can be heard in {text}")
            except NotAudio as wrong:
                yield _Complaint(where, str(wrong))


def _too_late(scenario: Scenario) -> Iterator[_Complaint]:
    """What callers are to do when they have hung up."""
    for number, caller in enumerate(scenario.calls):
        for where in _after_the_end(caller):
            yield _Complaint(("calls", number, *where), "never comes: the caller has hung up before")


def _after_the_end(caller: Caller) -> Iterator[Place]:
    end = caller.hangs_up_after
    for place, press in enumerate(caller.presses):
        if end is not None and press.at is not None and press.at > end:
            yield "presses", place
    now, over = 0.0, False
    for place, step in enumerate(caller.steps):
        if over:
            yield "steps", place
            return
        now += step.wait or 0.0
        over = bool(step.hang_up) or (end is not None and now > end)


def _unknown(plain: Any, directory: Directory) -> Iterator[_Complaint]:
    """Numbers that lead nowhere on this PBX, where somebody is expected behind them."""
    numbers = {where: str(where[-1]) for where, _ in _found(plain, ("people", "*"))}
    for field in ("people.*.forwards_to", "calls.*.expects.*.connected_to", "faults.*.dn"):
        numbers |= dict(_texts(plain, tuple(field.split("."))))
    numbers |= {where: called for where, called in _called(plain) if called}
    ends = dict(_texts(plain, ("calls", "*", "expects", "*", "ended_by")))
    numbers |= {where: end for where, end in ends.items() if not ends_by_itself(end)}
    for field in (
        "calls.*.steps.*.until",
        "calls.*.expects.*.moment",
        "calls.*.expects.*.after",
        "calls.*.hangs_up_when",
        "faults.*.when",
    ):
        for where, text in _texts(plain, tuple(field.split("."))):
            named = number_in(text)
            if named is not None:
                numbers[where] = named
    for where, text in _texts(plain, ("faults", "*", "client")):
        if directory.client(text) is None:
            yield _Complaint(where, f"there is no API client {text} on this PBX")
    for where, text in _texts(plain, ("faults", "*", "dn")):
        if plain["faults"][where[1]].get("what") == "register_anew" and not isinstance(
            directory.inside.get(Dn(text)), Extension
        ):
            yield _Complaint(where, f"{text} is no extension with a device that could register")
            del numbers[where]
    for where, number in numbers.items():
        if directory.find(number) is None:
            yield _Complaint(where, f"there is no number {number} on this PBX")


def _called(plain: Any) -> Iterator[tuple[Place, str]]:
    """Whom callers call, but for those who expect to hear that there is no such number."""
    for where, caller in _found(plain, ("calls", "*")):
        wrong_number = word(Reason.UNKNOWN_DESTINATION)
        expected = dict(_texts(caller, ("expects", "*", "ended_by"))).values()
        if wrong_number not in expected:
            yield from ((where + there, called) for there, called in _texts(caller, ("calls",)))


def _texts(plain: Any, path: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    return ((where, value) for where, value in _found(plain, path) if isinstance(value, str))


def _found(node: Any, path: tuple[str, ...], here: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Whatever stands at a path in which `*` is any key or place."""
    if not path:
        yield here, node
    elif path[0] == "*" and isinstance(node, list):
        for place, value in enumerate(node):
            yield from _found(value, path[1:], (*here, place))
    elif isinstance(node, dict):
        for key in node if path[0] == "*" else [path[0]] if path[0] in node else []:
            yield from _found(node[key], path[1:], (*here, key))


def _plain(node: Any, known: dict[int, Any]) -> Any:
    """Without ruamel's own types. What an alias repeats stays one object (`known` by `id`), however often it stands there."""
    if not isinstance(node, dict | list):
        return node
    if id(node) not in known:
        made: Any = known.setdefault(id(node), {} if isinstance(node, dict) else [])
        if isinstance(node, dict):
            made.update((str(key), _plain(value, known)) for key, value in node.items())
        else:
            made.extend(_plain(value, known) for value in node)
    return known[id(node)]


def _located(name: str, line: int, complaint: _Complaint) -> str:
    field = ".".join(str(part) for part in complaint.where) or "the file"
    told = f"{name}, line {line}, {field}: {complaint.what}"
    return _shortened("".join(one if one.isprintable() else repr(one)[1:-1] for one in told))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} …"


def _line(node: Any, path: Place) -> int:
    """The line (from 1) of the deepest part of `path` that exists."""
    line = 1
    for part in path:
        key = next((one for one in node if str(one) == str(part)), None) if isinstance(node, dict) else part
        if isinstance(node, dict) and key is not None:
            # ruamel's round-trip nodes know their lines; keys that came by a merge are not among them
            line = node.lc.data[key][0] + 1 if key in (node.lc.data or {}) else line  # type: ignore[attr-defined]
        elif isinstance(node, list) and isinstance(key, int) and key < len(node):
            line = node.lc.item(key)[0] + 1  # type: ignore[attr-defined]  # as above
        else:
            break
        node = node[key]
    return line
