"""A socket channel of which the kernel seems to take only so many bytes at a time.

How much a socket really takes depends on the kernel and its mood. A recording has to be the same everywhere, so it does
not ask the kernel to be small, it asks for little.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator, Sequence

from kafka_nio.nio import SocketChannel


class CappedChannel(SocketChannel):
    """Hands over at most `most_bytes` in one write."""

    def __init__(self, family: int, most_bytes: int) -> None:
        super().__init__(socket.socket(family, socket.SOCK_STREAM))
        self._most_bytes = most_bytes

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Write the first of these bytes; there may be more room, but nobody asks."""
        return super().write(list(_first(parts, self._most_bytes)))


def _first(parts: Sequence[bytes | memoryview], size: int) -> Iterator[bytes | memoryview]:
    for part in parts:
        yield part[:size]
        size -= min(len(part), size)
        if not size:
            return
