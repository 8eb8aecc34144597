"""The extensions of the PBX."""

from collections.abc import AsyncIterator
from enum import StrEnum

from threecx_pbx.reports.people import filters, people
from threecx_runner.sdk import Context, Effect, Wire, operation

from ..shared.listing import Listed
from ..shared.presence import Presence, presence


class Either(StrEnum):
    """A yes, a no, or both."""

    ANY = "any"
    YES = "yes"
    NO = "no"


_MEANT = {Either.ANY: None, Either.YES: True, Either.NO: False}


class Filters(Wire):
    """Keeps extensions that match all that is set."""

    search: str = ""
    registered: Either = Either.ANY
    in_queues: Either = Either.ANY


class GetExtensionsParams(Listed):
    """Parameters of Get Extensions."""

    filters: Filters = Filters()
    simplify: bool = True


class Extension(Presence):
    """One extension; `raw` is what the PBX told, when it was not simplified."""

    raw: dict[str, object] | None


@operation(result=Extension, effect=Effect.READ)
async def get_extensions(on: Context, ask: GetExtensionsParams) -> AsyncIterator[Extension]:
    """In the order of their numbers."""
    by = ask.filters
    found = people(
        on.reports,
        search=by.search,
        condition=filters(registered=_MEANT[by.registered], in_queues=_MEANT[by.in_queues]),
        limit=ask.most,
        whole=not ask.simplify,
    )
    async for one in found:
        yield Extension(**dict(presence(one)), raw=None if ask.simplify else one.raw)
