"""Counts the bytes and takes pieces out that have left whole. Of the others it forgets what has left.

Java: no counterpart.
"""

from itertools import islice

from kafka_nio.network.transfer import NetworkSend
from kafka_nio.network.transport import TransportLayer
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE


def write_to(self: NetworkSend, transport: TransportLayer) -> int:
    """Write the pieces that are left."""
    written = 0
    if not self.is_completed:
        written = transport.write(list(islice(self._parts, MAX_PARTS_A_WRITE)))
    self._advance(written)
    self._pending_in_transport = transport.has_pending_writes
    return written


def _advance(self: NetworkSend, written: int) -> None:
    """Take the pieces out that have left."""
    self.remaining -= written
    while self._parts and written >= len(self._parts[0]):
        written -= len(self._parts.popleft())
