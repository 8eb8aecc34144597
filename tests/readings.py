"""The readings of a real 3CX (api.md 13) that every test with a PBX runs under.

Two in the fast tests; `scripts/test` adds worst_case and two seeds (mark `profiles`), `--long` all named ones and
twenty seeds. The fixture `profile` in tests/conftest.py takes each in turn.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from threecx_simulator import PROFILES, Profile, draw

_SEEDS = {f"seed{seed}": seed for seed in range(20)}
_FAST = ("auto", "manual")
_PROFILES = ("worst_case", "seed1", "seed2")


def read(name: str) -> Profile:
    """A named profile, or one that a seed drew."""
    return draw(_SEEDS[name]) if name in _SEEDS else PROFILES[name]


def readings(*, seeds_often: bool = True, told: bool = False, **options: Any) -> list[Any]:
    """pytest's parameters, one for each reading; where `options` leave no difference, the first stands for both.

    Not `seeds_often`: seeds only in `--long`. `told`: a verb's answer says how it ended, which 202 does not.
    """
    made: list[Any] = []
    seen: list[Profile] = []
    for name in (*_FAST, *_PROFILES, *_rest()):
        profile = replace(read(name), **options)
        if told and profile.status_codes == "202":
            profile = replace(profile, status_codes="200")
        if profile not in seen:
            seen.append(profile)
            made.append(pytest.param(profile, id=name, marks=_marks(name, seeds_often)))
    return made


def _rest() -> Iterable[str]:
    return (name for name in (*PROFILES, *_SEEDS) if name not in _FAST + _PROFILES)


def _marks(name: str, seeds_often: bool) -> list[pytest.MarkDecorator]:
    if name in _FAST:
        return []
    often = name in _PROFILES and (seeds_often or name not in _SEEDS)
    return [pytest.mark.profiles if often else pytest.mark.long]


def under(*, seeds_often: bool = True, told: bool = False, **options: Any) -> pytest.MarkDecorator:
    """For tests that are about one reading of something: every reading otherwise, with these options."""
    return pytest.mark.parametrize("profile", readings(seeds_often=seeds_often, told=told, **options))


ANSWERED = under(seeds_often=False, route_point_answer="auto")
"""Callers are connected to the route point at once: for tests that begin where the call is up. Most wait for sound,
which takes its time, so the seeds are left to `--long`.
"""
RINGING = under(route_point_answer="manual")
"""Callers ring at the route point until they are answered."""
KEPT = under(drop_on_post_end=False)
"""A leg outlives its sound: where 3CX ends it with the POST, a cut of the POST leaves nothing to look after."""
OWNERS = under(call_log_role="system_owners")
"""The call log and the reports need the role System Owner: for tests of a role that is too low."""
WAITING = under(route_point_unattended="waits", drop_on_post_end=False)
"""Callers come to a route point whose program is away, and stay there: for tests of a cut after which they are there."""
TOLD = under(told=True)
"""A verb's answer says how it ended: for tests of a reason, of an answer that is lost, or of what no leg shows."""
