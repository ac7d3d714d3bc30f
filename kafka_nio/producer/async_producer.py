"""`AsyncKafkaProducer`: the same producer for programs that run in an event loop of asyncio.

    async with AsyncKafkaProducer(bootstrap_servers="localhost:9092") as producer:
        metadata = await producer.send("orders", b"one coffee", key=b"table 4")

`await send(...)` waits for the record's outcome, so it sends one record after the other, with a round trip for each. To
have many under way, send them from many tasks, or hand them in and await their futures later:

        futures = [await producer.enqueue("orders", b"%d" % number) for number in range(1000)]
        for future in futures:
            print(await future)

The loop is never held up. `enqueue` takes the steps of `KafkaProducer.do_send` right in the loop, which is a matter of
microseconds, as long as there is nothing to wait for. Where there is (a topic that is not known yet, memory that is
used up, the name of a bootstrap server), a thread of a small pool waits, and the loop is told. Those who wait for
memory do so in line, and nobody overtakes them; so the records that one task sends stay in order.

A task that is cancelled while it waits for memory may leave its record behind, on its way.

Java: no counterpart.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from kafka_nio.cluster import Cluster, PartitionInfo, TopicPartition
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import ApiError, BufferExhaustedError, IllegalStateError, KafkaError
from kafka_nio.producer.argument_checks import milliseconds
from kafka_nio.producer.assembly import ProducerRuntime
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.metadata_wait import is_known
from kafka_nio.producer.prepared_txn_state import PreparedTxnState
from kafka_nio.producer.producer_batch import Appendable
from kafka_nio.producer.producer_record import (
    UNKNOWN_PARTITION,
    Callback,
    Headers,
    ProducerRecord,
    RecordMetadata,
    record_of,
)

T = TypeVar("T")

MOST_WAITING_THREADS = 32
"""One for each topic that is asked for, one for memory, one for each flush. They are started when they are needed."""


class AsyncKafkaProducer:
    """Sends records to Kafka from an event loop. Use it in one loop only, with `async with`, or `start` and `close`.

    Args:
        config, options, runtime: as with `KafkaProducer`.

    Raises:
        ConfigError: an option is unknown or wrong.
    """

    def __init__(
        self,
        config: Mapping[str, object] | None = None,
        /,
        *,
        runtime: ProducerRuntime | None = None,
        **options: object,
    ) -> None:
        ProducerConfig.parse(config, **options)  # so that a mistake is found here
        self._make_producer = partial(KafkaProducer, config, runtime=runtime, **options)
        self._inner: KafkaProducer | None = None
        # belongs to the loop's thread:
        self._waiting_threads = ThreadPoolExecutor(MOST_WAITING_THREADS, "kafka-producer-wait")
        self._topic_waits: dict[tuple[str, int | None], asyncio.Future[tuple[Cluster, float]]] = {}
        self._memory_line = asyncio.Lock()

    async def start(self) -> None:
        """Make the producer. This looks up the names of the bootstrap servers, which may take a while.

        Raises:
            ConfigError: none of them can be resolved.
        """
        if self._inner is None:
            self._inner = await asyncio.to_thread(self._make_producer)

    @property
    def _producer(self) -> KafkaProducer:
        if self._inner is None:
            raise IllegalStateError("the producer is not started; use `async with`, or `await producer.start()`")
        return self._inner

    # Sending a record...

    async def send(
        self,
        topic: str | ProducerRecord,
        value: object = None,
        key: object = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
    ) -> RecordMetadata:
        """Send a record and wait for its outcome. The arguments are those of `KafkaProducer.send`.

        Raises:
            KafkaError: why the record was not written.
        """
        return await (await self.enqueue(topic, value, key, partition, timestamp_ms, headers))

    async def enqueue(
        self,
        topic: str | ProducerRecord,
        value: object = None,
        key: object = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
    ) -> FutureRecordMetadata:
        """Hand a record in, waiting for metadata or memory if need be. Await the future for its outcome.

        Raises:
            IllegalStateError: the producer is not started, or closed.
            SerializationError: a key or value is not bytes and no serializer made it so.
            TypeError, ValueError: another argument is not what it may be; or there is one beside a `ProducerRecord`.
        """
        record = record_of(topic, value, key, partition, timestamp_ms, headers)
        interceptors = self._producer._interceptors
        if interceptors is None:
            return await self._do_send(record, None)
        record = interceptors.on_send(record)
        try:
            return await self._do_send(record, interceptors.before(None))
        except Exception as error:
            interceptors.on_send_error(record, error)
            raise

    async def _do_send(self, record: ProducerRecord, callback: Callback | None) -> FutureRecordMetadata:
        """The same steps as in `KafkaProducer.do_send`, two of which may wait."""
        producer = self._producer
        topic, value, key, partition, timestamp_ms, headers = record.fields()
        producer._refuse_to_send()
        chosen = UNKNOWN_PARTITION if partition is None else partition
        try:
            cluster, remaining_ms = await self._wait_on_metadata(topic, partition)
            appendable = producer._make_bytes(topic, value, key, timestamp_ms, headers, callback)
            if partition is None:
                _, key_bytes, value_bytes, _, _ = appendable
                chosen = producer.partition(topic, key_bytes, value_bytes, cluster)
            return await self._append(topic, chosen, appendable, remaining_ms, cluster)
        except ApiError as error:
            return producer._fail(TopicPartition(topic, chosen), error, callback)

    async def _wait_on_metadata(self, topic: str, partition: int | None) -> tuple[Cluster, float]:
        """Know the topic. However many tasks wait for the same one, they take one thread."""
        producer = self._producer
        cluster = producer._metadata.cluster
        key = (topic, partition)
        # Who comes while others wait, waits with them, known or not: else its record would overtake theirs.
        if key not in self._topic_waits:
            if is_known(cluster, topic, partition):
                return cluster, producer._max_block_ms
            wait = self._in_thread(producer.wait_on_metadata, topic, partition)
            wait.add_done_callback(partial(self._topic_wait_ended, key))
            self._topic_waits[key] = wait
        # Whoever is cancelled must not take the others along.
        return await asyncio.shield(self._topic_waits[key])

    def _topic_wait_ended(self, key: tuple[str, int | None], wait: asyncio.Future[tuple[Cluster, float]]) -> None:
        del self._topic_waits[key]
        if not wait.cancelled():
            wait.exception()  # noted, even if nobody is left to hear of it

    async def _append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> FutureRecordMetadata:
        append = partial(self._producer._append, topic, partition, record, cluster=cluster)
        if not self._memory_line.locked():
            try:
                return append(max_wait_ms=0)
            except BufferExhaustedError:
                if max_wait_ms == 0:
                    raise
        async with self._memory_line:
            return await self._in_thread(append, max_wait_ms=max_wait_ms)

    def _in_thread(self, function: Callable[..., T], *args: object, **options: object) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._waiting_threads, partial(function, *args, **options))

    # Asking and waiting...

    async def partitions_for(self, topic: str) -> tuple[PartitionInfo, ...]:
        """The topic's partitions and who leads them; waits for metadata if the topic is not known yet.

        Raises:
            ApiError: the topic did not turn up within `max_block_ms`, or the cluster refuses it.
        """
        self._producer._refuse_if_closed()
        cluster, _ = await self._wait_on_metadata(topic, None)
        return cluster.partitions_for_topic(topic)

    async def flush(self, timeout: float | None = None) -> None:
        """Send every record now, without lingering, and wait until each of them has its outcome, good or bad.

        Args:
            timeout: how long to wait at most, in seconds.

        Raises:
            KafkaTimeoutError: some records are still without an outcome.
        """
        milliseconds(timeout)  # so that a mistake does not depend on whether there is something to wait for
        if len(self._producer):
            await self._in_thread(self._producer.flush, timeout)

    def purge(self, in_queue: bool = True, in_flight: bool = True) -> None:
        """Give records up, as `KafkaProducer.purge` does."""
        self._producer.purge(in_queue, in_flight)

    def metrics(self) -> dict[str, float]:
        """What has been counted so far, under Kafka's names."""
        return self._producer.metrics()

    async def client_instance_id(self, timeout: float | None = None) -> UUID | None:
        """The id under which brokers know our metrics; None if they take none."""
        milliseconds(timeout)
        return await self._in_thread(self._producer.client_instance_id, timeout)

    def __len__(self) -> int:
        """How many records are without an outcome."""
        return len(self._producer)

    def __bool__(self) -> bool:
        """True: a producer with nothing to do is still a producer."""
        return True

    # Transactions, as in `transaction_calls.py`...

    async def init_transactions(self, timeout: float | None = None, *, keep_prepared_txn: bool = False) -> None:
        """Get a producer id for the transactional id, and fence off whoever had it before. Once, before all else."""
        milliseconds(timeout)
        await self._in_thread(self._producer.init_transactions, timeout, keep_prepared_txn=keep_prepared_txn)

    def begin_transaction(self) -> None:
        """From now on all records belong to one transaction."""
        self._producer.begin_transaction()

    async def prepare_transaction(self, timeout: float | None = None) -> PreparedTxnState:
        """Send what is there and wait for it; then take nothing more, so that only the end is left."""
        milliseconds(timeout)
        return await self._in_thread(self._producer.prepare_transaction, timeout)

    async def complete_transaction(self, prepared: PreparedTxnState, timeout: float | None = None) -> None:
        """Commit the prepared transaction, if it is this one; if it is another, abort it."""
        milliseconds(timeout)
        await self._in_thread(self._producer.complete_transaction, prepared, timeout)

    async def commit_transaction(self, timeout: float | None = None) -> None:
        """Send what is there, wait for it, and make all of it visible at once."""
        milliseconds(timeout)
        await self._in_thread(self._producer.commit_transaction, timeout)

    async def abort_transaction(self, timeout: float | None = None) -> None:
        """Drop what was not sent, and let what was sent never be seen."""
        milliseconds(timeout)
        await self._in_thread(self._producer.abort_transaction, timeout)

    async def send_offsets_to_transaction(
        self,
        offsets: Mapping[TopicPartition, OffsetAndMetadata],
        group: ConsumerGroupMetadata,
        timeout: float | None = None,
    ) -> None:
        """Let a consumer's progress be part of the transaction."""
        milliseconds(timeout)
        await self._in_thread(self._producer.send_offsets_to_transaction, offsets, group, timeout)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Begin; commit at the end of the `async with` block, or abort if it is left by an exception, which goes on."""
        self.begin_transaction()
        try:
            yield
            await self.commit_transaction()
        except BaseException as error:
            if not getattr(error, "fatal", False):
                await self._abort_after(error)
            raise

    async def _abort_after(self, error: BaseException) -> None:
        try:
            await self.abort_transaction()
        except KafkaError as second:
            error.add_note(f"The transaction could not be aborted: {second}")

    # Closing...

    async def close(self, timeout: float | None = None) -> None:
        """Take no more records, wait for the outcome of those that are there, and give up what is left after that.

        Args:
            timeout: how long to wait, in seconds; None for as long as it takes, which the delivery timeout limits.
        """
        if self._inner is not None:
            # Not in a waiting thread: all of those may be taken, by waits that only this ends.
            await asyncio.to_thread(self._inner.close, timeout)
        self._waiting_threads.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncKafkaProducer: {self._inner or 'not started'!r}>"
