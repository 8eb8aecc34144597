"""What the editor asks about a credential: does it work, and what is there to choose from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from threecx_pbx.errors import ThreeCxError
from threecx_runner.api.headers import LoginHeader, login_reader
from threecx_runner.api.race import answered
from threecx_runner.api.services import Services
from threecx_runner.api.wire import AccountAnswer, Login, OptionsAnswer
from threecx_runner.care.guarding import check_guards
from threecx_runner.errors import BadRequest

_WITHIN_S = 30.0
"""The editor gives up after a minute."""
_SHOWN = 500
"""Entries at once; the editor asks for more when its user scrolls down."""


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["editor"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    read = login_reader(services.settings)

    @router.get("/v1/account")
    async def account(request: Request, header: LoginHeader = None) -> AccountAnswer:
        """Tests a credential: 200 with the sentence that helps, or null."""
        try:
            login = read(header)
            check_guards(login)
            looked = services.accounts.look(login)
            pbx = await answered(looked, request.receive, _WITHIN_S, services.clock)
        except BadRequest:
            raise
        except ThreeCxError as error:
            return AccountAnswer(problem=error.message, error_id=error.error_id, hint=error.hint, pbx=None)
        return AccountAnswer(problem=None, error_id=None, hint=None, pbx=pbx)

    @router.get("/v1/options/{name}")
    async def options(
        request: Request,
        name: str,
        login: TheLogin,
        search: Annotated[str, Query(max_length=200)] = "",
        begin: Annotated[int, Query(ge=0)] = 0,
    ) -> OptionsAnswer:
        """One list of the editor's dropdowns, page by page."""
        listing = services.options.options(login, name, search)
        offered = await answered(listing, request.receive, _WITHIN_S, services.clock)
        end = begin + _SHOWN
        return OptionsAnswer(
            results=list(offered.choices[begin:end]),
            pagination_token=str(end) if end < len(offered.choices) else None,
            age_seconds=round(offered.age_seconds, 1),
        )

    return router
