"""How the bytes of an answer leave a broker: as the kernel takes them, or cut and joined as a fault orders.

TCP promises the order of bytes and nothing about where one piece ends and the next begins. On one machine, pieces
mostly arrive as they were written, so a client that relies on it works, until one day it does not. With a `Delivery`
that day is today: the first bytes come one by one, or several answers in one piece, or half an answer and then the end.

It is a transport like any other, put between the broker's channels and their sockets. A TLS listener does not have it.

Java: no counterpart.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from kafka_nio.clock import Clock
from kafka_nio.network import ChannelBuilder, KafkaChannel, plaintext_channel
from kafka_nio.network.transport import PlaintextTransportLayer
from kafka_nio.nio import SelectionKey

DRIBBLED_BYTES = 6
"""How many bytes of a dribbled answer come one by one: its length, which takes four, and two of what follows."""

BETWEEN_BYTES_MS = 1
"""How long a broker that dribbles waits before each of them; long enough for the client to read the one before."""


class Delivery(Enum):
    """How the bytes of one answer leave."""

    WHOLE = "as the kernel takes them"
    DRIBBLED = "the first few one by one, a millisecond apart"
    HELD = "in one piece with the next answer on the same connection, and not before"
    CUT = "half of them, and then the connection ends"


class FaultyTransport(PlaintextTransportLayer):
    """TCP with a will of its own.

    Args:
        id: the connection's name.
        deliveries: how the answer under way on each connection is to leave; belongs to the processor.
    """

    def __init__(self, key: SelectionKey, id: str, deliveries: Mapping[str, Delivery], clock: Clock) -> None:
        super().__init__(key)
        self._id = id
        self._deliveries = deliveries
        self._clock = clock
        self._held = bytearray()
        self._dribbled = 0
        self.write = self._write_as_ordered

    def _write_as_ordered(self, parts: Sequence[bytes | memoryview]) -> int:
        match self._deliveries.get(self._id, Delivery.WHOLE):
            case Delivery.DRIBBLED if self._dribbled < DRIBBLED_BYTES:
                return self._dribble(b"".join(parts))
            case Delivery.HELD:
                self._held += b"".join(parts)
                return sum(map(len, parts))
            case Delivery.CUT:
                whole = b"".join(parts)
                self._channel.write([whole[: len(whole) // 2]])
                return len(whole)
        self._dribbled = 0
        return self._write_with_what_was_held(parts)

    def _dribble(self, rest: bytes) -> int:
        """Write one byte. The whole broker waits for it, which is not worth a timer: it is out of order anyway."""
        self._clock.sleep(BETWEEN_BYTES_MS)
        written = self._channel.write([rest[:1]])
        self._dribbled += written
        return written

    def _write_with_what_was_held(self, parts: Sequence[bytes | memoryview]) -> int:
        if not self._held:
            return self._channel.write(parts)
        held = len(self._held)
        written = self._channel.write([b"".join((self._held, *parts))])
        del self._held[:written]
        return max(0, written - held)


def delivering(build: ChannelBuilder, deliveries: Mapping[str, Delivery], clock: Clock) -> ChannelBuilder:
    """Make plain channels that deliver as ordered; channels with TLS stay as they are."""
    if build is not plaintext_channel:
        return build

    def faulty_channel(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
        return KafkaChannel(id, FaultyTransport(key, id, deliveries, clock), max_receive_size)

    return faulty_channel
