"""Joins the pieces before each write, which makes the rest easy and copies the records.

Java: no counterpart.
"""

from kafka_nio.network.transfer import NetworkSend
from kafka_nio.network.transport import TransportLayer


def write_to(self: NetworkSend, transport: TransportLayer) -> int:
    """Write what is left as one piece."""
    written = 0
    if not self.is_completed:
        left = b"".join(self._parts)
        self._parts.clear()
        self._parts.append(memoryview(left))
        written = transport.write([left])
    self._advance(written)
    self._pending_in_transport = transport.has_pending_writes
    return written


def _advance(self: NetworkSend, written: int) -> None:
    """Cut off what has left."""
    self.remaining -= written
    if self._parts:
        self._parts[0] = self._parts[0][written:]
