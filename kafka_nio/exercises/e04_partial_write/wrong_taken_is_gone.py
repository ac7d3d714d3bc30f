"""Does not ask whether the transport holds back what it has taken.

Java: no counterpart.
"""

from itertools import islice

from kafka_nio.network.transfer import NetworkSend
from kafka_nio.network.transport import TransportLayer
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE


def write_to(self: NetworkSend, transport: TransportLayer) -> int:
    """Write the pieces that are left, if there are any."""
    if self.remaining == 0:
        return 0
    written = transport.write(list(islice(self._parts, MAX_PARTS_A_WRITE)))
    self._advance(written)
    return written


def _advance(self: NetworkSend, written: int) -> None:
    """Take out what has left."""
    self.remaining -= written
    while self._parts and written >= len(self._parts[0]):
        written -= len(self._parts.popleft())
    if written:
        self._parts[0] = self._parts[0][written:]
