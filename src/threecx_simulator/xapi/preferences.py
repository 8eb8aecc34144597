"""What a client would like (`Prefer`, RFC 7240; OData 4.01 part 1, 8.2.8)."""

import re

from starlette.requests import Request

from threecx_simulator.xapi.shape import SET_LIMIT


def page_size(request: Request) -> int:
    """Rows in one page of a set: a client may ask for fewer, by `maxpagesize=10` (ASP.NET OData's own way, source)."""
    wish = re.search(
        r"\b(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})", request.headers.get("prefer", ""), re.IGNORECASE
    )
    return min(SET_LIMIT, int(wish[1])) if wish and int(wish[1]) > 0 else SET_LIMIT


def returned(request: Request) -> str:
    """`minimal` or `representation` when a client says which answer to a change it wants, else ""."""
    wish = re.search(
        r"\breturn\s*=\s*\"?(minimal|representation)\b", request.headers.get("prefer", ""), re.IGNORECASE
    )
    return wish[1].lower() if wish else ""
