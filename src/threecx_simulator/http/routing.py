"""Routes as ASP.NET Core matches them: fixed words in any case, a slash at the end means nothing, and HEAD is no GET."""

import re
from collections.abc import Callable, Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, WebSocketRoute
from starlette.types import Scope

from threecx_simulator.http.refusals import empty, not_allowed
from threecx_simulator.profile import Profile


class PbxRoute(Route):
    """A path of the Call Control API or of its log-in."""

    def __init__(
        self, path: str, endpoint: Callable[..., Any], methods: Collection[str], profile: Profile
    ) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.methods = set(methods)
        self.path_regex = re.compile(self.path_regex.pattern, flags(profile))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `Route`."""
        return super().matches(_bare(scope))


class PbxSocket(WebSocketRoute):
    """A WebSocket's path."""

    def __init__(self, path: str, endpoint: Callable[..., Any], profile: Profile) -> None:
        super().__init__(path, endpoint)
        self.path_regex = re.compile(self.path_regex.pattern, flags(profile))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `WebSocketRoute`."""
        return super().matches(_bare(scope))


def flags(profile: Profile) -> re.RegexFlag:
    """How the fixed words of paths are compared."""
    return re.IGNORECASE if profile.path_case == "any" else re.NOFLAG


def _bare(scope: Scope) -> Scope:
    path: str = scope["path"]
    return {**scope, "path": path.removesuffix("/")} if path.endswith("/") else scope


async def plain(_request: Request, error: Exception) -> Response:
    """A status and nothing else, but for the methods that would do: never a framework's own words."""
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow", "")
    return not_allowed(allowed.split(", ")) if allowed else empty(error.status_code)
