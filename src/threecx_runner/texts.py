"""Texts that cannot be written down: an expression that cuts an emoji in two leaves half of a UTF-16 pair."""

from collections.abc import Iterator, Mapping
from typing import Any

from threecx_pbx.errors import BadParameter


def check_whole(parameters: Mapping[str, Any]) -> None:
    """Raises BadParameter for the first text that holds half of a character."""
    for path in _broken(parameters, ""):
        raise BadParameter(
            f"The parameter {path} contains half of a character.",
            hint=f"Open the node in n8n and correct {path}: an expression has cut a character, such as an emoji, in two.",
        )


def whole(text: str) -> str:
    """With a question mark for each half of a character."""
    return text.encode(errors="replace").decode()


def _broken(value: Any, path: str) -> Iterator[str]:
    """The paths of such texts; of a name that is one itself, its owner's."""
    if isinstance(value, str):
        if not _is_whole(value):
            yield path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            key = str(name)
            yield from _broken(inner, f"{path}.{key}".lstrip(".") if _is_whole(key) else path)
            if not _is_whole(key):
                yield path
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _broken(inner, f"{path}.{number}")


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
