"""Hands over everything that was read.

Java: no counterpart.
"""

from collections import deque
from collections.abc import Iterable

from kafka_nio.network import KafkaChannel, NetworkReceive
from kafka_nio.network.staged_receives import StagedReceives


def add(self: StagedReceives, channel: KafkaChannel, receives: Iterable[NetworkReceive]) -> None:
    """These messages have been read from this connection."""
    self._queues.setdefault(channel, deque()).extend(receives)


def take_one_of_each(self: StagedReceives) -> list[NetworkReceive]:
    """The messages of all connections that are not muted."""
    taken: list[NetworkReceive] = []
    for channel, queue in tuple(self._queues.items()):
        if not channel.is_muted:
            taken.extend(queue)
            del self._queues[channel]
    return taken
