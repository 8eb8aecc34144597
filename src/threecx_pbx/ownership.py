"""Which of the DNs that a client may see is its own route point."""

from threecx_pbx.account import Account
from threecx_pbx.callcontrol.wire import DnInfo
from threecx_pbx.calls.model import Dn
from threecx_pbx.errors import ExtensionIsUser, ExtensionUnknown

_ROUTE_POINT = "wroutepoint"


def own_route_point(account: Account, infos: list[DnInfo]) -> Dn:
    """The credential's Extension, else the client's own DN (api.md 1.1). Raises ExtensionIsUser, ExtensionUnknown."""
    by_dn = {info.dn: info for info in infos}
    wanted = account.extension or account.client_id
    info = by_dn.get(wanted)
    points = [each.dn for each in infos if each.type.lower() == _ROUTE_POINT]
    if info is None and not account.extension and len(points) == 1:
        return Dn(points[0])
    if info is None:
        raise ExtensionUnknown(
            f"This API client does not see an extension '{wanted}'.",
            hint=f"Leave Extension empty to use the client's own route point{_namely(points)}.",
        )
    if info.type.lower() != _ROUTE_POINT:
        raise ExtensionIsUser(
            f"Extension {wanted} belongs to a user and is not the API client's route point, where calls can be handled.",
            hint=f"Leave Extension empty, or enter the route point{_namely(points)}.",
        )
    return Dn(wanted)


def _namely(points: list[str]) -> str:
    return f" ({', '.join(points)})" if points else ""
