"""Signatures of what is posted to n8n's webhooks (delivery.json)."""

import hashlib
import hmac
from datetime import datetime

from pydantic import SecretStr


def signing_key(client_secret: SecretStr, webhook_id: str) -> bytes:
    """Derived on both sides: nothing is stored in n8n, whose static data anybody with the workflow can read."""
    secret = client_secret.get_secret_value().encode()
    return hmac.digest(secret, f"webhook:{webhook_id}".encode(), hashlib.sha256)


def signature(key: bytes, body: bytes, at: datetime) -> str:
    """The header X-3CX-Signature for this attempt."""
    t = int(at.timestamp())
    return f"t={t},v1={hmac.new(key, f'{t}.'.encode() + body, hashlib.sha256).hexdigest()}"
