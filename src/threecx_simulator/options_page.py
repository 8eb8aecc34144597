"""The docs page about what is known of the real PBX, made from the options' own texts."""

import re

from threecx_simulator.profile import PROFILES, Option, described

_HEAD = """<!-- Written by `threecx-simulator options`; do not edit. -->

# What is known of the real PBX

The simulator is written from 3CX's published interfaces and from what others saw on real PBXs. Where the sources
disagree, or say nothing, the behaviour is an option. Each has a default (the likeliest reading), and each named
profile sets some of them; `--profile drawn --seed N` draws most of them at random, the same for the same seed; faults
are asked for by name.

The letters say where a statement comes from: **D** 3CX's documentation, **S** 3CX's OpenAPI file, **E** 3CX's example
code, **M** a 3CX maintainer in an issue, **O** the object model's help, **T** tried by a third party on a real PBX,
**G** a guess that should be checked on a real PBX before anything is built on it.

## The options

| option | default | other values | what it decides, and how sure that is |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    options = described()
    rows = "".join(_row(option) for option in options)
    profiles = "".join(_profile(name, options) for name in PROFILES)
    return f"{_HEAD}{rows}\n## The profiles\n\n{profiles}"


def _row(option: Option) -> str:
    others = ", ".join(f"`{value}`" for value in option.values if value != option.default)
    text = re.sub(r"\(([DSEMOTG])\b", r"(**\1**", option.text).replace("|", "\\|")
    return f"| `{option.name}` | `{option.default}` | {others or _kind(option)} | {text} |\n"


def _kind(option: Option) -> str:
    return "`True`" if option.default is False else "`False`" if option.default is True else "any"


def _profile(name: str, options: list[Option]) -> str:
    profile = PROFILES[name]
    changed = [
        f"`{option.name}` = `{getattr(profile, option.name)}`"
        for option in options
        if getattr(profile, option.name) != option.default
    ]
    return f"- **{name}**: {', '.join(changed) or 'every default'}.\n"
