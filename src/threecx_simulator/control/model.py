"""What the control API takes and gives. JSON is camelCase; snake_case is understood as well."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel

from threecx_simulator.pbx.world import Role
from threecx_simulator.scenarios.words import MOMENT, moment

_FROM = AliasChoices("from", "from_")
Moment = Annotated[str, AfterValidator(moment), Field(json_schema_extra={"pattern": MOMENT})]
Method = Literal["", "GET", "POST", "PUT", "PATCH", "DELETE"]
CallState = Literal["dialing", "ringing", "connected", "ended"]


KEYS = r"^[0-9*#A-D]+$"
LONGEST = 1_000_000.0  # seconds, about eleven days
Truth = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict()]


class Complaint(BaseModel):
    """Why a request was refused."""

    detail: str


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


def example(body: dict[str, Any]) -> ConfigDict:
    """What the OpenAPI page puts into the body: something that works."""
    return ConfigDict(json_schema_extra={"example": body})


class CallOrder(_Model):
    """A call to place."""

    model_config = example(
        {"from": "+49301234567", "to": "+4930555101", "hangupWhen": "connected 101", "hangupDelay": 3}
    )

    from_: str = Field(
        validation_alias=_FROM,
        serialization_alias="from",
        description="An extension, or any number outside; empty = withheld",
        examples=["+49301234567"],
    )
    to: str = Field(
        min_length=1, description="A DID of the PBX, or a number inside", examples=["+4930555001"]
    )
    name: str = Field("", description="The caller's name as displayed")
    hangup_after: Real | None = Field(None, ge=0, le=LONGEST, description="Seconds from the beginning")
    hangup_when: Moment | None = Field(None, description="A moment of the timeline", examples=["ringing 101"])
    hangup_delay: Real = Field(0, ge=0, le=LONGEST, description="Seconds after that moment")


class MomentView(_Model):
    """One line of the timeline; `seconds` since the call began."""

    at: datetime
    seconds: float
    what: str


class LegView(_Model):
    """A leg as of now."""

    id: int
    dn: str
    number: str
    status: str


class CallReport(_Model):
    """A call and what happened to it."""

    id: str
    callid: int
    from_: str = Field(validation_alias=_FROM, serialization_alias="from")
    to: str
    state: CallState
    began_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    connected_to: str | None = Field(description="Whom the caller talks to, or talked to last")
    attached: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Data that programs attached, by DN or outside number"
    )
    legs: list[LegView]
    timeline: list[MomentView]

    @property
    def moments(self) -> list[str]:
        """The timeline's words alone."""
        return [moment.what for moment in self.timeline]


class BehaviourPatch(_Model):
    """What is to change; missing fields stay. See `Behaviour`."""

    model_config = example({"answersAfter": 6, "says": "tone:440:1"})

    answers_after: Real | None = Field(None, ge=0, le=LONGEST, description="Seconds; null = nobody answers")
    busy: Truth = False
    registered: Truth = True
    voicemail_after: Real | None = Field(None, ge=0, le=LONGEST)
    hangs_up_after: Real | None = Field(None, ge=0, le=LONGEST)
    forwards_to: str | None = None
    says: str | None = None
    presses: str | None = Field(None, pattern=KEYS, description="Keys, after picking up")
    presses_after: Real = Field(1.0, ge=0, le=LONGEST)
    exists: Truth = True


class AskedView(_Model):
    """A request that the PBX got. Status 101 = a socket was opened."""

    at: datetime
    method: str
    path: str
    status: int


class Requests(_Model):
    """Everything that was asked since the last reset; `counts` by "METHOD path status"."""

    asked: list[AskedView]
    counts: dict[str, int]
    answers: dict[str, int] = Field(description="Successful `answer` requests by participant id")
    tokens: dict[str, int] = Field(description="Tokens minted by client id")
    sockets_opened: int
    sockets_open: int


class Keys(_Model):
    """Keys that somebody presses."""

    model_config = example({"keys": "1"})

    keys: str = Field(pattern=KEYS, max_length=64)
    party: str | None = Field(None, description="Who: a DN or an outside number; the caller unless given")


class IllnessOrder(_Model):
    """The next requests that match are answered with `status`."""

    model_config = example({"status": 503, "count": 2, "path": "/callcontrol", "retryAfter": 1})

    status: Whole = Field(ge=400, le=599)
    count: Whole = Field(1, ge=1)
    path: str = Field("", description="Part of the path")
    method: Method = Field("", description="Only this method")
    retry_after: Whole | None = Field(None, ge=0, description="Seconds")
    html: Truth = Field(False, description="With a web server's page as body")


class SocketCut(_Model):
    """How sockets end: 1006 breaks the connection, other codes are sent."""

    code: Whole = Field(1006, ge=1000, le=4999)


class Switch(_Model):
    """On or off."""

    on: Truth


class Monitoring(_Model):
    """Whether a client may see a DN (the tick in the PBX's console)."""

    model_config = example({"client": "8001", "dn": "101"})

    client: str
    dn: str
    on: Truth = False


class ClientRights(_Model):
    """What is to change of an API client: its role and its two tick boxes; missing fields stay."""

    model_config = example({"role": "managers", "xapi": False})

    role: Role | None = None
    call_control: Truth | None = None
    xapi: Truth | None = None


class ClientView(_Model):
    """An API client."""

    id: str
    name: str
    role: Role
    call_control: bool
    xapi: bool
    monitors: list[str]


class CallLimit(_Model):
    """Calls at a time."""

    model_config = example({"calls": 4})

    calls: Whole = Field(ge=0, le=1 << 31)


class NewParty(_Model):
    """Who takes the caller's place."""

    model_config = example({"number": "+49301111111", "name": "Somebody else"})

    number: str = Field(min_length=1)
    name: str = ""


class Merge(_Model):
    """The other call, and whose `callid` remains."""

    model_config = example({"other": "call-2"})

    other: str
    keep_first: Truth = True


class Restart(_Model):
    """A restart of the PBX; `reuse_ids`: participant ids and `callid` begin again."""

    reuse_ids: Truth = True


class HeardSpan(_Model):
    """Sound or silence; seconds since the call began. `level`: its loudest 20 ms, 0 to 1."""

    start: float
    end: float
    sound: bool
    level: float


class Heard(_Model):
    """What a party heard. `underruns`: times at which what should have been continuous broke off."""

    party: str
    seconds: float
    spans: list[HeardSpan]
    underruns: int

    @property
    def sounds(self) -> list[HeardSpan]:
        """Without the silences."""
        return [span for span in self.spans if span.sound]


class GapView(_Model):
    """Nothing was left to play. `at`: seconds since the POST was opened."""

    at: float
    ms: float
    underrun: bool


class PostView(_Model):
    """One audio POST. `max_ahead_ms`: the most sound that ever waited to be heard."""

    participant: int
    received: int
    seconds: float
    max_ahead_ms: float
    underruns: int
    longest_gap_ms: float
    gaps: list[GapView]


class Arrival(_Model):
    """Bytes that arrived together; `at`: seconds since the POST was opened."""

    at: float
    bytes: int


class PostTimes(PostView):
    """One audio POST with the times at which its sound arrived (the first 10,000 of them)."""

    arrivals: list[Arrival]


class Streams(_Model):
    """How the streams ran. When `worst_late_ms` is large the simulator itself was late: measure again."""

    gets_open: int
    posts_open: int
    posts: list[PostView]
    underruns: int
    ticks: int
    late_ticks: int
    worst_late_ms: float


class Said(_Model):
    """What was said, in seconds."""

    seconds: float


class VerdictView(_Model):
    """What became of one expectation of a scenario."""

    call: str
    expected: str
    met: bool
    why: str
