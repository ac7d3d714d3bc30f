"""Where batches are made, with what the batches of one producer have in common.

How well a topic's records have compressed so far is remembered here, so that a new batch knows when it will be full.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator, its recordsBuilder
"""

import itertools

from kafka_nio.clock import Clock
from kafka_nio.cluster import TopicPartition
from kafka_nio.producer.futures import ProduceRequestResult
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.compression import Compression
from kafka_nio.protocol.compression_ratio_estimator import CompressionRatioEstimator
from kafka_nio.protocol.record_batch import RecordBatchBuilder


class BatchFactory:
    """Makes the batches of one producer.

    Args:
        compression: how they are compressed.
        clock: where whoever waits for a batch's outcome waits.
        io_thread: the thread that completes them.
    """

    def __init__(self, compression: Compression, clock: Clock, io_thread: IoThread) -> None:
        self._compression = compression
        self._clock = clock
        self._io_thread = io_thread
        self._numbers = itertools.count()
        self._ratios: dict[str, CompressionRatioEstimator] = {}

    def new_batch(
        self, topic_partition: TopicPartition, size_limit: int, reserved_bytes: int, created_ms: int
    ) -> ProducerBatch:
        """An empty batch.

        Args:
            size_limit: how large it may grow, in bytes.
            reserved_bytes: what was taken out of the buffer pool for it.
            created_ms: when its delivery timeout began to run.
        """
        ratio = self._ratios.setdefault(topic_partition.topic, CompressionRatioEstimator())
        builder = RecordBatchBuilder(size_limit=size_limit, compression=self._compression, estimator=ratio)
        result = ProduceRequestResult(topic_partition, self._clock, self._io_thread)
        batch = ProducerBatch(topic_partition, builder, result, reserved_bytes, created_ms)
        batch.place = (next(self._numbers),)
        return batch

    def new_part(self, big: ProducerBatch, size_limit: int) -> ProducerBatch:
        """An empty batch for some of the records of one that was too large. It is as old, and takes no more memory."""
        self._ratios[big.topic_partition.topic].expect_at_least(big.compression_ratio)
        part = self.new_batch(big.topic_partition, size_limit, 0, big.created_ms)
        part.place = big.place + part.place
        return part
