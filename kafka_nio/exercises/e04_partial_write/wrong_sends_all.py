"""Takes it for granted that a write sends everything.

Java: no counterpart.
"""

from kafka_nio.network.transfer import NetworkSend
from kafka_nio.network.transport import TransportLayer
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE


def write_to(self: NetworkSend, transport: TransportLayer) -> int:
    """Write all that is left."""
    written = 0
    while self._parts:
        parts = [self._parts.popleft() for _ in range(min(len(self._parts), MAX_PARTS_A_WRITE))]
        written += transport.write(parts)
    self._advance(self.remaining)
    return written


def _advance(self: NetworkSend, written: int) -> None:
    """Note what has left."""
    self.remaining -= written
