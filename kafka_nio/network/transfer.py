"""One message on its way through a connection: a `NetworkSend` going out, a `NetworkReceive` coming in.

A frame is four bytes that say how long the message is, big-endian and signed, then the message. TCP knows nothing of
frames. It delivers a stream, cut wherever the network likes: half a length, three frames and a bit. So both classes
remember how far they are, move what can be moved, and say when they are complete.

Java: org.apache.kafka.common.network.NetworkSend, ByteBufferSend, NetworkReceive
"""

import struct
from collections import deque
from collections.abc import Sequence
from itertools import islice

from kafka_nio.errors import InvalidReceiveError
from kafka_nio.network.transport import TransportLayer
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE

_SIZE = struct.Struct(">i")

MAX_RECEIVE_SIZE = 100 * 1024 * 1024
"""The largest message accepted unless told otherwise, in bytes: Kafka's `socket.request.max.bytes`. Java's client has
no limit; we have one, because a peer that is no Kafka broker sends four bytes that look like a very large number."""

TLS_ALERT = b"\x15\x03"
"""What somebody who speaks TLS answers to bytes that are not encrypted."""

FIRST_CHUNK = 64 * 1024
"""How much memory a length alone is worth, in bytes. The rest is taken as the message really arrives."""


class NetworkSend:
    """A message for one destination. The parts are sent one after the other as they are, without being copied."""

    __slots__ = ("_parts", "_pending_in_transport", "destination", "remaining", "size")

    def __init__(self, destination: str, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        payload_size = sum(map(len, parts))
        self.destination = destination
        self._parts = deque(memoryview(part) for part in (_SIZE.pack(payload_size), *parts))
        self._pending_in_transport = False
        self.size = _SIZE.size + payload_size
        """Bytes on the wire, the length itself included."""
        self.remaining = self.size
        """Bytes that the transport has not taken yet."""

    @property
    def is_completed(self) -> bool:
        """Whether the last byte has left, and not merely been taken by a transport that holds it back."""
        return self.remaining == 0 and not self._pending_in_transport

    @property
    def has_begun(self) -> bool:
        """Whether the transport has taken any of it."""
        return self.remaining < self.size

    def write_to(self, transport: TransportLayer) -> int:
        """Write as much as the transport takes; return how many bytes that were."""
        # Without parts too: what the transport holds back leaves by the same call.
        written = transport.write(list(islice(self._parts, MAX_PARTS_A_WRITE))) if not self.is_completed else 0
        self._advance(written)
        self._pending_in_transport = transport.has_pending_writes
        return written

    def _advance(self, written: int) -> None:
        self.remaining -= written
        while self._parts and written >= len(self._parts[0]):
            written -= len(self._parts.popleft())
        if written:
            self._parts[0] = self._parts[0][written:]

    def __repr__(self) -> str:
        return f"<NetworkSend to {self.destination}: {self.size - self.remaining} of {self.size} bytes sent>"


class NetworkReceive:
    """A message from one source, as far as it has arrived."""

    __slots__ = ("_announced", "_max_size", "_received", "_size_buffer", "source")

    def __init__(self, source: str, max_size: int = MAX_RECEIVE_SIZE) -> None:
        self.source = source
        self._max_size = max_size
        self._size_buffer = bytearray()
        self._announced: int | None = None
        self._received = bytearray()

    @property
    def is_complete(self) -> bool:
        """Whether the last byte has arrived."""
        return len(self._received) == self._announced

    @property
    def payload(self) -> memoryview:
        """The message, without the length in front of it."""
        return memoryview(self._received)

    @property
    def size(self) -> int:
        """Bytes that the complete message takes on the wire, the length itself included."""
        return _SIZE.size + (self._announced or 0)

    def read_from(self, transport: TransportLayer) -> int:
        """Read as much of this message as has arrived, and nothing of the next; return how many bytes that were.

        Raises:
            EOFError: if the peer will send no more.
            InvalidReceiveError: if the announced length is negative or too large.
        """
        number = 0
        if self._announced is None:
            number += _fill(self._size_buffer, _SIZE.size, transport)
            if len(self._size_buffer) == _SIZE.size:
                self._announced = self._checked_size()
        if self._announced is not None and not self.is_complete:
            number += self._read_payload(self._announced, transport)
        return number

    def _read_payload(self, announced: int, transport: TransportLayer) -> int:
        number = 0
        while not self.is_complete:
            # Double what has arrived: a length that is a lie costs one chunk, a long message few system calls.
            chunk_end = min(announced, max(FIRST_CHUNK, 2 * len(self._received)))
            wanted = chunk_end - len(self._received)
            arrived = _fill(self._received, chunk_end, transport)
            number += arrived
            if arrived < wanted:
                break
        return number

    def _checked_size(self) -> int:
        (size,) = _SIZE.unpack(self._size_buffer)
        if not 0 <= size <= self._max_size:
            guess = "it speaks TLS" if self._size_buffer.startswith(TLS_ALERT) else "perhaps it does not speak Kafka"
            raise InvalidReceiveError(
                f"the peer announces a message of {size} bytes (it sent {bytes(self._size_buffer)!r}), "
                f"and 0 to {self._max_size} are accepted; {guess}"
            )
        return int(size)

    def __repr__(self) -> str:
        return f"<NetworkReceive from {self.source}: {len(self._received)} of {self._announced or 'unknown'} bytes>"


def _fill(buffer: bytearray, end: int, transport: TransportLayer) -> int:
    """Read once, appending to `buffer` until it is `end` bytes long or nothing more is there."""
    start = len(buffer)
    buffer.extend(bytes(end - start))
    arrived = 0
    try:
        # The view has to be given back before the buffer may shrink again, also when reading fails.
        with memoryview(buffer)[start:] as view:
            arrived = transport.read(view)
    finally:
        del buffer[start + arrived :]
    return arrived
