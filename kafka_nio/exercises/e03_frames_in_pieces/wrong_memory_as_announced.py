"""Takes all the memory that a size asks for, at once.

Java: no counterpart.
"""

from kafka_nio.network.transfer import NetworkReceive, _fill
from kafka_nio.network.transport import TransportLayer


def read_from(self: NetworkReceive, transport: TransportLayer) -> int:
    """The size, then the message."""
    number = 0
    if self._announced is None:
        number += _fill(self._size_buffer, 4, transport)
        if len(self._size_buffer) == 4:
            self._announced = self._checked_size()
    if self._announced is not None and not self.is_complete:
        number += self._read_payload(self._announced, transport)
    return number


def _read_payload(self: NetworkReceive, announced: int, transport: TransportLayer) -> int:
    """All that is missing, in one read if it has come."""
    return _fill(self._received, announced, transport)
