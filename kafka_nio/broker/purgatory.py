"""Where a fetch waits that cannot be answered yet: "wake me when there are `min_bytes`, or after `max_wait_ms`".

Waiting must not keep the processor from its other connections, so nobody waits: the fetch is put down here with its
deadline, and the processor's loop asks on each turn what has become ready. A fetch is looked at again only when one of
its partitions has changed, and it is answered with whatever is there when its time is over. When its connection ends,
it is forgotten: nobody is there to be answered.

Left out against Java: the timing wheel, the reaper thread, watch lists by key; there are a few fetches, not a million.

Java: org.apache.kafka.server.purgatory.DelayedOperationPurgatory
"""

from collections import deque
from dataclasses import dataclass

from kafka_nio.broker.request_channel import DelayedOperation, Request, Response
from kafka_nio.clock import NEVER
from kafka_nio.cluster import TopicPartition


@dataclass(frozen=True, slots=True)
class Watched:
    """An operation in the purgatory, with the request that asked for it."""

    request: Request
    operation: DelayedOperation


class Purgatory:
    """The operations that one broker's processor has put down."""

    def __init__(self) -> None:
        # owned by the processor's thread:
        self._watched: list[Watched] = []
        # appended to by any thread (a deque's append is atomic), emptied by the processor's:
        self._changed: deque[TopicPartition] = deque()

    def watch(self, request: Request, operation: DelayedOperation) -> None:
        """Put an operation down until it is satisfied or its deadline is over."""
        self._watched.append(Watched(request, operation))

    def partition_changed(self, topic_partition: TopicPartition) -> None:
        """Something was appended, or the leader has changed: look again at those who wait for that."""
        self._changed.append(topic_partition)

    def forget(self, connection_id: str) -> None:
        """The connection has ended: what waits for it waits in vain."""
        self._watched = [watched for watched in self._watched if watched.request.connection_id != connection_id]

    def take_completed(self, now_ms: int) -> list[tuple[Request, Response]]:
        """The answers that need not, or must not, wait any longer."""
        changed = self._take_changed()
        waiting: list[Watched] = []
        completed: list[Watched] = []
        for watched in self._watched:
            is_complete = self._is_complete(watched.operation, changed, now_ms)
            (completed if is_complete else waiting).append(watched)
        self._watched = waiting
        return [(watched.request, watched.operation.complete()) for watched in completed]

    def _take_changed(self) -> set[TopicPartition]:
        return {self._changed.popleft() for _ in range(len(self._changed))}

    @staticmethod
    def _is_complete(operation: DelayedOperation, changed: set[TopicPartition], now_ms: int) -> bool:
        if now_ms >= operation.deadline_ms:
            return True
        return not changed.isdisjoint(operation.partitions) and operation.is_satisfied()

    @property
    def next_deadline_ms(self) -> float:
        """When the next operation has to be answered; `NEVER` if there is none."""
        return min((watched.operation.deadline_ms for watched in self._watched), default=NEVER)

    @property
    def has_changes(self) -> bool:
        """Whether somebody may have become ready since the last look."""
        return bool(self._changed)

    def __len__(self) -> int:
        return len(self._watched)
