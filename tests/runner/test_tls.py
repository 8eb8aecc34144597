"""TLS: the runner serves it, and trusts an authority that is named to it."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from threecx_runner.errors import N8nUnreachable, SettingWrong
from threecx_runner.n8n import n8n_session
from threecx_runner.subscriptions.address import probe


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file


async def test_the_runner_serves_https(serve: Any, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    async with serve(tls_cert=cert, tls_key=key) as client, n8n_session(cert) as http:
        assert client.address.startswith("https://")
        async with http.get(f"{client.address}/healthz") as response:
            assert await response.text() == "ok"


async def test_files_that_are_no_certificate_are_one_sentence(serve: Any, tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("gibberish")
    with pytest.raises(SettingWrong, match="--tls-cert and --tls-key are no certificate and its key"):
        async with serve(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"):
            pass


@pytest.mark.proves("behaviour.env.N8N_3CX_CA_FILE")
async def test_an_n8n_behind_an_own_authority_is_reached_once_that_is_named(
    certificate: tuple[Path, Path],
) -> None:
    cert, key = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = "https://{}:{}/webhook/x/webhook".format(*runner.addresses[0][:2])
    async with n8n_session(cert) as trusting, n8n_session() as strict:
        await probe(trusting, url)
        with pytest.raises(N8nUnreachable):
            await probe(strict, url)
    await runner.cleanup()
