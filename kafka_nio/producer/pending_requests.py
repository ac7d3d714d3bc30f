"""The queue of requests that go to coordinators, first by priority, then by order.

Java: org.apache.kafka.clients.producer.internals.TransactionManager
"""

import heapq
import itertools
from collections.abc import Iterator

from kafka_nio.producer.txn_request_handler import TxnRequestHandler


class PendingRequests:
    """Guarded by the transaction manager's lock; whether it is empty may be asked without."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, TxnRequestHandler]] = []
        self._order = itertools.count()

    def put(self, handler: TxnRequestHandler) -> None:
        """Leave a request. One that comes back goes behind those of its priority."""
        heapq.heappush(self._heap, (handler.priority, next(self._order), handler))

    def take(self, has_batches: bool) -> TxnRequestHandler | None:
        """The request that comes next; but the end of a transaction waits for its batches."""
        if not self._heap or (self._heap[0][2].is_end_txn and has_batches):
            return None
        return heapq.heappop(self._heap)[2]

    def take_all(self) -> Iterator[TxnRequestHandler]:
        """Empty the queue."""
        while self._heap:
            yield heapq.heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)

    def __repr__(self) -> str:
        return f"<PendingRequests: {[handler for _, _, handler in sorted(self._heap)]}>"
