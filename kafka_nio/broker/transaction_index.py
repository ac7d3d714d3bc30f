"""The aborted transactions of a partition, for consumers that want committed records only.

A broker hands out records as they lie in the log, those of aborted transactions too: the batches are kept and sent in
one piece, and cutting some out would cost more than letting the consumer skip them. So a READ_COMMITTED fetch comes
with a list of (producer id, first offset), and the consumer drops that producer's transactional batches from there up
to its next mark.

Java: org.apache.kafka.storage.internals.log.TransactionIndex
"""

from bisect import bisect_left

from kafka_nio.broker.producer_state import CompletedTransaction


class TransactionIndex:
    """Aborted transactions in the order of their marks. The log's lock guards it."""

    def __init__(self) -> None:
        self._aborted: list[CompletedTransaction] = []
        self._last_offsets: list[int] = []

    def append(self, aborted: CompletedTransaction) -> None:
        """Note a transaction whose abort mark has just been appended to the log."""
        self._aborted.append(aborted)
        self._last_offsets.append(aborted.last_offset)

    def between(self, first_offset: int, end_offset: int) -> list[CompletedTransaction]:
        """Those that have records from `first_offset` on and before `end_offset`."""
        behind = self._aborted[bisect_left(self._last_offsets, first_offset) :]
        return [aborted for aborted in behind if aborted.first_offset < end_offset]
