"""What operations and triggers are asked and what they give: the models on n8n's wire, and the types of their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from threecx_runner.naming import field_camel


class Wire(BaseModel):
    """A model that spells in camel case on n8n's wire."""

    model_config = ConfigDict(
        alias_generator=field_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,  # expressions give 101 where a parameter is text
    )


class Params(Wire):
    """What an operation or trigger is asked. Types, ranges and defaults here are the only ones there are."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A binary of an output item, in the runner's file store until n8n has fetched it."""

    id: str
    file_name: str
    mime_type: str


class Result(Wire):
    """One output item."""

    _binary: dict[str, Attached] = PrivateAttr(default_factory=dict)

    def with_binary(self, field: str, file: Attached) -> Self:
        """The same item with one more binary field."""
        self._binary[field] = file
        return self

    @property
    def binary(self) -> Mapping[str, Attached]:
        """Binary fields by name."""
        return self._binary


class OnHangUp(StrEnum):
    """What becomes of the item when the caller hangs up and the operation has no Hung Up output."""

    END_BRANCH = "endBranch"
    CONTINUE = "continue"
    ERROR = "error"


class WhichCall(StrEnum):
    """How the call is found (features.md 1.6)."""

    THIS_EXECUTION = "thisExecution"
    CALL_ID = "callId"
    EXECUTION_ID = "executionId"


class CallParams(Params):
    """Parameters of every operation that acts on a call."""

    call: WhichCall = WhichCall.THIS_EXECUTION
    call_id: str = ""
    execution_id: str = ""
    on_hang_up: OnHangUp = OnHangUp.END_BRANCH
    include_input: bool = False


class CallResult(Result):
    """Every output item of a call operation carries the call."""

    call_id: str


class Locator(Wire):
    """An n8n resource locator: `mode` list, number, id, url …; a plain text or number counts as mode `list`."""

    mode: str = "list"
    value: str = ""


def _located(value: object) -> object:
    if _is_plain(value):
        return {"mode": "list", "value": str(value)}
    if isinstance(value, Mapping):
        said = value.get("value")
        return {"mode": str(value.get("mode", "list")), "value": str(said) if said or _is_plain(said) else ""}
    return value


def _is_plain(value: object) -> bool:
    """Text, or a number as expressions give it."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


Located = Annotated[Locator, BeforeValidator(_located)]


def _numbers(value: object) -> object:
    if _is_plain(value):
        return [number.strip() for number in str(value).split(",") if number.strip()]
    return value


NumberList = Annotated[list[str], BeforeValidator(_numbers)]
"""Numbers, as a list or as text with commas between them; `*` stands for all."""


def _rows(value: object) -> object:
    return value.get("rows", []) if isinstance(value, Mapping) else value


Rows = BeforeValidator(_rows)
"""For a list of models: n8n's fixed collection wraps it as `{"rows": […]}`."""


def _keys(value: object) -> object:
    text = "".join(map(str, value)) if isinstance(value, list) else value
    return text.replace(",", "").replace(" ", "").upper() if isinstance(text, str) else text


KeyText = Annotated[str, BeforeValidator(_keys), Field(pattern=r"^[0-9*#A-D]*$")]
"""Keys of a telephone, as text or as a list; commas and spaces do not count."""
