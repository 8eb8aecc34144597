"""Which certificates are believed."""

import ssl

from threecx_pbx.account import Account
from threecx_pbx.errors import TlsFailed


def tls(account: Account) -> ssl.SSLContext | None:
    """What the system trusts, and the authority of `ca_file` beside it: a context for all connections of an account.

    None for plain HTTP. Raises TlsFailed.
    """
    if account.origin.startswith("http://"):
        return None
    context = ssl.create_default_context()
    try:
        if account.ca_file:
            context.load_verify_locations(account.ca_file)
    except OSError as error:
        raise TlsFailed(
            f"The file {account.ca_file} holds no certificate of an authority.",
            hint="N8N_3CX_CA_FILE must name a PEM file with the certificate of the authority.",
        ) from error
    if not account.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
