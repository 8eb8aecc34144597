"""What must outlive the runner: calls, events, deliveries, subscriptions, outcomes."""

from threecx_runner.journal.books import Told
from threecx_runner.journal.once import ItemKey
from threecx_runner.journal.store import Journal

__all__ = ["ItemKey", "Journal", "Told"]
