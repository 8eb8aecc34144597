"""The login that comes with a request: which PBX it means, and the runner's defaults for what it leaves empty."""

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.account import Account, origin_of
from threecx_pbx.calls.model import PbxId
from threecx_pbx.errors import BadParameter


def account_of(login: Login, ca_file: str | None = None) -> Account:
    """Raises BadParameter when the credential names no PBX or no client."""
    if not login.client_id.strip():
        raise BadParameter("The credential has no Client ID.", hint="Fill in Client ID of the credential.")
    return Account(
        origin=origin_of(login.server_url),
        client_id=login.client_id.strip(),
        secret=login.client_secret,
        # the client's own DN is what an empty extension means: one session, however it was written
        extension="" if login.extension.strip() == login.client_id.strip() else login.extension.strip(),
        verify_tls=not login.ignore_tls_errors,
        ca_file=ca_file,
    )


def reports_account_of(login: Login, ca_file: str | None = None) -> Account | None:
    """The second API client of the credential; None where it names none, or the same. Raises BadParameter."""
    client = login.reports_client_id.strip()
    if client in ("", login.client_id.strip()):
        return None
    return Account(
        origin=origin_of(login.server_url),
        client_id=client,
        secret=login.reports_client_secret,
        verify_tls=not login.ignore_tls_errors,
        ca_file=ca_file,
        reports=True,
    )


def pbx_id(login: Login) -> PbxId:
    """Raises BadParameter."""
    return account_of(login).pbx


def completed(login: Login, default_server: str, default_extension: str) -> Login:
    """With N8N_3CX_DEFAULT_SERVER and N8N_3CX_DEFAULT_EXTENSION where the credential is empty."""
    return login.model_copy(
        update={
            "server_url": login.server_url.strip() or default_server,
            "extension": login.extension.strip() or default_extension,
        }
    )
