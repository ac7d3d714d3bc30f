"""A producer whose thread never runs, so that a test can look at what `send` leaves behind."""

import threading
from dataclasses import dataclass

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Node
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.sender_thread import SenderThread
from kafka_nio.protocol.messages import MetadataResponse
from kafka_nio.protocol.record_batch import Record, RecordBatch
from tests.producer.parts import NODE_0, metadata_response


class StillClock(MockClock):
    """Starts no thread. Joining one runs it to its end, which closes its sockets."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self._joined: set[threading.Thread] = set()

    def start(self, thread: threading.Thread) -> None:
        assert thread.daemon

    def join(self, thread: threading.Thread, timeout_ms: float) -> bool:
        assert isinstance(thread, SenderThread)
        if thread not in self._joined:
            self._joined.add(thread)
            thread.sender.force_close()
            thread.sender.run()
        return True


@dataclass
class StillProducer:
    """The producer, its clock, and what a test does instead of its thread."""

    producer: KafkaProducer
    clock: StillClock

    def learn(self, *leaders: Node | None) -> None:
        """Have the metadata say that the partitions of `orders` have these leaders."""
        self.producer._metadata.add("orders", self.clock.now_ms())
        self.answer(metadata_response(*leaders))

    def answer(self, response: MetadataResponse) -> None:
        """Put an answer into the metadata."""
        metadata = self.producer._metadata
        _, version, is_partial = metadata.next_request()
        metadata.update(version, response, is_partial, self.clock.now_ms(), 12)

    def appended(self) -> list[tuple[int, Record]]:
        """The records that would leave now, each with its partition."""
        accumulator, known = self.producer._accumulator, self.producer._metadata.cluster
        records = []
        while batches := accumulator.drain(known, [NODE_0], 1_000_000, self.clock.now_ms()):
            for batch in batches[NODE_0.id]:
                partition = batch.topic_partition.partition
                records += [(partition, record) for record in RecordBatch(batch.close()).records()]
        return records
