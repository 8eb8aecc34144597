"""The version of the envelope between the n8n package and the runner."""

from threecx_runner.api.wire import PROTOCOL
from threecx_runner.errors import ProtocolMismatch


def refuse_newer(protocol: object) -> None:
    """Raises ProtocolMismatch for a shim that is newer than this runner; older ones are served."""
    if isinstance(protocol, int) and protocol > PROTOCOL:
        raise ProtocolMismatch(
            f"The n8n package speaks protocol {protocol}, this runner {PROTOCOL}: the runner is too old."
        )
