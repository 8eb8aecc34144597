"""The second API clients of credentials: Call Data reads and changes the PBX by them, so that the first one can be a plain user.

The call log needs a System Owner (api.md 1.3), which a client that places calls need not be.
"""

import hashlib
from concurrent.futures import Executor

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.account import Account, PbxId
from threecx_pbx.auth import Tokens
from threecx_pbx.clock import Clock
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.xapi.budget import Budget
from threecx_pbx.xapi.client import Xapi
from threecx_runner.login import reports_account_of


class ReportClients:
    """One per client and secret, made when first needed. Belongs to the loop."""

    def __init__(self, clock: Clock, executor: Executor, ca_file: str | None, per_second: float) -> None:
        self._clock = clock
        self._executor = executor
        self._ca_file = ca_file
        self._per_second = per_second
        self._known: dict[tuple[PbxId, str], tuple[Xapi, Blocking]] = {}

    def xapi(self, login: Login, own: Xapi) -> Xapi:
        """The reports client's XAPI; `own` where the credential names none. Raises BadParameter."""
        account = reports_account_of(login, self._ca_file)
        if account is None:
            return own
        key = (account.pbx, _digest(account))
        if key not in self._known:
            wire = Blocking(account, self._executor)
            tokens = Tokens(account, wire, self._clock)
            self._known[key] = (Xapi(wire, tokens, self._clock, Budget(self._clock, self._per_second)), wire)
        return self._known[key][0]

    async def close(self) -> None:
        """Ends the pooled connections."""
        for _, wire in self._known.values():
            await wire.close()


def _digest(account: Account) -> str:
    told = f"{account.secret.get_secret_value()}|{account.verify_tls}"
    return hashlib.sha256(told.encode()).hexdigest()
