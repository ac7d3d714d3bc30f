"""The producer in an event loop, which it never holds up."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from confluent_kafka import Consumer, TopicPartition

from kafka_nio.broker import EmbeddedCluster, Ending, Fault
from kafka_nio.errors import (
    BufferExhaustedError,
    ConfigError,
    IllegalStateError,
    KafkaTimeoutError,
    PurgedError,
    RecordTooLargeError,
    SerializationError,
)
from kafka_nio.producer import AsyncKafkaProducer, ProducerInterceptor, ProducerRecord, RecordMetadata
from kafka_nio.protocol.api import ApiKey

Program = Callable[[AsyncKafkaProducer], Awaitable[None]]


def run(cluster: EmbeddedCluster, program: Program, **options: object) -> None:
    """Run a program with a producer in a loop of its own."""

    async def main() -> None:
        async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options) as producer:
            await program(producer)

    asyncio.run(main())


def values(cluster: EmbeddedCluster, partition: int = 0) -> list[bytes | None]:
    return [record.value for record in cluster.log("orders", partition).records()]


def test_send_waits_for_the_records_outcome(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        metadata = await producer.send("orders", b"coffee", key=b"table 4", partition=1, headers=[("a", b"b")])
        assert (metadata.topic, metadata.partition, metadata.offset) == ("orders", 1, 0)
        assert (await producer.send(ProducerRecord("orders", b"tea", partition=1))).offset == 1

    run(cluster, program)
    assert values(cluster, 1) == [b"coffee", b"tea"]


def test_records_that_one_task_hands_in_stay_in_order(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        futures = [await producer.enqueue("orders", b"%d" % number, partition=0) for number in range(2_000)]
        assert [(await future).offset for future in futures] == list(range(2_000))

    run(cluster, program)
    assert values(cluster) == [b"%d" % number for number in range(2_000)]


def test_many_tasks_may_send_at_once(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        sent = await asyncio.gather(*(producer.send("orders", b"a", partition=0) for _ in range(200)))
        assert sorted(metadata.offset for metadata in sent) == list(range(200))

    run(cluster, program)


def test_what_was_handed_in_is_sent_before_the_block_is_left(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        await producer.enqueue("orders", b"a", partition=0)

    run(cluster, program, linger_ms=60_000)
    assert values(cluster) == [b"a"]


@pytest.fixture
def strict_cluster() -> EmbeddedCluster:
    """Topics are not made by asking for them."""
    return EmbeddedCluster(auto_create_topics=False)


def test_the_loop_goes_on_while_a_topic_is_asked_for(strict_cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        waiting = asyncio.ensure_future(producer.enqueue("unknown", b"a"))
        await asyncio.sleep(0)
        assert (await producer.send("orders", b"a")).offset == 0
        assert not waiting.done()
        strict_cluster.create_topic("unknown", 1)
        assert (await (await waiting)).offset == 0

    with strict_cluster:
        strict_cluster.create_topic("orders", 1)
        run(strict_cluster, program, retry_backoff_ms=10, retry_backoff_max_ms=10)


def test_a_topic_that_does_not_turn_up_is_the_records_outcome(strict_cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        futures = await asyncio.gather(*(producer.enqueue("unknown", b"a") for _ in range(100)))
        for future in futures:
            with pytest.raises(KafkaTimeoutError, match="Topic unknown not present in metadata after 100 ms"):
                await future
        with pytest.raises(KafkaTimeoutError):
            await producer.partitions_for("unknown")

    with strict_cluster:
        run(strict_cluster, program, max_block_ms=100)


def test_a_task_that_is_cancelled_while_it_asks_for_a_topic_does_not_take_others_along(
    strict_cluster: EmbeddedCluster,
) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        first = asyncio.ensure_future(producer.enqueue("unknown", b"first"))
        second = asyncio.ensure_future(producer.enqueue("unknown", b"second"))
        await asyncio.sleep(0)
        first.cancel()
        strict_cluster.create_topic("unknown", 1)
        assert (await (await second)).offset == 0
        with pytest.raises(asyncio.CancelledError):
            await first

    with strict_cluster:
        run(strict_cluster, program, retry_backoff_ms=10, retry_backoff_max_ms=10)


SCARCE = {"batch_size": 1_000, "buffer_memory": 1_000, "linger_ms": 20}
"""Memory for one batch."""


def test_whoever_needs_memory_waits_in_line_and_the_loop_goes_on(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        sent = [
            asyncio.ensure_future(producer.send("orders", b"%d" % number * 200, partition=0)) for number in range(9)
        ]
        ticks = 0
        while not all(task.done() for task in sent):
            ticks += 1
            await asyncio.sleep(0)
        assert ticks > len(sent)
        assert [task.result().offset for task in sent] == list(range(9))

    run(cluster, program, **SCARCE)
    assert values(cluster) == [b"%d" % number * 200 for number in range(9)]


def test_who_comes_when_the_topic_is_known_does_not_overtake_those_who_waited_for_it(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        in_thread = producer._in_thread

        def and_wait_for_it(function: Callable[..., object], *args: object, **options: object) -> object:
            """As on a busy machine: the answer is there before the loop goes on, and nobody has been told yet."""
            known = threading.Event()

            def then_tell(*args: object, **options: object) -> object:
                try:
                    return function(*args, **options)
                finally:
                    known.set()

            future = in_thread(then_tell, *args, **options)
            assert known.wait(30)
            return future

        monkeypatch.setattr(producer, "_in_thread", and_wait_for_it)
        sent = [asyncio.ensure_future(producer.send("orders", b"%d" % number, partition=0)) for number in range(5)]
        assert [(await task).offset for task in sent] == list(range(5))

    run(cluster, program)


def test_memory_that_does_not_become_free_is_the_records_outcome(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))

    async def program(producer: AsyncKafkaProducer) -> None:
        await producer.enqueue("orders", b"a", partition=0)
        with pytest.raises(BufferExhaustedError):
            await producer.send("orders", b"b", partition=1)
        assert len(producer) == 1
        await producer.close(timeout=0)

    run(cluster, program, **SCARCE | {"max_block_ms": 100})


def test_flush_waits_for_every_record(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        await producer.flush()
        future = await producer.enqueue("orders", b"a", partition=0)
        assert len(producer) == 1
        await producer.flush(timeout=30)
        assert future.done()
        assert len(producer) == 0
        assert producer.metrics()["record-send-total"] == 1

    run(cluster, program, linger_ms=60_000)


def test_purge_gives_records_up(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        future = await producer.enqueue("orders", b"a", partition=0)
        producer.purge()
        with pytest.raises(PurgedError):
            await future

    run(cluster, program, linger_ms=60_000)


def test_partitions_for_asks_for_a_topic(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        assert [info.partition for info in await producer.partitions_for("orders")] == [0, 1, 2]

    run(cluster, program)


def test_what_is_wrong_with_the_call_is_raised_by_the_call(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        with pytest.raises(SerializationError):
            await producer.enqueue("orders", "text")
        with pytest.raises(ValueError, match="negative"):
            await producer.enqueue("orders", b"a", partition=-1)
        future = await producer.enqueue("orders", b"a" * 2_000_000)
        with pytest.raises(RecordTooLargeError):
            await future

    run(cluster, program)


def test_interceptors_see_each_record_once(cluster: EmbeddedCluster) -> None:
    class Counting(ProducerInterceptor):
        sent = 0
        answered: list[RecordMetadata]

        def on_send(self, record: ProducerRecord) -> ProducerRecord:
            self.sent += 1
            return record

        def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
            self.answered.append(metadata)

    counting = Counting()
    counting.answered = []

    async def program(producer: AsyncKafkaProducer) -> None:
        for _ in range(5):
            await producer.send("orders", b"a" * 300, partition=0)
        with pytest.raises(SerializationError):
            await producer.send("orders", "text", partition=2)

    run(cluster, program, interceptors=[counting], **SCARCE)
    assert counting.sent == 6
    assert [(metadata.partition, metadata.offset) for metadata in counting.answered] == [
        *((0, offset) for offset in range(5)),
        (2, -1),
    ]


def test_a_producer_must_be_started_and_is_of_no_use_once_closed(cluster: EmbeddedCluster) -> None:
    async def main() -> None:
        producer = AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
        with pytest.raises(IllegalStateError, match="not started"):
            await producer.send("orders", b"a")
        assert repr(producer) == "<AsyncKafkaProducer: 'not started'>"
        await producer.start()
        await producer.close()
        await producer.close()
        with pytest.raises(IllegalStateError, match="closed"):
            await producer.send("orders", b"a")

    asyncio.run(main())


def test_closing_ends_the_waits_of_other_tasks(strict_cluster: EmbeddedCluster) -> None:
    async def main() -> None:
        producer = AsyncKafkaProducer(bootstrap_servers=strict_cluster.bootstrap_servers)
        await producer.start()
        waiting = [asyncio.ensure_future(producer.enqueue(f"unknown-{number}", b"a")) for number in range(50)]
        await asyncio.sleep(0)
        await producer.close(timeout=0)
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(end, IllegalStateError) for end in ended)

    with strict_cluster:
        asyncio.run(main())


def test_an_option_that_is_wrong_is_found_at_once() -> None:
    with pytest.raises(ConfigError, match="did you mean"):
        AsyncKafkaProducer(bootstrap_servers="localhost:9092", linger=5)


def test_a_transaction_is_committed_at_the_end_of_its_block_or_aborted(cluster: EmbeddedCluster) -> None:
    async def program(producer: AsyncKafkaProducer) -> None:
        await producer.init_transactions()
        async with producer.transaction():
            await producer.send("orders", b"kept", partition=0)
        with pytest.raises(ZeroDivisionError):
            await fail_in_transaction(producer)
        producer.begin_transaction()
        await producer.enqueue("orders", b"kept too", partition=0)
        await producer.commit_transaction()

    run(cluster, program, transactional_id="till 3")
    assert committed(cluster) == [b"kept", b"kept too"]


async def fail_in_transaction(producer: AsyncKafkaProducer) -> None:
    async with producer.transaction():
        await producer.send("orders", b"dropped", partition=0)
        raise ZeroDivisionError


def committed(cluster: EmbeddedCluster) -> list[bytes | None]:
    """What a consumer with isolation.level=read_committed sees."""
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": "readers",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition("orders", 0, 0)])
    seen = []
    while (message := consumer.poll(20)) is not None and message.error() is None:
        seen.append(message.value())
    consumer.close()
    return seen
