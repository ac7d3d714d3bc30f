"""Leaves a queue in its place when its last message has been taken.

Java: no counterpart.
"""

from collections import deque
from collections.abc import Iterable

from kafka_nio.network import KafkaChannel, NetworkReceive
from kafka_nio.network.staged_receives import StagedReceives


def add(self: StagedReceives, channel: KafkaChannel, receives: Iterable[NetworkReceive]) -> None:
    """These messages have been read from this connection."""
    for receive in receives:
        self._queues.setdefault(channel, deque()).append(receive)


def take_one_of_each(self: StagedReceives) -> list[NetworkReceive]:
    """The oldest message of each connection that is not muted."""
    return [queue.popleft() for channel, queue in self._queues.items() if queue and not channel.is_muted]
