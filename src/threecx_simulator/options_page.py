"""The docs page about what is known of the real PBX, made from the options' own texts."""

import re

from threecx_simulator.profile import PROFILES, Option, Profile, described

_HEAD = """<!-- Written by `threecx-simulator options`; do not edit. -->

# What is known of the real PBX

The simulator is written from 3CX's published interfaces and from what others saw on real PBXs. Where the sources
disagree, or say nothing, the behaviour is an option. Each has a default (the likeliest reading), and each named
profile sets some of them; `--profile drawn --seed N` draws most of them at random, the same for the same seed
(`threecx-simulator options --profile drawn --seed N` prints what it has drawn); faults are asked for by name.

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

_ILL = """
## How a PBX misbehaves, and how to have it here

An option is set when the PBX starts: `--set stream_idle_cut_s=60` on the command line (several may be given, on top of
any profile), `@pytest.mark.threecx(stream_idle_cut_s=60)` in a test, or in Python
`Simulator(profile=replace(PROFILES["auto"], stream_idle_cut_s=60.0))`. The rest happens at any moment that you choose: by a
request to the control API, by the method of that name on `sim.control` (with the plugin,
`threecx_pbx.run(lambda: threecx_pbx.simulator.control.half_open())`, and `threecx_pbx.wait(….restart())` for the
two that are awaited, `restart` and `cut_sockets`), or in the `faults` of a scenario. All of it can be
combined; times are seconds of the PBX, which `--time-scale` makes shorter than ours.

| what goes wrong | option | control API | `sim.control` | scenario |
| --- | --- | --- | --- | --- |
| Sound comes in bursts of 256 ms, cut at odd places | `get_burst_ms`, `get_odd_lengths` | | | |
| A proxy buffers what is posted, or cuts a POST that is idle for 60 s | `post_buffer_ms`, `stream_idle_cut_s` | | | |
| A POST is accepted and nobody hears it | `post_unheard` | | | |
| Streams answer 424 at first, or end in mid-call | `media_after_ms`, `mint_kills_streams` | `POST /faults/cut-streams` | `cut_streams` | `cut_streams` |
| The end of a POST hangs up | `drop_on_post_end` | | | |
| The clock is up to 100 ppm off | `clock_ppm` | | | |
| A route is accepted with 202 and then fails: the target has `busy: true`, or `answers_after: null` | `status_codes` | `PATCH /behaviours/{number}` | `behave` | `people` |
| A route succeeds and the answer comes more than 90 s later: 95 | `route_reply_delay_s` | | | |
| The answer to `makecall` is late, or lost while the call goes on | `makecall_reply_delay_s` | `POST /faults/cut-requests` | `cut_requests` | `cut_requests` |
| A route succeeds and whoever answered hangs up at once: `hangs_up_after: 0` | | `PATCH /behaviours/{number}` | `behave` | `people` |
| Voicemail answers for an extension: `answers_after: null`, `voicemail_after: 5` | | `PATCH /behaviours/{number}` | `behave` | `people` |
| Keys come before the Upsert of their leg, or many at once | `upsert_delay_ms`, `dtmf_frames` | `POST /calls/{call}/keys` | `press` | `people` |
| An Upsert is repeated, or comes before its leg can be read | `upsert_repeat_ms`, `get_404_race` | | | |
| Sockets answer pings and say nothing more | | `POST /faults/half-open` | `half_open` | `half_open` |
| Sockets end with 1001, 1006, 1011 | `mint_closes_sockets`, `expiry_closes_sockets` | `POST /faults/cut-sockets` | `cut_sockets` | `cut_sockets` |
| The PBX restarts and hands out the same ids and `callid` again | `participant_ids` | `POST /faults/restart` | `restart` | `restart` |
| A leg gets a new party in place | | `POST /calls/{call}/party` | `new_party` | `new_party` |
| Two calls merge into one `callid` | | `POST /calls/{call}/merge` | `merge` | |
| `ActiveCalls` keeps a call that has ended, or numbers calls otherwise | `activecalls_id` | `POST /calls/{call}/haunt` | `haunt` | |
| The calls that the licence allows are used up | | `POST /faults/call-limit` | `limit_calls` | `call_limit` |
| A DN is unticked, or ticked, in mid-call | | `POST /faults/monitor` | `monitor` | `untick`, `tick` |
| A failover: every token is worthless | `token_life_s` | `POST /faults/invalidate-tokens` | `invalidate_tokens` | `invalidate_tokens` |
| 429 with `Retry-After`, 500, 502, 503, a web server's page, also for the upgrade of a socket | | `POST /faults/answers` | `answer_next` | `answers` |
| The licence is gone | `licence_missing` | `POST /faults/licence` | `licence` | `licence_off`, `licence_on` |
| A telephone registers again under another device id | `stale_device` | `POST /faults/register-anew/{dn}` | `register_anew` | `register_anew` |

Bodies of the requests are on the control side's own page (`/docs` there); `POST /reset` ends all of it but the options.
"""


def page() -> str:
    """The whole page."""
    options = described()
    rows = "".join(_row(option) for option in options)
    profiles = "".join(_profile(name, options) for name in PROFILES)
    return f"{_HEAD}{rows}\n## The profiles\n\n{profiles}{_ILL}{_UNKNOWN}"


def _row(option: Option) -> str:
    others = ", ".join(f"`{value}`" for value in option.values if value != option.default)
    text = re.sub(r"\(([DSEMOTG])\b", r"(**\1**", option.text).replace("|", "\\|")
    return f"| `{option.name}` | `{option.default}` | {others or _kind(option)} | {text} |\n"


def _kind(option: Option) -> str:
    return "`True`" if option.default is False else "`False`" if option.default is True else "any"


def settings(profile: Profile) -> list[str]:
    """What a profile sets other than the default, each as `--set` takes it."""
    values = [(option.name, getattr(profile, option.name), option.default) for option in described()]
    return [f"{name}={value}" for name, value, default in values if value != default]


def _profile(name: str, options: list[Option]) -> str:
    profile = PROFILES[name]
    changed = [
        f"`{option.name}` = `{getattr(profile, option.name)}`"
        for option in options
        if getattr(profile, option.name) != option.default
    ]
    return f"- **{name}**: {', '.join(changed) or 'every default'}.\n"
