"""Per partition: how many records were numbered, how many were acknowledged, and which batches lie between.

An idempotent producer numbers the records of each partition: 0, 1, 2, … A batch carries the number of its first record,
with the producer's id and epoch. The broker takes a batch only if its number follows the last one; one that it has
already is answered and not written again. So up to five requests may be under way at once, and still nothing is written
twice or out of order.

A number stays with a batch through all retries: an attempt that seems to have failed may have succeeded. Numbers change
in two cases only, both when it is certain that the broker did not take the batch. A batch before it failed for good, in
a transaction: then the numbers behind it move down. Or the epoch has changed: then they begin at 0 again.

All of this belongs to the sender's thread.

Java compares sequence numbers as integers, and so errs for a moment after 2^31 - 1, where they begin at 0 again; here a
number is before another if the way up from it is the shorter one.

Java: org.apache.kafka.clients.producer.internals.TxnPartitionMap, TxnPartitionEntry
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kafka_nio.cluster import TopicPartition
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import UNKNOWN_OFFSET
from kafka_nio.protocol.record_batch import increment_sequence
from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE

log = logging.getLogger(__name__)

HALF_WAY_ROUND = 2**30


class ProducerIdAndEpoch(NamedTuple):
    """Who numbers. The epoch grows whenever the numbers of the same id begin anew."""

    producer_id: int = NO_PRODUCER_ID
    epoch: int = NO_PRODUCER_EPOCH

    @property
    def is_valid(self) -> bool:
        """Whether the cluster has given us one."""
        return self.producer_id != NO_PRODUCER_ID

    def __str__(self) -> str:
        return f"producer id {self.producer_id}, epoch {self.epoch}" if self.is_valid else "no producer id"


NOBODY = ProducerIdAndEpoch()


def is_before(sequence: int, other: int) -> bool:
    """Whether a sequence number comes before another, although they begin at 0 again after 2^31 - 1."""
    return 0 < increment_sequence(other, -sequence) < HALF_WAY_ROUND


@dataclass(slots=True)
class TxnPartitionEntry:
    """What is known of one partition's numbers."""

    topic_partition: TopicPartition
    producer: ProducerIdAndEpoch = NOBODY
    """Under which its batches are numbered. It lags behind ours until the batches of the old epoch are answered."""
    next_sequence: int = 0
    """For the next record."""
    last_acked_sequence: int = NO_SEQUENCE
    """Of the last record that a broker said it has."""
    last_acked_offset: int = UNKNOWN_OFFSET
    in_flight: list[ProducerBatch] = field(default_factory=list)
    """Numbered, and neither acknowledged nor given up; under way or waiting for another attempt. In order."""
    next_sequence_if_resolved: int | None = None
    """Set while the fate of a batch is unknown, because its time ran out after it was sent: the number behind it."""
    must_restart: bool = False
    """Whether it waits for the next epoch, to number its batches from 0 again."""
    refused_sequence: int | None = None
    """If that is because a batch was refused for good: the number of the first such batch."""

    @property
    def is_unresolved(self) -> bool:
        """Whether the fate of a batch that was sent is unknown, so that no new one may follow."""
        return self.next_sequence_if_resolved is not None

    @property
    def any_acknowledged(self) -> bool:
        """Whether a broker has said that it has a batch under this id and epoch."""
        return self.last_acked_sequence != NO_SEQUENCE

    @property
    def may_restart(self) -> bool:
        """Whether no batch in flight can have been written, so that none is written again under another number.

        Behind one that was refused for good the broker takes none. Those before it may be there: wait for their answer.
        """
        first, refused = self.first_in_flight, self.refused_sequence
        return first is None or refused is None or not is_before(first.base_sequence, refused)

    @property
    def first_in_flight(self) -> ProducerBatch | None:
        """The one that the broker must get first."""
        return self.in_flight[0] if self.in_flight else None

    def assign_sequence(self, batch: ProducerBatch, is_transactional: bool) -> None:
        """Number a batch that leaves for the first time."""
        batch.set_producer_state(*self.producer, self.next_sequence, is_transactional)
        self.next_sequence = increment_sequence(self.next_sequence, batch.record_count)
        self.in_flight.append(batch)

    def replace_in_flight(self, batch: ProducerBatch, parts: list[ProducerBatch], is_transactional: bool) -> None:
        """Let the parts into which a batch was split take its place and share its numbers."""
        sequence, place = batch.base_sequence, self.in_flight.index(batch)
        for part in parts:
            part.set_producer_state(*batch.producer, sequence, is_transactional)
            sequence = increment_sequence(sequence, part.record_count)
        self.in_flight[place : place + 1] = parts

    def remove_in_flight(self, batch: ProducerBatch) -> None:
        """The batch was acknowledged or given up."""
        if batch in self.in_flight:
            self.in_flight.remove(batch)

    def acknowledged(self, batch: ProducerBatch, base_offset: int) -> None:
        """A broker has the batch."""
        if batch.producer == self.producer and is_before(self.last_acked_sequence, batch.last_sequence):
            self.last_acked_sequence = batch.last_sequence
        if base_offset != UNKNOWN_OFFSET:
            self.last_acked_offset = max(self.last_acked_offset, base_offset + batch.record_count - 1)
        self.remove_in_flight(batch)

    def is_next(self, sequence: int) -> bool:
        """Whether this number follows the last one that was acknowledged."""
        return sequence == increment_sequence(self.last_acked_sequence, 1)

    def has_overtaken(self, batch: ProducerBatch) -> bool:
        """Whether a later batch was acknowledged before this one, which no broker will take behind it."""
        is_ours = batch.producer == self.producer and not batch.sequence_has_been_reset
        return is_ours and self.any_acknowledged and is_before(batch.last_sequence, self.last_acked_sequence)

    def mark_unresolved(self, batch: ProducerBatch) -> None:
        """This batch was given up, but it was sent, and may have been written."""
        behind = increment_sequence(batch.last_sequence, 1)
        known = self.next_sequence_if_resolved
        if known is None or is_before(known, behind):
            self.next_sequence_if_resolved = behind
        log.debug("The fate of %r is unknown; nothing new goes to %s until it is", batch, self.topic_partition)

    def start_sequences_at_beginning(self, producer: ProducerIdAndEpoch) -> None:
        """Number all batches that are in flight, and those that come, from 0, under this id and epoch."""
        self.producer = producer
        self.next_sequence = 0
        self.last_acked_sequence = NO_SEQUENCE
        self.next_sequence_if_resolved = None
        self.must_restart = False
        self.refused_sequence = None
        for batch in self.in_flight:
            batch.reset_producer_state(*producer, self.next_sequence)
            self.next_sequence = increment_sequence(self.next_sequence, batch.record_count)

    def adjust_sequences_due_to_failed_batch(self, failed: ProducerBatch) -> None:
        """The broker refused this batch for good: close the gap that it leaves."""
        if failed.producer != self.producer:
            return
        self.next_sequence = increment_sequence(self.next_sequence, -failed.record_count)
        for batch in self.in_flight:
            if is_before(failed.base_sequence, batch.base_sequence):
                batch.reset_producer_state(
                    *self.producer, increment_sequence(batch.base_sequence, -failed.record_count)
                )

    def __repr__(self) -> str:
        state = f"{len(self.in_flight)} in flight" + (", unresolved" if self.is_unresolved else "")
        return f"<TxnPartitionEntry {self.topic_partition}: next {self.next_sequence}, {state}>"


class TxnPartitionMap:
    """The numbers of all partitions."""

    def __init__(self) -> None:
        self._entries: dict[TopicPartition, TxnPartitionEntry] = {}

    def __getitem__(self, topic_partition: TopicPartition) -> TxnPartitionEntry:
        """The partition's entry, made when it is first asked for."""
        entry = self._entries.get(topic_partition)
        if entry is None:
            entry = self._entries[topic_partition] = TxnPartitionEntry(topic_partition)
        return entry

    def remove(self, topic_partition: TopicPartition) -> None:
        """Forget a partition: the broker has forgotten us there."""
        self._entries.pop(topic_partition, None)

    def reset(self) -> None:
        """Forget them all: there is a new epoch, and nothing is in flight."""
        self._entries.clear()

    def __iter__(self) -> Iterator[TxnPartitionEntry]:
        return iter(list(self._entries.values()))

    def __repr__(self) -> str:
        return f"<TxnPartitionMap: {len(self._entries)} partitions>"
