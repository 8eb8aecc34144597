"""Who may ask for what (api.md 1.3)."""

from typing import get_args

from threecx_simulator.pbx.world import ApiClient, Role
from threecx_simulator.profile import Profile

_ROLES: tuple[Role, ...] = get_args(Role)  # the highest first

_ANYBODY = frozenset(
    {"Defs", "$metadata", ""}
)  # what role `users` may read (T), with the service document beside its $metadata (G)
_OWNERS = frozenset(
    {"Recordings", "ChatHistoryView", "ChatMessagesHistoryView", "ScheduledReports", "CallHistoryView"}
)
_STAFF = frozenset(  # what the roles between may read: unknown, this is a guess (G)
    [
        *_ANYBODY,
        "Users",
        "Groups",
        "Queues",
        "RingGroups",
        "Receptionists",
        "Contacts",
        "Parkings",
        "Peers",
        "ActiveCalls",
        "MyUser",
        "MyGroup",
    ]
)


def allowed(client: ApiClient, verb: str, first: str, profile: Profile) -> bool:
    """Whether this client may do that with the set, singleton or report named first in the path."""
    if not client.xapi:
        return False
    if client.role == "system_owners":
        return True
    if first.startswith("Report"):
        return _ROLES.index(client.role) <= _ROLES.index(profile.call_log_role)
    if first in _OWNERS:
        return False
    if client.role == "system_admins":
        return True
    return verb == "GET" and first in (_ANYBODY if client.role == "users" else _STAFF)
