"""The one live token of an API client (api.md 1.2): minting a second kills the first, so all of a login share this one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from threecx_pbx.account import Account
from threecx_pbx.clock import Clock
from threecx_pbx.errors import NotA3cx, PbxFailed, PbxUnreachable, RateLimited, ThreeCxError, WrongCredentials
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.transport.patience import pause, told_pause

RENEW_AFTER = timedelta(minutes=45)
"""A token lives an hour; from here on the first silence is used."""

_LONGEST_S = 10.0
"""A call, or a person who tests the credential, waits for a log-in."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; its text never appears in a repr."""

    text: str
    minted: datetime
    expires: datetime

    def __repr__(self) -> str:
        return f"Token(expires={self.expires.isoformat()})"


class Tokens:
    """Mints with a single flight. Lives on the loop."""

    def __init__(self, account: Account, wire: Blocking, clock: Clock) -> None:
        self._account = account
        self._wire = wire
        self._clock = clock
        self._token: Token | None = None
        self._minting: asyncio.Task[Token] | None = None

    async def current(self) -> str:
        """A token that has not expired. Raises WrongCredentials, PbxUnreachable, TlsFailed."""
        if self._token is None or self._token.expires <= self._clock.now():
            return (await self._mint()).text
        return self._token.text

    async def instead_of(self, refused: str) -> str:
        """Another token than the one that the PBX answered 401 to; minted only if nobody has since."""
        if self._token is not None and self._token.text != refused:
            return self._token.text
        return (await self._mint()).text

    @property
    def due(self) -> bool:
        """Whether the next silence should be used to mint anew."""
        return self._token is not None and self._clock.now() >= self._token.minted + RENEW_AFTER

    @property
    def left(self) -> timedelta:
        """How long the token still lives."""
        return self._token.expires - self._clock.now() if self._token is not None else timedelta(0)

    async def renew(self) -> str:
        """Mints at once."""
        return (await self._mint()).text

    async def _mint(self) -> Token:
        if self._minting is None:
            self._minting = asyncio.create_task(self._request(), name="mint token")
            self._minting.add_done_callback(self._minted)
        return await asyncio.shield(self._minting)

    def _minted(self, task: asyncio.Task[Token]) -> None:
        self._minting = None
        if not task.cancelled() and task.exception() is None:
            self._token = task.result()

    async def _request(self) -> Token:
        form = {
            "client_id": self._account.client_id,
            "client_secret": self._account.secret.get_secret_value(),
            "grant_type": "client_credentials",
        }
        answer = await self._admitted(form)
        if not answer.ok:
            raise _refused(answer, self._account)
        return _parsed(answer, self._clock.now(), self._account.origin)

    async def _admitted(self, form: Mapping[str, str]) -> Answer:
        """The answer after the pauses that the PBX itself names; without any, log-ins are not repeated."""
        tries = 1
        while True:
            answer = await self._wire.post_form("/connect/token", form)
            now = self._clock.now()
            rest = pause(answer, tries, now)
            if rest is None or rest > _LONGEST_S or told_pause(answer, now) is None:
                return answer
            await self._clock.sleep(rest)
            tries += 1


def _refused(answer: Answer, account: Account) -> ThreeCxError:
    """400 and 401 both mean wrong credentials (api.md 1.2); 403 an address that logged in too often (t)."""
    origin = account.origin
    if answer.status == 403:
        return RateLimited(
            f"{origin} lets nobody log in from the runner's address for now (HTTP 403).",
            hint="3CX blocks an address after many log-ins or wrong secrets: wait some minutes, or allow it in 3CX's IP "
            "blocklist.",
        )
    if answer.status in (400, 401):
        return _wrong_reports() if account.reports else WrongCredentials(_WRONG)
    if answer.status == 429:
        return RateLimited(
            "3CX allows no more log-ins for the moment.", hint="Wait a minute, then try again."
        )
    if answer.status in (502, 503, 504):
        return PbxUnreachable(f"{origin} is not ready (HTTP {answer.status}).")
    if answer.status >= 500:
        return PbxFailed(f"The PBX failed at the log-in (HTTP {answer.status}).")
    return NotA3cx(f"{origin} does not offer a 3CX log-in (HTTP {answer.status} at /connect/token).")


_WRONG = "3CX refused the Client ID or the Client Secret."


def _wrong_reports() -> WrongCredentials:
    return WrongCredentials(
        "3CX refused the second API client: Reports Client ID or Reports Client Secret is wrong.",
        hint="Check both against 3CX Admin Console > Integrations > API, or leave both empty.",
    )


def _parsed(answer: Answer, now: datetime, origin: str) -> Token:
    body = answer.json()
    text = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text:
        raise NotA3cx(f"{origin} answered the log-in with something that is not a 3CX token.")
    return Token(text, now, _expiry(text, body.get("expires_in"), now))


def _expiry(text: str, expires_in: object, now: datetime) -> datetime:
    """The JWT's own life where it has one; else `expires_in`, whose unit was minutes before 20.0.9 (api.md 1.2)."""
    life = _jwt_life(text, now)
    if (
        life is None
        and isinstance(expires_in, int | float)
        and not isinstance(expires_in, bool)
        and expires_in > 0
    ):
        life = timedelta(minutes=expires_in) if expires_in < 300 else timedelta(seconds=expires_in)
    return now + (life or timedelta(hours=1))


def _jwt_life(text: str, now: datetime) -> timedelta | None:
    try:
        claims = jwt.decode(text, options={"verify_signature": False})
        expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
        # the PBX's own idea of now, where it tells one: its clock may differ from ours
        begins = claims.get("iat", claims.get("nbf"))
        minted = now if begins is None else datetime.fromtimestamp(float(begins), UTC)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return max(expires - minted, timedelta(minutes=1))
