"""XAPI requests that make the PBX dial: whom they call passes the guard of Make Call."""

from collections.abc import Mapping
from typing import Any

from threecx_pbx.errors import BadParameter, DestinationRefused
from threecx_pbx.xapi.paths import words
from threecx_runner.sdk import Guarding

_CALLED: Mapping[str, str] = {
    "makecall": "destination",
    "testoutboundcall": "destination",
    "makecalluserrecordgreeting": "dn",
    "makecallrecordcustomprompt": "dn",
    "playprompt": "extension",
    "recordprompt": "extension",
}
"""Action → the field of its body that is called, as the swagger names them."""
_UNSEEN = frozenset({"testinboundcall", "$batch"})
"""A test call names nobody; a batch wraps any other request."""
_DEVICE = "contact"
_INSTEAD = "Place calls with the operation Make Call of 3CX Call Control."


async def guarded(guard: Guarding, path: str, body: Any) -> Any:
    """The body as it may be sent, with the number as the guard has cleaned it. Raises DestinationRefused, BadParameter, LicenceFull."""
    asked = words(path)
    if asked & _UNSEEN:
        raise DestinationRefused(
            f"XAPI Request does not send {path}: whom the PBX would call does not stand in it.", hint=_INSTEAD
        )
    for field in sorted({_CALLED[word] for word in asked & _CALLED.keys()}):
        body = await _checked(guard, body, field)
    return body


async def _checked(guard: Guarding, body: Any, field: str) -> Any:
    number = body.get(field) if isinstance(body, dict) else None
    if not isinstance(number, str):
        raise BadParameter(f"Body has no text in '{field}', the number to call.", hint=_INSTEAD)
    # the PBX may read names without regard to case, or call the device that `contact` names
    if [key for key in body if key.casefold() in (field, _DEVICE) and key != field and body[key] is not None]:
        raise BadParameter(
            f"Body says in more than '{field}' whom to call, which the guard of destinations cannot judge.",
            hint=_INSTEAD,
        )
    await guard.room()
    return {**body, field: await guard.check(number)}
