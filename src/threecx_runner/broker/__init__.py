"""n8n's task runner as a second way in: this runner serves the task type `threecx` of n8n's own task brokers."""

from threecx_runner.broker.brokers import Brokers

__all__ = ["Brokers"]
