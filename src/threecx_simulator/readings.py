"""Readings of the real PBX: named profiles, and what a seed draws where nobody knows."""

import re
from dataclasses import fields, replace
from random import Random
from typing import Any, get_args, get_type_hints

from threecx_simulator.profile import Profile

_AUTO = Profile()

PROFILES: dict[str, Profile] = {
    "auto": _AUTO,
    "manual": replace(_AUTO, route_point_answer="manual"),
    "v20_u7": replace(
        _AUTO,
        version="20.0.7.0",
        expires_in_unit="minutes",
        route_point_answer="manual",
        upsert_repeat_ms=750,
        report_time_zone="offset",
    ),
    "v20_u9": replace(_AUTO, version="20.0.9.0", participant_uid=True, party_did=True),
    "worst_case": replace(
        _AUTO,
        version="20.0.8.1121",
        route_point_answer="manual",
        expires_in_unit="minutes",
        wrong_secret="400",  # noqa: S106 (a status)
        mint_closes_sockets=True,
        upsert_repeat_ms=750,
        get_404_race=120,
        upsert_delay_ms=100,
        participant_ids="recycled",
        held_shown=True,
        expiry_closes_sockets=True,
        own_leg_after_route="stays",
        ring_each_device=True,
        status_codes="200",
        final_status="number",
        makecall_reply="dialing",
        unanswered_makecall="422",
        divert_reply="answered",
        error_body="html",
        licence_missing="403",
        activecalls_id="reused",
        activecalls_queue_status="Ringing",
        dropcall_answer="200",
        dtmf_frames="string",
        report_time_zone="iana",
        extension_statistics="500",
        old_call_history="500",
        call_log_ids="leg",
        call_log_words="long",
        recordings_in_call_log=False,
        report_top="1000",
        recording_download="redirect",
        path_case="exact",
        prefer_return="honoured",
        get_burst_ms=256,
        post_buffer_ms=60,
        post_jitter_ms=0,
        get_odd_lengths=True,
        media_after_ms=150,
        clock_ppm=-100.0,
        transfer_changes_id=True,
    ),
}

_DRAWN: dict[str, tuple[Any, ...]] = {
    "makecall_reply_delay_s": (0.0, 0.4),
    "route_reply_delay_s": (0.0, 1.0),
    "stream_frame_ms": (20, 40, 100),
    "stream_idle_cut_s": (0.0, 60.0),
    "recording_final_s": (0.0, 1.0),
    "upsert_repeat_ms": (0, 750),
    "upsert_delay_ms": (0, 20, 150),
    "get_404_race": (0, 60, 150),
    "get_burst_ms": (0, 256),
    "post_buffer_ms": (0, 40),
    "post_jitter_ms": (0, 20, 60),
    "media_after_ms": (0, 100),
    "clock_ppm": (-100.0, 0.0, 100.0),
    "version": ("20.0.7.0", "20.0.8.1121", "20.0.9.0", "20.0.10.100"),
}
DRAWN = "drawn"  # `auto` with everything drawn
_FIXED = frozenset({"post_unheard"})  # a fault: asked for by name
_BY_BUILD = frozenset({"version", "expires_in_unit"})
_BUILDS = frozenset({"v20_u7", "v20_u9", "worst_case"})  # profiles of one build of 3CX


_LONGEST = 86_400_000  # a day, in milliseconds
_RANGES = {"clock_ppm": (-100_000, 100_000), "stream_frame_ms": (10, 1000), "token_life_s": (1, 86_400_000)}


def reading(name: str, seed: int | None = None) -> Profile:
    """A profile by its name; with a seed, what it leaves open is drawn. ValueError when there is none of that name."""
    if name not in {*PROFILES, DRAWN}:
        raise ValueError(f"There is no profile {name}; there are {', '.join(PROFILES)} and {DRAWN}")
    if name == DRAWN:
        return draw(seed or 0)
    return PROFILES[name] if seed is None else draw(seed, name)


def draw(seed: int, profile: str = "auto") -> Profile:
    """What a named profile leaves open is drawn at random, the same for the same seed: options that are a mere doubt
    take any of the values that are drawn, so that no program can lean on one reading. `auto` leaves everything open."""
    kinds = get_type_hints(Profile)
    drawn: dict[str, Any] = {}
    for name in _open(profile):
        choices = _DRAWN.get(name) or ((False, True) if kinds[name] is bool else get_args(kinds[name]))
        if choices:
            own = Random(f"{seed} {name}")  # noqa: S311 (a reproducible draw; a new option changes no other)
            drawn[name] = own.choice(choices)
    return replace(PROFILES[profile], **drawn)


def _open(profile: str) -> list[str]:
    """The options that a profile does not decide: it decides what it changes and what goes with its build."""
    named = PROFILES[profile]
    decided = _FIXED | _BY_BUILD if profile in _BUILDS else _FIXED
    names = [field.name for field in fields(Profile)]
    return [one for one in names if one not in decided and getattr(named, one) == getattr(_AUTO, one)]


def with_option(profile: Profile, name: str, text: str = "") -> Profile:
    """The profile with one option set from text, e.g. `upsert_repeat_ms`, `750`. ValueError says what is wrong."""
    kinds = get_type_hints(Profile)
    if name not in kinds:
        raise ValueError(f"there is no option {name}")
    kind = kinds[name]
    choices = get_args(kind) or ((True, False) if kind is bool else ())
    chosen = [choice for choice in choices if str(choice).lower() == text.lower()]
    if choices and not chosen:
        raise ValueError(f"{name} is one of {', '.join(map(str, choices))}")
    if name == "version" and not re.fullmatch(r"\d+(\.\d+){2,3}", text):
        raise ValueError("version looks like 20.0.9.0")
    value: Any = chosen[0] if choices else _number(name, kind, text) if kind in {int, float} else text
    return replace(profile, **{name: value})


def _number(name: str, kind: type[int] | type[float], text: str) -> float:
    least, most = _RANGES.get(name, (0, _LONGEST))
    try:
        value = kind(text)
    except ValueError:
        value = kind(least - 1)
    if not least <= value <= most:
        raise ValueError(f"{name} is a {'whole ' * (kind is int)}number from {least} to {most}")
    return value
