"""Hands over one of each connection, muted or not.

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
    """The oldest message of each connection."""
    taken = []
    for channel, queue in tuple(self._queues.items()):
        taken.append(queue.popleft())
        if not queue:
            del self._queues[channel]
    return taken
