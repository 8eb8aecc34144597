"""A certificate authority of the simulator's own, so that TLS can be tried with verification switched on."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = timedelta(days=365)
_PEM = serialization.Encoding.PEM


def make_authority(folder: Path, names: tuple[str, ...]) -> tuple[Path, ssl.SSLContext]:
    """Write `ca.pem` and a server certificate for `names` (or addresses), localhost and the loopback addresses into
    `folder`.

    The path of the CA's certificate, and a context to serve with.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("3CX simulator CA")
    authority = _certificate(issuer, issuer, authority_key.public_key(), authority=True)
    server = _certificate(
        _name(names[0] if names else "localhost"), issuer, server_key.public_key(), names=names
    )
    # a strict verifier (Python's from 3.13 on) asks for it
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    server = server.add_extension(signer, critical=False)
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(authority.sign(authority_key, hashes.SHA256()).public_bytes(_PEM))
    chain, key = folder / "server.pem", folder / "server.key"
    chain.write_bytes(server.sign(authority_key, hashes.SHA256()).public_bytes(_PEM))
    _write_private(key, server_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return ca_file, context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write_private(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    form = serialization.PrivateFormat.PKCS8
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key.private_bytes(_PEM, form, serialization.NoEncryption()))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    names: tuple[str, ...] = (),
    authority: bool = False,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if authority:
        return made.add_extension(_authority_usage(), critical=True)
    known = dict.fromkeys((*names, "localhost", "127.0.0.1", "::1"))
    alternative = x509.SubjectAlternativeName([_alternative(name) for name in known])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return made.add_extension(alternative, critical=False).add_extension(usage, critical=False)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
