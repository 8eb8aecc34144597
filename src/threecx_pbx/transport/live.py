"""`aiohttp` towards the PBX: verbs on calls and reads of legs, never delayed by anything."""

import ssl
from typing import Any

import aiohttp
from yarl import URL

from threecx_pbx.account import Account
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.blocking import unreachable

READ_S = 10.0
"""Limit of a read; long verbs bring their own."""


class Live:
    """One pool per account. Nothing is repeated here: who may repeat what is decided above."""

    def __init__(self, account: Account, context: ssl.SSLContext | None) -> None:
        self._origin = account.origin
        connector = aiohttp.TCPConnector(limit=0, ssl=context or False, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def call(
        self, method: str, path: str, token: str, json: Any = None, limit_s: float = READ_S
    ) -> Answer:
        """`path` is percent-encoded already. Raises PbxUnreachable, TlsFailed."""
        headers = {"Authorization": f"Bearer {token}"}
        timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=5)
        url = URL(self._origin + path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=headers, json=json, timeout=timeout, allow_redirects=False
            ) as got:
                return Answer(
                    got.status, await got.read(), {key.lower(): value for key, value in got.headers.items()}
                )
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError, OSError) as error:
            raise unreachable(self._origin, error) from error

    async def close(self) -> None:
        """Ends the pooled connections."""
        await self._session.close()
