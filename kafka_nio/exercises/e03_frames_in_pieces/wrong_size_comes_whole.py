"""Is ready for a message in pieces, and not for a size in pieces.

Java: no counterpart.
"""

from kafka_nio.network.transfer import FIRST_CHUNK, NetworkReceive, _fill
from kafka_nio.network.transport import TransportLayer


def read_from(self: NetworkReceive, transport: TransportLayer) -> int:
    """Four bytes, or, if they are not all there, the next time."""
    number = 0
    if self._announced is None:
        self._size_buffer.clear()
        number = _fill(self._size_buffer, 4, transport)
        if number < 4:
            return number
        self._announced = self._checked_size()
    return number + self._read_payload(self._announced, transport)


def _read_payload(self: NetworkReceive, announced: int, transport: TransportLayer) -> int:
    """As much as has arrived, in growing steps."""
    number = 0
    while not self.is_complete:
        end = min(announced, max(FIRST_CHUNK, 2 * len(self._received)))
        arrived = _fill(self._received, end, transport)
        number += arrived
        if len(self._received) < end:
            break
    return number
