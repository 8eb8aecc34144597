"""Logins at rest, sealed: those of subscriptions, and those by which callers are looked after now."""

import json
from datetime import datetime
from typing import Any

import structlog
from pydantic import SecretStr, ValidationError
from sqlalchemy import Connection, select

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.model import PbxId
from threecx_runner.journal import tables
from threecx_runner.state_folder import Cipher

_log = structlog.get_logger(__name__)


def sealed(cipher: Cipher, login: Login) -> str:
    fields = login.model_dump(by_alias=True)
    return cipher.seal(json.dumps({name: _plain(value) for name, value in fields.items()}))


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def row(cipher: Cipher, pbx: PbxId, login: Login | None, at: datetime) -> dict[str, Any]:
    """None: nobody is looked after by it any more."""
    return {"pbx": pbx, "at": at, "login": "" if login is None else sealed(cipher, login)}


def everything(on: Connection, cipher: Cipher) -> tuple[Login, ...]:
    """Those by which callers were looked after, as far as they can be read."""
    of = tables.logins.c
    rows = on.execute(select(of.pbx, of.login).where(of.login != "")).all()
    return tuple(login for row in rows if (login := _login(cipher, row.pbx, row.login)) is not None)


def _login(cipher: Cipher, pbx: str, kept: str) -> Login | None:
    plain = cipher.unseal(kept)
    if plain is None:
        _log.warning("a login was sealed with another key", pbx=pbx)
        return None
    try:
        return Login.model_validate_json(plain)
    except ValidationError as error:
        _log.warning("a stored login cannot be read", pbx=pbx, errors=error.error_count())
        return None
