"""Headers that carry JSON or text in base64, since header values are Latin-1 only (shims.md)."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from pydantic import ValidationError

from threecx_credentials.threecx_call_control_api import Login
from threecx_runner.errors import BadRequest, bad_credential
from threecx_runner.login import completed
from threecx_runner.settings import Settings

LoginHeader = Annotated[
    str | None,
    Header(alias="X-3CX-Login", description="base64 of the credential's JSON, as n8n's node sends it"),
]


def login_reader(settings: Settings) -> Callable[[str | None], Login]:
    """A dependency: the request's login, with the runner's defaults. Raises BadRequest, BadParameter."""

    def read(header: LoginHeader = None) -> Login:
        if header is None:
            raise BadRequest("The header X-3CX-Login is missing.")
        try:
            login = Login.model_validate_json(decoded(header, "X-3CX-Login"))
        except ValidationError as error:
            raise bad_credential(error) from error
        return completed(login, settings.default_server, settings.default_extension)

    return read


def decoded(value: str, header: str) -> str:
    """Raises BadRequest."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The header {header} is not base64 of UTF-8 text.") from error
