"""Answers other than success. 3CX documents the codes and no bodies; the profile says what is guessed."""

from collections.abc import Iterable

from starlette.responses import JSONResponse, Response

from threecx_simulator.pbx.ids import Reason
from threecx_simulator.profile import Profile

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>nginx</body></html>"


def empty(status: int) -> Response:
    """A status and nothing else, as ASP.NET answers 401, 403 and 404."""
    return Response(status_code=status, headers={"WWW-Authenticate": "Bearer"} if status == 401 else None)


def not_allowed(methods: Iterable[str]) -> Response:
    """405 as ASP.NET's routing answers it, HEAD and OPTIONS included: no body, the methods that would do (OData 4.01
    part 1, 9.2.2; OData/AspNetCoreOData issue 385)."""
    return Response(status_code=405, headers={"Allow": ", ".join(sorted(methods))})


def refusal_body(profile: Profile, text: str, reason: Reason = Reason.NOT_SPECIFIED) -> dict[str, object]:
    """A result object that says no."""
    failed: str | int = -1 if profile.final_status == "number" else "Failed"
    return {"finalstatus": failed, "reason": str(reason), "result": None, "reasontext": text}


def page(status: int, title: str) -> Response:
    """What a web server in front of the PBX would say."""
    return Response(_PAGE.format(f"{status} {title}"), status, media_type="text/html")


def answer(profile: Profile, status: int, body: object, *, refused: bool = False) -> Response:
    """JSON. A verb that was refused is answered in the manner of the profile; one that was tried and failed always
    tells its result: 3CX's examples read `reasontext` from it (E)."""
    if not refused or profile.error_body == "result" or body is None:
        return empty(status) if body is None else JSONResponse(body, status)
    return empty(status) if profile.error_body == "empty" else page(status, "Refused")
