"""The lab: a real n8n, our package in it, the runner and the simulator, as real processes on this machine.

Serves `scripts/demo`, `scripts/test`, `scripts/check` and `scripts/bench`; no part of the product imports it.
"""
