"""Messages that were read and not yet handed over: per connection, in the order in which they came.

A poll hands over one of each connection. A muted connection's messages stay until it is unmuted.

Java: org.apache.kafka.common.network.Selector.stagedReceives (until 2.4)
"""

from collections import deque
from collections.abc import Iterable

from kafka_nio.network.kafka_channel import KafkaChannel
from kafka_nio.network.transfer import NetworkReceive
from kafka_nio.spans import decision


class StagedReceives:
    """The queues of one selector."""

    def __init__(self) -> None:
        self._queues: dict[KafkaChannel, deque[NetworkReceive]] = {}

    def add(self, channel: KafkaChannel, receives: Iterable[NetworkReceive]) -> None:
        """These messages have been read from this connection."""
        for receive in receives:
            self._queues.setdefault(channel, deque()).append(receive)

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
