"""Takes 0 bytes for the end of the connection, as with a socket that blocks.

Java: no counterpart.
"""

from kafka_nio.network.transfer import FIRST_CHUNK, NetworkReceive, _fill
from kafka_nio.network.transport import TransportLayer


def read_from(self: NetworkReceive, transport: TransportLayer) -> int:
    """The size, then the message; nothing at all means that the peer has closed."""
    number = 0
    if self._announced is None:
        number += _fill(self._size_buffer, 4, transport)
        if len(self._size_buffer) == 4:
            self._announced = self._checked_size()
    if self._announced is not None:
        number += self._read_payload(self._announced, transport)
    if number == 0:
        raise EOFError("the peer closed the connection")
    return number


def _read_payload(self: NetworkReceive, announced: int, transport: TransportLayer) -> int:
    """As much as has arrived, in growing steps."""
    number = 0
    while not self.is_complete:
        end = min(announced, max(FIRST_CHUNK, 2 * len(self._received)))
        number += _fill(self._received, end, transport)
        if len(self._received) < end:
            break
    return number
