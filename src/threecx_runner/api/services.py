"""What the API stands on, handed in as one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from threecx_pbx.clock import Clock
from threecx_runner.api.ports import Accounts, Claims, Dispatching, OptionLists, View
from threecx_runner.files import Files
from threecx_runner.journal import Journal
from threecx_runner.outbox import Outbox
from threecx_runner.settings import Settings
from threecx_runner.subscriptions.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Services:
    """One runner's parts."""

    dispatcher: Dispatching
    accounts: Accounts
    options: OptionLists
    claims: Claims
    view: View
    subscriptions: Subscriptions
    journal: Journal
    outbox: Outbox
    files: Files
    settings: Settings
    clock: Clock
    broker_troubles: Callable[[], Sequence[str]] = tuple
    """One sentence for each of n8n's task brokers that is not connected."""
