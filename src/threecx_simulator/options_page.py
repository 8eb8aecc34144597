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


_UNKNOWN = """
## What nobody knows

The questions that a look at a real PBX would answer first, and what covers the doubt until then: an option above, or a
request to the control API.

| question | covered by |
| --- | --- |
| Does an inbound leg of a route point come Connected, or Ringing until `answer`? | `route_point_answer` |
| Bodies of refusals, kind of `finalstatus`, 200 or 202, when `transferto` answers | `error_body`, `final_status`, `status_codes`, `unanswered_makecall`, `makecall_reply`, `makecall_reply_delay_s`, `divert_reply`, `route_reply_delay_s` |
| The frame of a key: one for each, or one for several? Names of the keys in event 4 | `dtmf_frames`, `upsert_delay_ms`, `response_keys` |
| Does a socket survive its token; does `sequence` begin again? | `expiry_closes_sockets`, `mint_closes_sockets`, `sequence` |
| Do verbs reach parking, voicemail, conference? | `places_reachable` |
| Is `ActiveCalls.Id` the `callid`; how do `Caller`, `Callee` and `Status` look? | `activecalls_id`, `activecalls_party`, `activecalls_queue_status` |
| Does the end of the audio POST end the call; must silence be sent? | `drop_on_post_end`, `stream_idle_cut_s` |
| Is `participant_uid` there; are `Hold` and `Held` ever seen? | `participant_uid`, `held_shown` |
| Which role reads the call log? | `call_log_role` |
| What meets a call at a route point without a program; does a new token cut streams at once? | `route_point_unattended`, `mint_kills_streams` |
| Does the own leg go when `routeto` succeeds; does a party keep its id when it is handed on? | `own_leg_after_route`, `transfer_changes_id` |
| Do two calls merge when a telephone joins them, and whose `callid` stays? | `POST /calls/{call}/merge` |
| Line ends and characters of CDR sockets; meanings of `sourceType` and `callsType` other than 0 | not simulated |
"""


def page() -> str:
    """The whole page."""
    options = described()
    rows = "".join(_row(option) for option in options)
    profiles = "".join(_profile(name, options) for name in PROFILES)
    return f"{_HEAD}{rows}\n## The profiles\n\n{profiles}{_UNKNOWN}"


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
