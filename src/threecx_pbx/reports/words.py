"""What people type into a search: every word must be there, in any order.

How the PBX reads a `$search` of several words is not documented (api.md 7.1): it is asked for one, the rest is compared here.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing

from threecx_pbx.errors import BadParameter
from threecx_pbx.xapi.client import Row, Xapi


def _words_of(search: str) -> tuple[str, ...]:
    """The words without quotes, the longest first; none of an empty text. Raises BadParameter for quotes alone."""
    words = search.replace("\\", " ").replace('"', " ").split()
    if search.strip() and not words:
        raise BadParameter("Search holds no word.", hint="Write a name, a company or a part of one.")
    return tuple(sorted(words, key=len, reverse=True))


async def matching(
    xapi: Xapi, path: str, what: str, options: Mapping[str, str], search: str, limit: int | None
) -> AsyncIterator[Row]:
    """Rows of an entity set that hold every word of the text. Raises BadParameter, Forbidden, …"""
    words = _words_of(search)
    # a phrase in double quotes is one search term of OData, which a user's text cannot end
    asked = {**options, "search": f'"{words[0]}"' if words else ""}
    # of several words, rows are read until enough have them all
    pages = xapi.pages(path, what, asked, limit=limit if len(words) < 2 else None)
    found = 0
    async with aclosing(pages):
        async for page in pages:
            for row in page:
                if found == limit:
                    return
                if _holds(row, words[1:]):
                    found += 1
                    yield row


def _holds(row: Row, words: Sequence[str]) -> bool:
    told = "\n".join(value for value in row.values() if isinstance(value, str)).casefold()
    return all(word.casefold() in told for word in words)
