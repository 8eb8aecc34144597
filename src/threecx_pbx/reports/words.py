"""What people type into a search: every word must be there, in any order. Pure.

How the PBX reads a `$search` of several words is not documented (api.md 7.1): it is asked for one, the rest is compared here.
"""

from collections.abc import Sequence

from threecx_pbx.errors import BadParameter
from threecx_pbx.xapi.client import Row


def words_of(search: str) -> tuple[str, ...]:
    """The words without quotes, the longest first; none of an empty text. Raises BadParameter for quotes alone."""
    words = search.replace("\\", " ").replace('"', " ").split()
    if search.strip() and not words:
        raise BadParameter("Search holds no word.", hint="Write a name, a company or a part of one.")
    return tuple(sorted(words, key=len, reverse=True))


def term(words: Sequence[str]) -> str:
    """One word as a phrase of OData, which a user's text cannot end; empty of none."""
    return f'"{words[0]}"' if words else ""


def holds(row: Row, words: Sequence[str]) -> bool:
    """Whether the row has the words that the PBX was not asked for."""
    told = "\n".join(value for value in row.values() if isinstance(value, str)).casefold()
    return all(word.casefold() in told for word in words[1:])
