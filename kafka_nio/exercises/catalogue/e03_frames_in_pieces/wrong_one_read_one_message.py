"""Takes what a read brings for a message.

Java: no counterpart.
"""

from kafka_nio.network.transfer import FIRST_CHUNK, NetworkReceive, _fill
from kafka_nio.network.transport import TransportLayer


def read_from(self: NetworkReceive, transport: TransportLayer) -> int:
    """A size and a message."""
    piece = bytearray()
    number = _fill(piece, FIRST_CHUNK, transport)
    self._size_buffer[:] = piece[:4]
    self._announced = self._checked_size()
    self._received[:] = piece[4:]
    return number


def _read_payload(self: NetworkReceive, announced: int, transport: TransportLayer) -> int:
    """Not needed: the message came with the size."""
    return 0
