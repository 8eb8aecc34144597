"""What the HTTP API asks of the rest of the runner: the Dispatcher, the sessions and the care of calls stand behind it.

Every method may be cancelled (the client went away, the deadline passed) and raises `ThreeCxError` for anything that a
user should read; other exceptions are bugs.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from threecx_pbx.calls.model import Call, EventId, PbxId
from threecx_runner.api.wire import Line, Login, PbxFacts, Request
from threecx_runner.dropdowns import Offered
from threecx_runner.subscriptions.model import Live, SubscriptionId


class Dispatching(Protocol):
    """POST /v1/nodes/{node}/{operation}."""

    def run(self, request: Request) -> AsyncIterator[Line]:
        """One line per result item or failed item, as they come; the API adds the end line.

        Raised before the first line (OperationUnknown, WrongCredentials …): the whole request fails with that Problem.
        The iterator is closed (`aclose`) when the client goes away or the deadline passes.
        """


class Accounts(Protocol):
    """GET /v1/account, and proof of who asks for a file or a subscription."""

    async def prove(self, login: Login) -> None:
        """Makes sure that the PBX takes this login, by logging in where no session has. Raises WrongCredentials and its like."""

    async def look(self, login: Login) -> PbxFacts:
        """Logs in with exactly this secret and checks licence, rights and extension."""


class OptionLists(Protocol):
    """GET /v1/options/{list}."""

    async def options(self, login: Login, name: str, search: str) -> Offered:
        """What matches the search. Raises OperationUnknown for a list that is not there."""


class Claims(Protocol):
    """POST /v1/deliveries/{eventId}/claim."""

    async def claim(self, login: Login, event: EventId, subscription: SubscriptionId) -> str | None:
        """None: the call is that subscription's, also when asked twice. Else why not, as a sentence."""


class Listening(Protocol):
    """What the subscriptions ask of the PBX sessions: somebody must watch the PBX for them."""

    async def watch(self, live: Live, *, changed: bool = False) -> None:
        """Makes sure that a session of this login is up and may see what the trigger wants; `changed`: and that the
        guard lets its callers go where it wants them to.

        Raises what the user must hear now (WrongCredentials, ExtensionIsUser …); an unreachable PBX raises
        PbxUnreachable, yet is tried again by itself for subscriptions that are kept. Called for each PUT, each lease
        renewal, and at start for what the journal holds; idempotent.
        """

    async def unwatch(self, live: Live) -> None:
        """The subscription is gone; its live calls stay with their executions (features.md 1.9)."""


class View(Protocol):
    """GET /v1/calls and /readyz."""

    def calls(self) -> Sequence[tuple[PbxId, Call]]:
        """All calls that are up now."""

    def troubles(self) -> Sequence[str]:
        """One sentence for each PBX that cannot be reached or has no socket; empty when all is well."""
