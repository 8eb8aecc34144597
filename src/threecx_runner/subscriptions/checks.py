"""Parameters of a trigger that have the right types and yet can never work."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from threecx_runner.sdk import Params


@runtime_checkable
class Checked(Protocol):
    """Parameters that look at themselves."""

    def check(self) -> None:
        """Raises BadParameter, which names the parameter and the remedy."""


@runtime_checkable
class Sending(Protocol):
    """Parameters that say where callers go."""

    def destinations(self) -> Mapping[str, str]:
        """By the parameter's name; none of them is empty."""


def check_parameters(want: Params) -> None:
    """Raises BadParameter."""
    if isinstance(want, Checked):
        want.check()


def destinations_of(want: Params) -> Mapping[str, str]:
    """Where the trigger's callers may be sent, by the parameter's name."""
    return want.destinations() if isinstance(want, Sending) else {}
