"""Paths of 3CX's OpenAPI file with their methods: what a request may go to, and what the editor suggests."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from threecx_pbx.errors import BadParameter

_HARMLESS = re.compile(r"[^\x00-\x20?#\\]+")


@cache
def known_paths() -> Mapping[str, str]:
    """`Users({Id})` → `GET PATCH DELETE`."""
    found: dict[str, str] = json.loads(files("threecx_pbx.xapi").joinpath("paths.json").read_text("utf-8"))
    return found


def clean_path(path: str) -> str:
    """A path below /xapi/v1 as a person wrote it, ready to be sent. Raises BadParameter for anything else."""
    plain = re.sub(r"^/?(xapi/v1/)?", "", path.strip()).replace(" ", "%20")
    strange = any(part in plain for part in ("..", "//", "{")) or plain.startswith("/")
    if strange or not _HARMLESS.fullmatch(plain):
        raise BadParameter(
            "Path is not a path of the XAPI.",
            hint="Write it like Users(29), without address and query, with values in place of the braces.",
        )
    return quote(plain, safe="/()=,'$:@%-._~+")
