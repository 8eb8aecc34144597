"""The certificates of the simulator's own authority."""

import asyncio
import json
import ssl
import subprocess
import sys
from pathlib import Path
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


async def test_the_certificate_is_for_the_names_that_are_asked_for_and_lies_where_it_is_wanted(
    tmp_path: Path,
) -> None:
    ca_file = tmp_path / "ca.pem"
    asked = ("--tls-name", "pbx.test", "--tls-name", "192.0.2.7", "--ca-file", str(ca_file))
    ports = ("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json")
    command = (sys.executable, "-m", "threecx_simulator", "serve", *ports, *asked)
    serving = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert serving.stdout is not None
    try:
        told = json.loads(await asyncio.wait_for(serving.stdout.readline(), 30))
        assert told["caFile"] == str(ca_file)
        address = urlsplit(told["url"])
        trust = ssl.create_default_context(cafile=str(ca_file))
        for name in ("pbx.test", "192.0.2.7", "localhost", "127.0.0.1"):
            _, writer = await asyncio.open_connection(
                address.hostname, address.port, ssl=trust, server_hostname=name
            )
            writer.close()
            await writer.wait_closed()
    finally:
        serving.terminate()
        await serving.wait()
