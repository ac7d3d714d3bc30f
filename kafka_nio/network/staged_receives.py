"""Messages that were read and not yet handed over: per connection, in the order in which they came.

A poll hands over one of each connection. A muted connection's messages stay until it is unmuted.

Java: org.apache.kafka.common.network.Selector.stagedReceives (until 2.4)
"""

from collections import deque
from collections.abc import Iterable

from kafka_nio.errors import ProtocolError
from kafka_nio.network.kafka_channel import KafkaChannel
from kafka_nio.network.transfer import NetworkReceive
from kafka_nio.spans import decision

ENOUGH_STAGED = 100
LARGE_BYTES = 64 << 10
"""So many messages of a connection, or a last one of this size, are enough: no more is read until they are gone."""

MOST_STAGED = 10_000
"""Over TLS reading cannot stop there, as part of a message may lie in our own memory; so there is an end to it."""


class StagedReceives:
    """The queues of one selector."""

    def __init__(self) -> None:
        self._queues: dict[KafkaChannel, deque[NetworkReceive]] = {}

    def add(self, channel: KafkaChannel, receives: Iterable[NetworkReceive]) -> None:
        """These messages have been read from this connection.

        Raises:
            ProtocolError: they are more than an honest peer has under way.
        """
        for receive in receives:
            queue = self._queues.setdefault(channel, deque())
            if len(queue) >= MOST_STAGED:
                raise ProtocolError(f"more than {MOST_STAGED} messages came at once")
            queue.append(receive)

    def is_full(self, channel: KafkaChannel) -> bool:
        """Whether this connection has brought enough for now: a hundred messages, or a large one.

        The rest stays with the kernel, which reports it again and makes the peer wait: one that never stops talking can
        neither keep the thread busy nor fill the memory. What TLS holds nobody would report, so that is read as well.
        """
        queue = self._queues.get(channel)
        if not queue or channel.has_bytes_buffered:
            return False
        return len(queue) >= ENOUGH_STAGED or queue[-1].size >= LARGE_BYTES

    @decision("is_muted", "channel.id queue")
    def take_one_of_each(self) -> list[NetworkReceive]:
        """The oldest message of each connection that is not muted."""
        taken = []
        for channel, queue in tuple(self._queues.items()):
            is_muted = channel.is_muted
            if not is_muted:
                taken.append(queue.popleft())
                if not queue:
                    del self._queues[channel]
        return taken

    @property
    def has_some_to_take(self) -> bool:
        """Whether a message waits that may be handed over."""
        return any(not channel.is_muted for channel in self._queues)

    def forget(self, channel: KafkaChannel) -> None:
        """Nobody will ask for what this connection has brought."""
        self._queues.pop(channel, None)

    def __contains__(self, channel: KafkaChannel) -> bool:
        return channel in self._queues

    def __repr__(self) -> str:
        return f"<StagedReceives { ({channel.id: len(queue) for channel, queue in self._queues.items()}) }>"
