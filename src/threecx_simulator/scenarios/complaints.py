"""What is wrong with a field of a scenario or of a request, in words for whoever wrote it."""

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "extra_forbidden": "there is no such field",
    "missing": "is missing",
    "string_pattern_mismatch": "keys are 0-9, *, # and A-D",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "tuple_type": "should be a list",
    "model_type": "should be a mapping",
    "dict_type": "should be a mapping",
    "model_attributes_type": "should be JSON, and called so: Content-Type: application/json",
    "json_invalid": "is no JSON",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "string_type": "should be text",
}
_NUMBERS = {"float_parsing", "float_type", "int_parsing", "int_type", "int_from_float"}


def in_words(error: Mapping[str, Any]) -> str:
    """pydantic's message without its own words for what YAML calls otherwise."""
    kind, given = error["type"], error["input"]
    if kind in _NUMBERS:
        return f"'{given}' is no number" + (" (seconds have no unit here)" if _measured(given) else "")
    if kind in _WORDS:
        return _WORDS[kind]
    message: str = error["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "should be")


def _measured(given: object) -> bool:
    return isinstance(given, str) and bool(re.fullmatch(r"\d+(\.\d+)?\s*(ms|s|sec|seconds|min)", given))
