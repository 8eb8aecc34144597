"""What nobody knows for sure about a real 3CX V20, each doubt one option.

The text under each option is printed in the docs: what it decides, what speaks for the default, and its source
(marks as in the project's API paper: D = 3CX's documentation, E = 3CX's example code, M = a 3CX maintainer,
T = tried by a third party on a real PBX, G = a guess).
"""

import ast
import re
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One reading of the real PBX. Times in the unit that the name ends with."""

    route_point_answer: Literal["auto", "manual"] = "auto"
    """Whether a call reaches a route point Connected at once, or Ringing until `answer`.
    3CX's IVR example never answers (E); two third parties do (T)."""

    token_kind: Literal["jwt", "opaque"] = "jwt"  # noqa: S105 (a kind, no secret)
    """The access token: an ES256 JWT with `exp` (T), or a string that says nothing."""

    token_roles: Literal["told", "missing"] = "told"  # noqa: S105 (a choice)
    """Whether the token's `role` tells the edition as a list of words, `Enterprise` among them where Call Control is
    licensed (third-party code: a bridge takes a token without it for the wrong licence). A real token is 425 characters
    long (T), more than its times and names need."""

    token_life_s: int = 3600
    """How long a token lives. One hour (D)."""

    expires_in_unit: Literal["minutes", "seconds"] = "seconds"
    """Unit of `expires_in`: seconds since 20.0.9 (E), minutes before (D)."""

    wrong_secret: Literal["401", "400"] = "401"  # noqa: S105 (a status)
    """Answer to a wrong secret: 401 `unauthorized` (D), or OAuth's 400 `invalid_client` (third-party code)."""

    mint_closes_sockets: bool = False
    """Whether a new token closes the sockets opened with the former one. Unknown (G)."""

    expiry_closes_sockets: bool = False
    """Whether a socket is closed when the token that opened it expires. Unknown (G)."""

    mint_kills_streams: bool = True
    """Whether a new token cuts running audio streams of the former one (T)."""

    party_did: bool = False
    """Whether `party_did` tells the number that was called. Empty in both public captures of V20 (T)."""

    participant_uid: bool = False
    """Whether legs carry `participant_uid`, which is never recycled (newer builds; third-party code)."""

    originated_by_self: bool = False
    """Whether a leg that its own DN dialled names that DN in `originated_by_dn`. Empty in the real capture (T)."""

    upsert_repeat_ms: int = 0
    """While a leg rings its Upsert is sent again so often; 0 = never. 750 was seen (T)."""

    upsert_delay_ms: int = 0
    """How much later than the change itself an Upsert or Remove is sent; keys are not delayed, so that they may
    come before the Upsert of their leg (G; T: the delay between frame and REST state)."""

    participant_ids: Literal["rising", "recycled"] = "rising"
    """Whether participant ids only rise, or the smallest free one is taken again (third-party code: recycled)."""

    held_shown: bool = False
    """Whether a party on hold shows `Held`, and the leg that transfers it `Hold`. The core knows both (O);
    one careful reader says REST never shows them (T)."""

    get_404_race: int = 0
    """For so many milliseconds after its first Upsert the GET of a leg answers 404 (T, E)."""

    own_leg_after_route: Literal["removed", "stays"] = "removed"
    """What becomes of the own leg when `routeto` succeeds. Examples drop it themselves, which suits both (E)."""

    far_leg_visible: bool = True
    """Whether the far leg of the application's own outgoing call shows up in events and lists;
    reading it is 403 (T)."""

    ring_each_device: bool = False
    """Whether an extension with several devices has one ringing leg per device or one in all (G)."""

    sequence: Literal["connection", "client"] = "connection"
    """Whether `sequence` begins again with each socket, or goes on where the client's former socket ended. Unknown (G)."""

    on_behalf_of: bool = True
    """Whether a leg that a queue or ring group rings names it in `on_behalf_of_dn`. A guess from the field's name (G)."""

    route_point_unattended: Literal["waits", "refused"] = "waits"
    """What a call meets at a route point whose program has no socket open: the same as ever, since the PBX does not
    know who would answer, or it fails as not registered. Unknown (G)."""

    places_reachable: bool = True
    """Whether `routeto`, `transferto` and `divert` reach the shared parking, a voicemail's dial code and the conference.
    Plausible, not documented for REST (G); if not, the destination is not reachable."""

    status_codes: Literal["200", "202", "4xx"] = "4xx"
    """How verbs tell their result: 200 with `finalstatus` (Failed too); 202 at once with an empty result, the outcome on
    the socket only; or failures as 424 with the result as body. All are documented as possible (D), none is told for sure.
    3CX's own menu takes any 2xx of `routeto` for a caller who was put through and hangs up its leg; only an error
    makes it play the prompt again (E)."""

    final_status: Literal["name", "number"] = "name"
    """`finalstatus` as a name (D, third-party fixture), or as the number of the official types (E)."""

    makecall_reply: Literal["outcome", "dialing"] = "outcome"
    """When `makecall` answers: when the far side has answered or failed, or as soon as the own leg dials (G)."""

    makecall_reply_delay_s: float = 0.0
    """How much later than `makecall_reply` says `makecall` answers: an answer may be late or lost (third-party code)."""

    unanswered_makecall: Literal["424", "422", "200"] = "424"
    """Status of a `makecall` that failed, always with a result as body (E reads `reasontext` from it; code: G)."""

    stale_device: Literal["404", "422"] = "404"
    """Status of a `makecall` on a device id that is not registered (any more). An unknown device is 404 (D), which the
    page does not list for `makecall`, as it does 422; both were seen (T)."""

    divert_reply: Literal["ringing", "answered"] = "ringing"
    """`divert` answers when the destination is *reached* (D): when it rings, or when it answered."""

    route_timeout_s: float = 30.0
    """How long `routeto`, `transferto` and `makecall` ring when the request names no `timeout` (G)."""

    route_reply_delay_s: float = 0.0
    """How much later than their outcome `routeto`, `transferto` and `divert` answer (T: hanging beyond 90 s)."""

    error_body: Literal["result", "empty", "html"] = "result"
    """Body of a verb that is refused (422): a result object, nothing, or a web server's page (G). One that was tried
    and failed always has a result as body (E reads it)."""

    licence_missing: Literal["404", "403"] = "404"
    """Answer of `/callcontrol` without the licence (T)."""

    activecalls_id: Literal["same", "different", "reused"] = "same"
    """Whether `ActiveCalls.Id` is the `callid`, another number, or a number that the next call takes again (G)."""

    activecalls_queue_status: Literal["Routing", "Ringing"] = "Routing"
    """`Status` in `ActiveCalls` of a caller who waits in a queue: it is not that of an answered call (T). Both words
    were seen there, for which state is not told (G)."""

    activecalls_party: Literal["trunk", "number_name", "number"] = "trunk"
    """`Caller` and `Callee` in `ActiveCalls`: number and name as in "1002 Doe, Jane" (T), where a party outside is its
    trunk with its number in brackets, "10001 SBC (02473003575)" (T: an exporter that counts the calls of each trunk,
    and a dump); the same with a party outside as number and name (G); or the number alone (third-party code)."""

    dropcall_answer: Literal["204", "200"] = "204"
    """Answer of `Pbx.DropCall`: 204 (T), or 200 with a body (swagger)."""

    dtmf_frames: Literal["single", "string"] = "single"
    """Keys pressed together: one event for each, or one event with all (G)."""

    response_keys: Literal["PascalCase", "snake_case"] = "PascalCase"
    """Keys in the answer to a request over the socket (event 4): `RequestID`, `StatusCode` … (D, E), or in snake case
    like `dtmf_input` beside them, since no such frame has been published (G)."""

    stream_frame_ms: int = 20
    """Length of the frames that the GET of a stream delivers. 20 in the example (E)."""

    get_burst_ms: int = 0
    """The GET delivers in bursts of so much sound (a buffering proxy in front); 0 = frame by frame (T: 256)."""

    get_odd_lengths: bool = False
    """Whether frames of the GET arrive cut at odd places (T)."""

    post_buffer_ms: int = 0
    """A proxy that buffers: what is posted arrives in bursts of so many milliseconds (T)."""

    post_jitter_ms: int = 20
    """How long the first sound after a silence waits before it is heard, so that what comes so much later than its
    time leaves no hole. Jitter should be minimised (D), and programs that post 320 bytes every 20 ms without more are
    in use (T), so that some is borne; 20 is one packet of telephony's sound (G)."""

    stream_idle_cut_s: float = 0.0
    """A proxy that cuts a POST on which nothing was sent for so long; 0 = never (T: 60)."""

    media_after_ms: int = 0
    """For so long after Connected the streams of a leg answer 424 (T: until media flows)."""

    post_unheard: bool = False
    """The POST is accepted and nobody hears it."""

    clock_ppm: float = 0.0
    """How much faster than real time the PBX plays and delivers sound, in millionths."""

    transfer_changes_id: bool = False
    """Whether the party that is handed on gets a new participant id (T; the `callid` stays)."""

    drop_on_post_end: bool = False
    """Whether the end of the audio POST hangs the leg up (third-party code keeps it open for fear of that)."""

    call_log_role: Literal["system_owners", "system_admins", "users"] = "system_owners"
    """The least role that reads the call log and the other reports: System Owner, else 403 (T); another party lists
    them as working with role User, perhaps on another build (T)."""

    report_zeros: Literal["missing", "sent"] = "missing"
    """Whether reports leave out keys whose value is zero, as they do with null (T)."""

    report_time_zone: Literal["offset", "iana", "both"] = "both"
    """What `clientTimeZone` may be: an offset like `+08:00`, where an IANA name is a 404 (T), an IANA name (T), or either."""

    null_queues: Literal["refused", "empty"] = "refused"
    """What `queueDnStr=null` is to a report: 400 with *The queueDnStr field is required.* (T), or an empty text, as null
    is in other parameters (S: all are nullable; an SDK sends it to the call log)."""

    extension_statistics: Literal["200", "500"] = "200"
    """Whether `ReportExtensionStatistics` works. It fails with 500 on one PBX (T)."""

    old_call_history: Literal["empty", "500"] = "empty"
    """`CallHistoryView` and `GetOldCallLogData`, whose tables get nothing since Update 6 (T), or an error (third-party code)."""

    call_log_ids: Literal["call", "leg"] = "call"
    """Whether all rows of a call have one `CallHistoryId` (T: 500 rows of one PBX), or each its own beside the common
    `MainCallHistoryId` (G)."""

    call_log_words: Literal["short", "long"] = "short"
    """What rows of the call log call a caller's way through a queue or a menu: `Inbound` and `System` (T), or
    `Inbound Queue` and `Digital Receptionist` (T: another PBX)."""

    recordings_in_call_log: bool = True
    """Whether rows of the call log carry `Recordings`. Absent on some PBXs (T)."""

    report_row_limit: int = 0
    """Rows that the call log gives at most, however they are paged; 0 = all. 20000 is the PBX's own setting on one (T)."""

    report_top: Literal["any", "1000"] = "any"
    """The largest `$top` of a report. 1000 works (T), and published scripts ask for 100000 and count what came
    (third-party code); that 1001 is refused is nowhere written."""

    recording_download: Literal["bytes", "redirect"] = "bytes"
    """`DownloadRecording` answers with the sound, or sends the client to another address for it (T: follow redirects)."""

    recording_final_s: float = 0.0
    """For so many seconds after its call a recording is answered with 404, since it is still being written (G)."""

    get_by_number: Literal["until_u8", "always"] = "until_u8"
    """Whether builds with alternate keys (`Queues(Number='800')`, from Update 8 on) know `Pbx.GetByNumber` no more, as it
    has left 3CX's OpenAPI file (S), or answer it still: published programs go on asking it (third-party code)."""

    path_case: Literal["any", "exact"] = "any"
    """Whether the fixed words in paths are known in any case, as ASP.NET Core routes them unless told otherwise
    (a published script asks `GetPropertiesByDn(dnnumber=…)`, which 3CX spells `dnNumber`). A slash at the end means
    nothing there either way. Names in `$filter` and its like are known in any case: 3CX's own web client sends
    `startsWith` there."""

    prefer_return: Literal["ignored", "honoured"] = "ignored"
    """Whether `Prefer: return=representation` makes a PATCH answer with the entity, and `return=minimal` a POST without
    it. 3CX documents 204 and 201 (D) and says nothing of the header (G)."""

    version: str = "20.0.9.0"
    """`X-3CX-Version` and `SystemStatus.Version`."""

    @property
    def build(self) -> tuple[int, ...]:
        """The version's first three numbers: `20.0.8` is V20 Update 8."""
        return tuple(int(one) for one in re.findall(r"\d+", self.version)[:3])


@dataclass(frozen=True, slots=True)
class Option:
    """One option in words, for the docs page."""

    name: str
    default: Any
    values: tuple[Any, ...]
    text: str


def described() -> list[Option]:
    """Every option with the text that stands under it in this file."""
    body = ast.parse(Path(__file__).read_text(encoding="utf-8")).body
    model = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == Profile.__name__)
    texts: dict[str, str] = {}
    for field, text in pairwise(model.body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
        ):
            texts[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    kinds = get_type_hints(Profile)
    return [
        Option(field.name, field.default, get_args(kinds[field.name]), texts.get(field.name, ""))
        for field in fields(Profile)
    ]
