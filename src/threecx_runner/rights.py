"""What the API clients of a credential may read: its test says what is missing, and what is too much (features.md 2)."""

from threecx_pbx.errors import Forbidden, LicenceMissing, RightsTooWide, ThreeCxError, WrongCredentials
from threecx_pbx.xapi.client import Xapi

_PROBE = {"$top": "1", "$select": "Id"}
"""Recordings need the same role as call log and reports (api.md 1.3), and one of them costs the PBX next to nothing."""
_OWNER = (
    "the API client that places calls has the role System Owner: whoever has its key reads every recording."
)


async def check_rights(own: Xapi, reports: Xapi) -> str:
    """A warning, or nothing. `reports` is `own` where the credential names no second API client.

    Raises Forbidden, LicenceMissing, WrongCredentials for what Call Data would fail with; RightsTooWide where a second
    client serves the reports and the first one could read them as well.
    """
    try:
        await _read(reports)
    except WrongCredentials:
        raise
    except (Forbidden, LicenceMissing) as error:
        raise type(error)(f"Calls work, but {error.message}", hint=error.hint) from error
    except ThreeCxError:
        return ""  # the PBX is busy or starting: nothing is known about rights
    if reports is own:
        return f"Mind that {_OWNER}"
    try:
        await _read(own)
    except ThreeCxError:
        return ""
    raise RightsTooWide(f"Everything works, but {_OWNER}")


async def _read(xapi: Xapi) -> None:
    await xapi.get("Recordings", "read call log, reports and recordings", _PROBE)
