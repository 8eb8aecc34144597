"""Audio from the web: bounded in size, time and number of redirects, and never from a private address unless allowed."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from threecx_pbx.errors import AudioRefused, AudioTooLong, AudioUnreachable

_HOPS = 5
_PRIVATE_HINT = "Set N8N_3CX_ALLOW_PRIVATE_URLS=true at the runner if files of your own network are meant."


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of a download."""

    allow_private: bool = False
    max_bytes: int = 25_000_000
    within_s: float = 10.0


class Fetcher:
    """One pool; addresses are checked where they are resolved, so a name cannot point elsewhere a moment later."""

    def __init__(self, policy: FetchPolicy, resolver: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        """Raises AudioRefused, AudioUnreachable, AudioTooLong. No sentence quotes more of the URL than its host."""
        host = _checked_host(url, self._policy)
        try:
            async with asyncio.timeout(self._policy.within_s):
                return await self._followed(url)
        except TimeoutError as error:
            raise AudioUnreachable(
                f"The audio at {host} did not come within {self._policy.within_s:g} seconds."
            ) from error
        except _Private as error:
            raise AudioRefused(f"The audio at {host} is at a private address.", hint=_PRIVATE_HINT) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, _Private):
                raise AudioRefused(
                    f"The audio at {host} is at a private address.", hint=_PRIVATE_HINT
                ) from error
            raise AudioUnreachable(f"The audio at {host} cannot be reached.") from error

    async def close(self) -> None:
        """Ends the pooled connections."""
        if self._session is not None:
            await self._session.close()

    async def _followed(self, url: str) -> bytes:
        for _ in range(_HOPS):
            host = _checked_host(url, self._policy)
            async with self._pool().get(url, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                if answer.status != 200:
                    raise AudioUnreachable(f"{host} answered HTTP {answer.status} instead of the audio.")
                return await self._body(answer, host)
        raise AudioUnreachable(f"The audio's address leads on more than {_HOPS} times.")

    async def _body(self, answer: aiohttp.ClientResponse, host: str) -> bytes:
        found = bytearray()
        async for part in answer.content.iter_chunked(65_536):
            found += part
            if len(found) > self._policy.max_bytes:
                raise AudioTooLong(
                    f"The audio at {host} is larger than {self._policy.max_bytes // 1_000_000} MB."
                )
        return bytes(found)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=16, resolver=self._resolver or _Resolver(self._policy), use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


class _Private(OSError):
    """An address that programs of the web have no business at."""


class _Resolver(AbstractResolver):
    """The system's, but refuses private addresses."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        if not self._policy.allow_private and not all(_public(each["host"]) for each in found):
            raise _Private(host)
        return found

    async def close(self) -> None:
        await self._system.close()


def _checked_host(url: str, policy: FetchPolicy) -> str:
    """The URL's host. Addresses written as numbers never reach the resolver, so they are checked here."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError as error:
        raise AudioRefused("The audio's address is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise AudioRefused(
            "The audio's address is not a web address.", hint="It must begin with https:// or http://."
        )
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    if not policy.allow_private and not _public(host):
        raise AudioRefused(f"The audio at {host} is at a private address.", hint=_PRIVATE_HINT)
    return host


def _public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    inner = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = inner or ip
    return ip.is_global and not ip.is_multicast
