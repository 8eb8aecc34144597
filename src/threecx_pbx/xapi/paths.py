"""Paths of 3CX's OpenAPI file with their methods: what a request may go to, and what the editor suggests."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import quote, unquote

from threecx_pbx.errors import BadParameter

_NOT_WRITTEN = re.compile(r"[?#{]")
_NEVER = re.compile(r"\.\.|//|\\|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
"""Ways out of the XAPI, and what no path holds."""
_WORD = re.compile(r"[\w$]+")
_LONGEST = 8000
"""Servers take no longer request line."""
_PLAIN = "()=,'$:@-._~+"


@cache
def known_paths() -> Mapping[str, str]:
    """`Users({Id})` → `GET PATCH DELETE`."""
    found: dict[str, str] = json.loads(files("threecx_pbx.xapi").joinpath("paths.json").read_text("utf-8"))
    return found


def clean_path(path: str) -> str:
    """A path below /xapi/v1 as a person wrote it, ready to be sent. Raises BadParameter for anything else.

    It is judged as the last of all servers on its way may read it, with every escape undone, and spelled anew.
    """
    plain = re.sub(r"^/?(xapi/v1/)?", "", path.strip())
    if not 0 < len(plain) <= _LONGEST or _NOT_WRITTEN.search(plain) or _strays(plain):
        raise BadParameter(
            "Path is not a path of the XAPI.",
            hint="Write it like Users(29), without address and query, with values in place of the braces.",
        )
    return "/".join(quote(unquote(part), safe=_PLAIN) for part in plain.split("/"))


def words(path: str) -> frozenset[str]:
    """Of all names in a path, in lower case: `Users(29)/Pbx.MakeCall` → users, pbx, makecall."""
    names = [part.partition("(")[0].lower() for part in _bare(path).split("/")]
    return frozenset(_WORD.findall("/".join(names)))


def _strays(path: str) -> bool:
    bare = _bare(path)
    dots = any(part.strip() == "." for part in bare.split("/"))
    return dots or bare.startswith("/") or bool(_NEVER.search(bare))


def _bare(path: str) -> str:
    """Unescaped until nothing is left to unescape."""
    while (bare := unquote(path)) != path:
        path = bare
    return path
