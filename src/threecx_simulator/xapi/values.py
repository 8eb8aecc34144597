"""Values as OData reads and names them, and what is said about those that cannot be meant."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from threecx_simulator.xapi.model import MOMENTS, NUMBERS

Row = Mapping[str, Any]
EDM = {
    "string": "Edm.String",
    "boolean": "Edm.Boolean",
    "int32": "Edm.Int32",
    "int64": "Edm.Int64",
    "uint8": "Edm.Byte",
    "decimal": "Edm.Decimal",
    "double": "Edm.Double",
    "float": "Edm.Single",
    "date-time": "Edm.DateTimeOffset",
    "date": "Edm.Date",
    "time": "Edm.TimeOfDay",
    "duration": "Edm.Duration",
    "uuid": "Edm.Guid",
    "binary": "Edm.Binary",
    "base64url": "Edm.Binary",
    "object": "Edm.Untyped",
}


class BadQuery(ValueError):
    """The query cannot be understood; the PBX answers 400."""


def named(kind: str) -> str:
    """How OData spells a kind of the model: `boolean` is Edm.Boolean, `[string]` Collection(Edm.String)."""
    plain = kind.strip("[]")
    name = EDM.get(plain, f"Pbx.{plain}")
    return f"Collection({name})" if kind.startswith("[") else name


def kind_of(name: str) -> str:
    """The filter's kind of a property's kind."""
    if name in NUMBERS:
        return "number"
    if name in MOMENTS:
        return "moment"
    return {"string": "text", "boolean": "flag", "uuid": "guid"}.get(name, name)


def seconds(text: str) -> float:
    """An ISO 8601 duration (`PT8M42S`, `-P1DT2H`)."""
    found = re.fullmatch(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    if found is None:
        raise BadQuery(f"'{text}' is not a duration.")
    try:
        days, hours, minutes, rest = (float(part or 0) for part in found.groups()[1:])
    except ValueError as error:
        raise BadQuery(f"'{text}' is not a duration.") from error
    return (days * 86400 + hours * 3600 + minutes * 60 + rest) * (-1 if found[1] else 1)


def moment(text: str) -> datetime:
    """An ISO 8601 time; UTC when it names no zone."""
    try:
        read = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"'{text}' is not a time.") from error


def clock(text: str) -> time:
    """A time of day (`09:30`, `08:30:00.0000000`)."""
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"'{text}' is not a time of day.") from error
