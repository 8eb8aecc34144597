"""The certificates of the simulator's own authority."""

import asyncio
import ssl
from urllib.parse import urlsplit

from threecx_simulator import PROFILES, Simulator


async def test_a_strict_verifier_takes_the_certificate() -> None:
    """Python's own is strict from 3.13 on: https://docs.python.org/3/library/ssl.html#ssl.create_default_context."""
    async with Simulator(profile=PROFILES["auto"], tls=True) as sim:
        strict = ssl.create_default_context(cafile=str(sim.ca_file))
        strict.verify_flags |= ssl.VERIFY_X509_STRICT
        address = urlsplit(sim.url)

        _, writer = await asyncio.open_connection(address.hostname, address.port, ssl=strict)

        assert writer.get_extra_info("peercert")["issuer"] == ((("commonName", "3CX simulator CA"),),)
        writer.close()
        await writer.wait_closed()
