"""`KafkaProducer`: what an application holds in its hand.

    with KafkaProducer(bootstrap_servers="localhost:9092") as producer:
        future = producer.send("orders", b"one coffee", key=b"table 4")
        print(future.result())

`send` returns at once with a future; the record leaves later, in a batch, from the producer's own thread (`sender.py`).
It waits in two cases only: nothing is known of the topic yet, or the memory for batches is used up; for `max_block_ms`
at most. (And for a millisecond, if it opens a batch where many wait already: `catching_up.py` says why.)

What goes wrong with a record, goes to its future and its callback: every `ApiError`. What is wrong with the call is
raised by the call: a value that is not bytes, a closed producer.

Safe to use from many threads. One producer is enough for a program; two cannot fill each other's batches.

Java: org.apache.kafka.clients.producer.KafkaProducer
"""

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from kafka_nio.clock import NEVER
from kafka_nio.cluster import Cluster, PartitionInfo, TopicPartition
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import ApiError, IllegalStateError
from kafka_nio.producer.argument_checks import milliseconds, refuse_no_topic, refuse_wrong_arguments
from kafka_nio.producer.assembly import ProducerRuntime, assemble
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult
from kafka_nio.producer.interceptors import ProducerInterceptors
from kafka_nio.producer.metadata_wait import MetadataWait
from kafka_nio.producer.partitioner import partition_for_key
from kafka_nio.producer.producer_batch import Appendable
from kafka_nio.producer.producer_record import (
    UNKNOWN_PARTITION,
    Callback,
    Headers,
    ProducerRecord,
    RecordMetadata,
    call_back,
    record_of,
)
from kafka_nio.producer.sender_thread import SenderThread
from kafka_nio.producer.serialization import RecordSerializer
from kafka_nio.producer.transaction_calls import TransactionCalls
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)


class KafkaProducer(TransactionCalls):
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
        self._make_bytes = RecordSerializer(self._config, self._clock).make_bytes
        parts = assemble(self._config, runtime)
        self.client_id = parts.client_id
        self._metadata = parts.metadata
        self._accumulator = parts.accumulator
        self._sender = parts.sender
        self._metrics = parts.metrics
        self._io_thread = parts.io_thread
        self._transactions = parts.transactions
        self._telemetry = parts.telemetry
        self._metadata_wait = MetadataWait(
            self._metadata, self._sender.wakeup, self._clock, self._io_thread, self._metrics
        )
        self._thread = SenderThread(self._sender, self.client_id, self._clock)
        self._finalizer = self._thread.abandon_with(self)
        self._interceptors = ProducerInterceptors.of(self._config.interceptors)
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
            BootstrapResolutionError: nobody knows the bootstrap servers, in all of `bootstrap.resolve.timeout.ms`.
            SerializationError: a key or value is not bytes and no serializer made it so.
            TypeError, ValueError: another argument is not what it may be; or there is one beside a `ProducerRecord`.
        """
        if type(topic) is not str:
            record = record_of(topic, value, key, partition, timestamp_ms, headers)
            topic, value, key, partition, timestamp_ms, headers = record.fields()
        if partition is not None or timestamp_ms is not None or callback is not None:
            refuse_wrong_arguments(partition, timestamp_ms, callback)
        if self._interceptors is not None:
            record = ProducerRecord(topic, value, key, partition, timestamp_ms, headers)
            return self._interceptors.send(record, callback, self.do_send)
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
        self._refuse_to_send()
        chosen = UNKNOWN_PARTITION if partition is None else partition
        try:
            cluster, remaining_ms = self.wait_on_metadata(topic, partition)
            record = self._make_bytes(topic, value, key, timestamp_ms, headers, callback)
            if partition is None:
                _, key_bytes, value_bytes, _, _ = record
                chosen = self.partition(topic, key_bytes, value_bytes, cluster)
            return self._append(topic, chosen, record, remaining_ms, cluster)
        except ApiError as error:
            return self._fail(TopicPartition(topic, chosen), error, callback)

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
        cluster = self._metadata.cluster
        if (partition or 0) < cluster.partition_counts.get(topic, 0):
            return cluster, self._max_block_ms
        return self._metadata_wait.until_known(topic, partition, self._max_block_ms)

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
            return partition_for_key(key, cluster.partition_counts[topic])
        partition = partitioner(topic, key, value, cluster)
        count = cluster.partition_counts[topic]
        if not 0 <= partition < count:
            raise ValueError(f"partitioner={partitioner!r} chose {partition} of the {count} partitions of {topic}")
        return partition

    # Its steps, which `AsyncKafkaProducer` takes as well...

    def _refuse_to_send(self) -> None:
        if self._closed or self._io_thread.is_in_parent:  # asked here too, which spares each record a call
            self._refuse_if_closed()
        if self._transactions is not None:
            self._transactions.ensure_may_send()

    @decision("must_wake", "batch_is_full new_batch_created")
    def _append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> FutureRecordMetadata:
        future, batch_is_full, new_batch_created = self._accumulator.append(
            topic, partition, record, max_wait_ms, cluster
        )
        if self._transactions is not None and self._transactions.is_transactional:
            self._transactions.maybe_add_partition(future.topic_partition)
        must_wake = batch_is_full or new_batch_created
        if must_wake:
            self._sender.wakeup()
        return future

    def _fail(
        self, topic_partition: TopicPartition, error: ApiError, callback: Callback | None
    ) -> FutureRecordMetadata:
        """Tell the callback and the future of a record that never got into a batch."""
        log.debug("A record for %s was not accepted: %s", topic_partition, error)
        self._metrics.count("record-error")
        if self._transactions is not None:
            self._transactions.maybe_transition_to_error_state(error)
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
        cluster, _ = self.wait_on_metadata(refuse_no_topic(topic), None)
        return cluster.partitions_for_topic(topic)

    @span(Stage.SEND, show="timeout")
    def flush(self, timeout: float | None = None) -> None:
        """Send every record now, without lingering, and wait until each of them has its outcome, good or bad.

        Args:
            timeout: how long to wait at most, in seconds.

        Raises:
            KafkaTimeoutError: some records are still without an outcome.
            IllegalStateError: called inside a callback, where it would wait for itself.
            ValueError: the timeout is negative.
        """
        self._io_thread.refuse_in_child()
        if self._io_thread.is_current:
            raise IllegalStateError("flush inside a callback would wait for the thread that it runs on")
        timeout_ms = milliseconds(timeout)
        try:
            with self._timed("flush-time-ns"):
                self._accumulator.begin_flush()
                self._sender.wakeup()
                self._accumulator.await_flush_completion(timeout_ms)
        finally:
            self._accumulator.end_flush()

    def purge(self, in_queue: bool = True, in_flight: bool = True) -> None:
        """Give records up: soon their futures and callbacks get a `PurgedError`. `flush` waits for that.

        Args:
            in_queue: those that were not sent yet.
            in_flight: those that were sent and not answered. A broker may write them nevertheless.
        """
        self._refuse_if_closed()
        self._sender.purge(in_queue, in_flight)

    def __len__(self) -> int:
        """How many records are without an outcome."""
        self._io_thread.refuse_in_child()
        return self._accumulator.incomplete.open_record_count

    def __bool__(self) -> bool:
        """True: a producer with nothing to do is still a producer."""
        return True

    # Closing...

    @span(Stage.SEND, show="timeout")
    def close(self, timeout: float | None = None) -> None:
        """Take no more records, wait for the outcome of those that are there, and give up what is left after that.

        May be called more than once. Inside a callback it does not wait: it closes as with `timeout=0`. In a child
        process it does nothing, because connections and records are the parent's.

        Args:
            timeout: how long to wait, in seconds; None for as long as it takes, which the delivery timeout limits.

        Raises:
            ValueError: the timeout is negative.
        """
        timeout_ms = milliseconds(timeout)
        self._closed = True
        self._finalizer.detach()
        if self._io_thread.is_in_parent:
            return
        if self._io_thread.is_current:
            log.warning("%r was closed inside a callback, so what is not sent yet will not be", self)
            self._sender.force_close()
        else:
            self._close_and_join(timeout_ms)
        interceptors, self._interceptors = self._interceptors, None
        if interceptors is not None:
            interceptors.close()

    def _close_and_join(self, timeout_ms: float) -> None:
        if timeout_ms > 0:
            self._sender.initiate_close()
            if self._clock.join(self._thread, timeout_ms):
                return
            log.info("%r could not send everything in %s ms, so it is closed by force", self, timeout_ms)
        self._sender.force_close()
        self._clock.join(self._thread, NEVER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_if_closed(self) -> None:
        if self._closed or self._io_thread.is_in_parent:
            self._io_thread.refuse_in_child()
            raise IllegalStateError("the producer is closed")

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<KafkaProducer {self.client_id}: {state}, {self._accumulator!r}>"
