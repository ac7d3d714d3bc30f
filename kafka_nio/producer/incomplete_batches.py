"""The batches that memory is still held for: without an outcome, or with one while a request still has their bytes.

Java: org.apache.kafka.clients.producer.internals.IncompleteBatches
"""

import threading
from collections.abc import Iterable

from kafka_nio.clock import Clock
from kafka_nio.errors import KafkaTimeoutError
from kafka_nio.producer.producer_batch import ProducerBatch


class IncompleteBatches:
    """In the order in which they were opened. Guarded by the accumulator's lock, which whoever changes them holds."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._batches: dict[ProducerBatch, None] = {}

    def add(self, batches: Iterable[ProducerBatch]) -> None:
        """With the lock held: these have been opened."""
        self._batches |= dict.fromkeys(batches)

    def remove(self, batch: ProducerBatch) -> None:
        """With the lock held: this one has an outcome, and no request has its bytes."""
        self._batches.pop(batch, None)

    def __len__(self) -> int:
        """How many batches are without an outcome, or in a request that is still under way."""
        return len(self._batches)

    def all(self) -> list[ProducerBatch]:
        """All of them."""
        with self._lock:
            return list(self._batches)

    @property
    def has_open(self) -> bool:
        """Whether a record is without an outcome."""
        return bool(self.open())

    def open(self) -> list[ProducerBatch]:
        """Those without an outcome."""
        with self._lock:
            return [batch for batch in self._batches if not batch.is_done]

    @property
    def open_record_count(self) -> int:
        """How many records are without an outcome."""
        return sum(batch.record_count for batch in self.open())

    def await_outcomes(self, timeout_ms: float, clock: Clock) -> None:
        """Wait for the outcome of every batch that exists now.

        Raises:
            KafkaTimeoutError: some of them have none yet.
        """
        deadline_ms = clock.now_ms() + timeout_ms
        for batch in self.all():
            if not batch.result.wait(max(0.0, deadline_ms - clock.now_ms())):
                still_open = self.open()
                raise KafkaTimeoutError(
                    f"{len(still_open)} batches without an outcome after a flush of {timeout_ms:.0f} ms, "
                    f"the first of them is {next(iter(still_open), batch)!r}"
                )

    def __repr__(self) -> str:
        return f"<IncompleteBatches: {len(self)}>"
