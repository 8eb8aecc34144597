"""Subscriptions at rest; their logins are sealed."""

import json
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, delete, select

from threecx_credentials.threecx_call_control_api import Login
from threecx_runner.journal import logins, tables
from threecx_runner.state_folder import Cipher
from threecx_runner.subscriptions.model import Subscription, SubscriptionId

_log = structlog.get_logger(__name__)

_BODY: TypeAdapter[Subscription] = TypeAdapter(Subscription)


def put(on: Connection, cipher: Cipher, wish: Subscription) -> None:
    body = _BODY.dump_json(wish, exclude={"login"}).decode()
    tables.put(
        on, tables.subscriptions, [{"id": wish.id, "body": body, "login": logins.sealed(cipher, wish.login)}]
    )


def everything(on: Connection, cipher: Cipher) -> tuple[Subscription, ...]:
    """All that can still be read; the others come back with their next lease."""
    rows = on.execute(select(tables.subscriptions)).all()
    return tuple(wish for row in rows if (wish := _wish(row, cipher)) is not None)


def forget(on: Connection, wanted: SubscriptionId) -> None:
    on.execute(delete(tables.subscriptions).where(tables.subscriptions.c.id == wanted))


def _wish(row: Row[Any], cipher: Cipher) -> Subscription | None:
    plain = cipher.unseal(row.login)
    if plain is None:
        _log.warning("a subscription was sealed with another key", subscription=row.id)
        return None
    try:
        return _BODY.validate_python(json.loads(row.body) | {"login": Login.model_validate_json(plain)})
    except ValidationError as error:
        _log.warning("a stored subscription cannot be read", subscription=row.id, errors=error.error_count())
        return None
