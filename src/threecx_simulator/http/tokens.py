"""`/connect/token`: one live token per API client, as 3CX has it."""

import hmac
import secrets
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from threecx_simulator.clock import Clock
from threecx_simulator.pbx.ids import ClientId
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.pbx.world import ApiClient

WRONG_SECRET = {
    "error": "unauthorized",
    "error_description": "The request requires valid user authentication.",
}


_PERSON_LIFE_S = 60  # T
_LICENSED = ["App", "Enterprise", "CallFlowApp"]  # third-party code, as are the words without the licence
_UNLICENSED = ["App", "Local", "Paid"]


def basic_credentials(authorization: str | None) -> dict[str, str]:
    """What OAuth clients send as Basic authentication, which 3CX's page on the token endpoint names (D)."""
    scheme, _, coded = (authorization or "").partition(" ")
    try:
        plain = b64decode(coded, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return {}
    name, colon, secret = plain.partition(":")
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)} if colon else {}


@dataclass(frozen=True, slots=True)
class _Live:
    client: ClientId
    expires: datetime
    person: ApiClient | None = None
    """Somebody who logged in as the web client does, in the place of an API client."""


class TokenOffice:
    """Who is logged in."""

    def __init__(self, pbx: Pbx, clock: Clock) -> None:
        self._pbx = pbx
        self._profile = pbx.profile
        self._clock = clock
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._live: dict[str, _Live] = {}
        self._refresh: dict[str, ApiClient] = {}
        self.minted: dict[str, int] = {}

    def mint(self, client_id: str, secret: str, grant: str) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer. A new token makes the former one of that client worthless."""
        client = self._pbx.directory.client(client_id)
        known = client.secret if client else secrets.token_hex(8)
        if client is None or not hmac.compare_digest(known.encode(), secret.encode()):
            oauth = self._profile.wrong_secret == "400"  # noqa: S105 (a status)
            return (400, {"error": "invalid_client"}) if oauth else (401, WRONG_SECRET)
        if grant != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        token, life = self._new_token(client, self._profile.token_life_s, **self._roles())
        self._live = {known: live for known, live in self._live.items() if live.client != client_id}
        self._live[token] = _Live(client.client_id, self._clock.now() + timedelta(seconds=life))
        self.minted[client_id] = self.minted.get(client_id, 0) + 1
        shown = life if self._profile.expires_in_unit == "seconds" else life // 60
        return 200, {
            "token_type": "Bearer",
            "expires_in": shown,
            "access_token": token,
            "refresh_token": None,
        }

    def _roles(self) -> dict[str, list[str]]:
        """What the token of an API client tells of the edition."""
        if self._profile.token_roles == "missing":  # noqa: S105 (a choice)
            return {}
        return {"role": _LICENSED if self._pbx.licensed else _UNLICENSED}

    def admit(self, person: ApiClient) -> dict[str, Any]:
        """The token of somebody who logged in by password: a minute long, beside others of the same person (T)."""
        token, life = self._new_token(person, _PERSON_LIFE_S, MaxRole=person.role, unique_name=person.name)
        self._live[token] = _Live(person.client_id, self._clock.now() + timedelta(seconds=life), person)
        refresh = secrets.token_urlsafe(48)
        self._refresh[refresh] = person
        return {"token_type": "Bearer", "expires_in": life, "access_token": token, "refresh_token": refresh}

    def refreshed(self, refresh: str) -> tuple[int, dict[str, Any]]:
        """Status and body of a refresh; only people's tokens can be refreshed."""
        person = self._refresh.pop(refresh, None)
        return (401, WRONG_SECRET) if person is None else (200, self.admit(person))

    def _new_token(self, client: ApiClient, life: int, **more: str | list[str]) -> tuple[str, int]:
        if self._profile.token_kind == "opaque":  # noqa: S105 (a kind, no secret)
            return secrets.token_urlsafe(48), life
        now = self._clock.now()
        claims = {"client_id": client.client_id, "iss": "3CX", "aud": "3CX", "jti": secrets.token_hex(8)}
        times = {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + life}
        return jwt.encode(claims | times | more, self._key, algorithm="ES256"), life

    def who(self, authorization: str | None) -> ApiClient | None:
        """The client behind an Authorization header; None = no, expired or superseded token."""
        scheme, _, token = (authorization or "").partition(" ")
        live = self._live.get(token.strip())
        if scheme.lower() != "bearer" or live is None or live.expires <= self._clock.now():
            return None
        return live.person or self._pbx.directory.client(live.client)

    def life(self, authorization: str | None) -> float:
        """Seconds until the token of this header expires; 0 when it is none."""
        live = self._live.get((authorization or "").partition(" ")[2].strip())
        return max(0.0, (live.expires - self._clock.now()).total_seconds()) if live else 0.0

    def invalidate(self) -> None:
        """Forget every token, as after a failover."""
        self._live.clear()
        self._refresh.clear()
