"""`KafkaProducer`: what an application holds in its hand.

    with KafkaProducer(bootstrap_servers="localhost:9092") as producer:
        future = producer.send("orders", b"one coffee", key=b"table 4")
        print(future.result())

`send` returns at once with a future; the record leaves later, in a batch, from the producer's own thread (`sender.py`).
It waits in two cases only: nothing is known of the topic yet, or the memory for batches is used up; for `max_block_ms`
at most.

What goes wrong with a record, goes to its future and its callback: every `ApiError`. What is wrong with the call is
raised by the call: a value that is not bytes, a closed producer.

Safe to use from many threads. One producer is enough for a program; two cannot fill each other's batches.

Left out against Java: transactions, interceptors, telemetry.

Java: org.apache.kafka.clients.producer.KafkaProducer
"""

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from kafka_nio.clock import NEVER
from kafka_nio.cluster import Cluster, PartitionInfo, TopicPartition
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import (
    ApiError,
    IllegalStateError,
    InvalidTopicError,
    KafkaTimeoutError,
)
from kafka_nio.producer.assembly import ProducerRuntime, assemble
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult
from kafka_nio.producer.partitioner import partition_for_key
from kafka_nio.producer.producer_record import (
    UNKNOWN_PARTITION,
    Callback,
    Headers,
    ProducerRecord,
    RecordMetadata,
    call_back,
    refuse_negative,
)
from kafka_nio.producer.sender_thread import SenderThread
from kafka_nio.producer.serialization import RecordSizeLimit, checked_headers, make_serialize
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class KafkaProducer:
    """Sends records to Kafka.

    Args:
        config: options under Kafka's names, `{"bootstrap.servers": "localhost:9092", "linger.ms": 5}`; and/or
        options: the same in Python's spelling, `linger_ms=5`. `config.OPTIONS` lists them all.
        runtime: clock, randomness and name resolution, for tests and recordings.

    Raises:
        ConfigError: an option is unknown or wrong, or no bootstrap server's name can be resolved.
    """

    def __init__(
        self,
        config: Mapping[str, object] | None = None,
        /,
        *,
        runtime: ProducerRuntime | None = None,
        **options: object,
    ) -> None:
        self._config = ProducerConfig.parse(config, **options)
        runtime = runtime or ProducerRuntime()
        self._clock = runtime.clock
        self._max_block_ms = self._config.max_block_ms
        self._size_limit = RecordSizeLimit(self._config.max_request_size, self._config.buffer_memory)
        self._serialize_key = make_serialize("key", self._config.key_serializer)
        self._serialize_value = make_serialize("value", self._config.value_serializer)
        parts = assemble(self._config, runtime)
        self.client_id = parts.client_id
        self._metadata = parts.metadata
        self._accumulator = parts.accumulator
        self._sender = parts.sender
        self._metrics = parts.metrics
        self._io_thread = parts.io_thread
        self._thread = SenderThread(self._sender, self.client_id, self._clock)
        self._finalizer = self._thread.abandon_with(self)
        self._closed = False
        self._clock.start(self._thread)

    # Sending a record...

    @span(Stage.SEND, show="topic key partition return")
    def send(
        self,
        topic: str | ProducerRecord,
        value: object = None,
        key: object = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
        callback: Callback | None = None,
    ) -> FutureRecordMetadata:
        """Hand a record in. It is on its way when this returns, and with a broker when the future says so.

        Args:
            topic: where to; or a `ProducerRecord`, which then says everything but the callback.
            value: what: bytes, or whatever `value_serializer` takes.
            key: records with equal keys go to the same partition.
            partition: beats key and partitioner.
            timestamp_ms: milliseconds since 1970; now, if None.
            headers: pairs of a name and bytes.
            callback: called on the producer's thread with the record's metadata and its error, one of which counts.

        Raises:
            IllegalStateError: the producer is closed.
            SerializationError: a key or value is not bytes and no serializer made it so.
            ValueError: the partition or the timestamp is negative.
        """
        if isinstance(topic, ProducerRecord):
            record = topic
            return self.do_send(
                record.topic, record.value, record.key, record.partition, record.timestamp_ms, record.headers, callback
            )
        return self.do_send(topic, value, key, partition, timestamp_ms, headers, callback)

    @span(Stage.SEND, show="topic return")
    def do_send(
        self,
        topic: str,
        value: object,
        key: object,
        partition: int | None,
        timestamp_ms: int | None,
        headers: Headers,
        callback: Callback | None,
    ) -> FutureRecordMetadata:
        """Know the topic, make bytes, choose a partition, append to a batch, wake the sender if it can leave."""
        self._refuse_if_closed()
        if partition is not None or timestamp_ms is not None:
            refuse_negative(partition, timestamp_ms)
        chosen = UNKNOWN_PARTITION if partition is None else partition
        try:
            cluster, remaining_ms = self.wait_on_metadata(topic, partition)
            key_bytes = self._serialize_key(topic, key)
            value_bytes = self._serialize_value(topic, value)
            headers = checked_headers(headers) if headers else ()
            if partition is None:
                chosen = self.partition(topic, key_bytes, value_bytes, cluster)
            self._size_limit.ensure_valid_record_size(key_bytes, value_bytes, headers)
            stamp_ms = self._clock.time_ms() if timestamp_ms is None else timestamp_ms
            record = (stamp_ms, key_bytes, value_bytes, headers, callback)
            future, batch_is_full, new_batch_created = self._accumulator.append(
                topic, chosen, record, remaining_ms, cluster
            )
        except ApiError as error:
            return self._fail(TopicPartition(topic, chosen), error, callback)
        if batch_is_full or new_batch_created:
            self._sender.wakeup()
        return future

    @span(Stage.METADATA, show="topic partition")
    def wait_on_metadata(self, topic: str, partition: int | None) -> tuple[Cluster, float]:
        """Know the topic's partitions, asking and waiting for metadata if need be.

        Args:
            partition: one that must exist; if it does not, the topic may have grown, so ask again.

        Returns:
            What is known of the cluster, and how much of `max_block_ms` is left.

        Raises:
            KafkaTimeoutError: the topic or the partition did not turn up in that time; the message says why.
            InvalidTopicError, TopicAuthorizationFailedError: the cluster refuses the topic.
            IllegalStateError: the producer was closed meanwhile.
        """
        cluster = self._metadata.fetch()
        if _is_known(cluster, topic, partition):
            return cluster, self._max_block_ms
        if not isinstance(topic, str):
            raise TypeError(f"a topic is a str, not {topic!r}")
        if topic in cluster.invalid_topics:
            raise InvalidTopicError(f"{topic!r} is not a valid name for a topic")
        # On the producer's own thread, in a callback, nobody would be left to bring the metadata we wait for.
        max_block_ms = 0 if self._io_thread.is_current else self._max_block_ms
        began_ms = self._clock.now_ms()
        self._metadata.add(topic, began_ms)
        while not _is_known(cluster, topic, partition):
            if not self._await_update(topic, began_ms + max_block_ms):
                raise self._not_present(topic, partition, max_block_ms)
            cluster = self._metadata.fetch()
        waited_ms = self._clock.now_ms() - began_ms
        self._metrics.record("metadata-wait-time-ms", waited_ms)
        return cluster, max(0, max_block_ms - waited_ms)

    def _await_update(self, topic: str, deadline_ms: float) -> bool:
        """Ask for metadata and wait for the next answer, whatever it says. False if the time is over."""
        version = self._metadata.request_update_for_topic(topic)
        self._sender.wakeup()
        remaining_ms = deadline_ms - self._clock.now_ms()
        if remaining_ms <= 0:
            return False
        try:
            self._metadata.await_update(version, remaining_ms)
        except KafkaTimeoutError:
            return False
        error = self._metadata.error_for_topic(topic)
        if error is not None and not error.retriable:
            raise error
        return True

    def _not_present(self, topic: str, partition: int | None, waited_ms: float) -> KafkaTimeoutError:
        count = self._metadata.fetch().partition_count_for_topic(topic)
        what = f"Topic {topic}" if count is None else f"Partition {partition} of topic {topic} with {count} partitions"
        topic_error = self._metadata.error_for_topic(topic)
        if self._io_thread.is_current:
            why = "inside a callback, send cannot wait for it"
        else:
            why = str(topic_error or self._metadata.last_failure or "the brokers that answered do not know it")
        error = KafkaTimeoutError(f"{what} not present in metadata after {waited_ms:.0f} ms: {why}")
        error.__cause__ = topic_error
        return error

    @span(Stage.SEND, show="topic key return")
    def partition(self, topic: str, key: bytes | None, value: bytes | None, cluster: Cluster) -> int:
        """Choose a partition by the caller's partitioner, else by the key, else leave it to the accumulator.

        Raises:
            ValueError: the caller's partitioner chose one that does not exist.
        """
        partitioner = self._config.partitioner
        if partitioner is None:
            if key is None or self._config.partitioner_ignore_keys:
                return UNKNOWN_PARTITION
            return partition_for_key(key, len(cluster.partitions_for_topic(topic)))
        partition = partitioner(topic, key, value, cluster)
        count = len(cluster.partitions_for_topic(topic))
        if not 0 <= partition < count:
            raise ValueError(f"partitioner={partitioner!r} chose {partition} of the {count} partitions of {topic}")
        return partition

    def _fail(
        self, topic_partition: TopicPartition, error: ApiError, callback: Callback | None
    ) -> FutureRecordMetadata:
        """Tell the callback and the future of a record that never got into a batch."""
        log.debug("A record for %s was not accepted: %s", topic_partition, error)
        self._metrics.count("record-error")
        if callback is not None:
            call_back(callback, RecordMetadata(*topic_partition), error)
        return FutureRecordMetadata.failed(ProduceRequestResult(topic_partition, self._clock, self._io_thread), error)

    # Asking and waiting...

    def partitions_for(self, topic: str) -> tuple[PartitionInfo, ...]:
        """The topic's partitions and who leads them; waits for metadata if the topic is not known yet.

        Raises:
            ApiError: see `wait_on_metadata`.
        """
        self._refuse_if_closed()
        cluster, _ = self.wait_on_metadata(topic, None)
        return cluster.partitions_for_topic(topic)

    @span(Stage.SEND, show="timeout")
    def flush(self, timeout: float | None = None) -> None:
        """Send every record now, without lingering, and wait until each of them has its outcome, good or bad.

        Args:
            timeout: how long to wait at most, in seconds.

        Raises:
            KafkaTimeoutError: some records are still without an outcome.
            IllegalStateError: called inside a callback, where it would wait for itself.
        """
        if self._io_thread.is_current:
            raise IllegalStateError("flush inside a callback would wait for the thread that it runs on")
        self._accumulator.begin_flush()
        self._sender.wakeup()
        self._accumulator.await_flush_completion(NEVER if timeout is None else timeout * 1000)

    def metrics(self) -> dict[str, float]:
        """What has been counted so far, under Kafka's names."""
        pool = self._accumulator.buffer_pool
        return self._metrics.snapshot() | {
            "buffer-total-bytes": pool.total_bytes,
            "buffer-available-bytes": pool.available_bytes,
            "waiting-threads": pool.queued,
        }

    # Closing...

    @span(Stage.SEND, show="timeout")
    def close(self, timeout: float | None = None) -> None:
        """Take no more records, wait for the outcome of those that are there, and give up what is left after that.

        May be called more than once. Inside a callback it does not wait: it closes as with `timeout=0`.

        Args:
            timeout: how long to wait, in seconds; None for as long as it takes, which the delivery timeout limits.

        Raises:
            ValueError: the timeout is negative.
        """
        if timeout is not None and timeout < 0:
            raise ValueError(f"timeout {timeout} is negative")
        self._closed = True
        self._finalizer.detach()
        if self._io_thread.is_current:
            log.warning("%r was closed inside a callback, so what is not sent yet will not be", self)
            self._sender.force_close()
            return
        if timeout != 0:
            self._sender.initiate_close()
            if self._clock.join(self._thread, NEVER if timeout is None else timeout * 1000):
                return
            log.info("%r could not send everything in %s s, so it is closed by force", self, timeout)
        self._sender.force_close()
        self._clock.join(self._thread, NEVER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise IllegalStateError("the producer is closed")

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<KafkaProducer {self.client_id}: {state}, {self._accumulator!r}>"


def _is_known(cluster: Cluster, topic: str, partition: int | None) -> bool:
    count = cluster.partition_count_for_topic(topic)
    return count is not None and (partition is None or partition < count)
