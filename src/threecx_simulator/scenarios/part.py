"""What all parts of a scenario file have in common."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Part)


def exactly_one(part: T, names: set[str]) -> T:
    """ValueError unless just one of these fields is given."""
    given = [name for name in sorted(names) if getattr(part, name) is not None]
    if len(given) != 1:
        both = f", not {' and '.join(given)}" if given else ""
        raise ValueError(f"exactly one of {', '.join(sorted(names))} must be given{both}")
    return part
