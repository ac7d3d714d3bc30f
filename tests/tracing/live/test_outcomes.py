"""Whatever becomes of a record, its span ends once, with that outcome."""

import asyncio
import gc
import threading
import weakref
from collections import Counter

import pytest
from opentelemetry.trace import StatusCode

from kafka_nio import AsyncKafkaProducer, KafkaProducer
from kafka_nio.broker import BrokerConfig, EmbeddedCluster, Ending, Fault
from kafka_nio.errors import (
    IllegalStateError,
    KafkaError,
    KafkaTimeoutError,
    NotLeaderOrFollowerError,
    PurgedError,
    SerializationError,
    TopicAuthorizationFailedError,
)
from kafka_nio.producer import ProducerInterceptor, ProducerRecord, RecordMetadata
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing import uninstrument
from tests.tracing.live.telemetry import Telemetry, attributes, linked_ids, span_id, wait_until


def error_types(telemetry: Telemetry) -> list[str | None]:
    """Of each record, by the status of its span."""
    for span in telemetry.records:
        has_failed = span.status.status_code is StatusCode.ERROR
        assert has_failed == ("error.type" in attributes(span))
    return [attributes(span).get("error.type") for span in telemetry.records]


def assert_each_ended_once(telemetry: Telemetry, count: int) -> None:
    ended = Counter(span_id(span) for span in telemetry.spans)
    assert set(ended.values()) == {1}
    assert len(telemetry.records) == count


# Failures...


def test_a_record_that_the_broker_refuses(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=TopicAuthorizationFailedError))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        error = producer.send("orders", b"coffee", partition=0).exception(timeout=10)
    span = telemetry.span("create orders")
    assert error_types(telemetry) == ["TOPIC_AUTHORIZATION_FAILED"]
    assert span.status.description == str(error)
    assert "messaging.kafka.offset" not in attributes(span)
    request = telemetry.span("send orders")
    assert attributes(request)["error.type"] == "TOPIC_AUTHORIZATION_FAILED"
    assert request.status.status_code is StatusCode.ERROR


def test_a_record_that_succeeds_after_an_attempt_in_vain_has_one_span_and_two_requests(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, retry_backoff_ms=1) as producer:
        producer.send("orders", b"coffee", partition=0).result(timeout=10)
    assert error_types(telemetry) == [None]
    assert [attributes(span).get("error.type") for span in telemetry.requests] == ["NOT_LEADER_OR_FOLLOWER", None]
    assert linked_ids(telemetry.requests) == {span_id(telemetry.span("create orders")): 2}
    assert_each_ended_once(telemetry, 1)


def test_a_record_that_the_broker_has_already_has_not_failed(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.RESPONSE_LOST))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, retry_backoff_ms=1) as producer:
        producer.send("orders", b"coffee", partition=0).result(timeout=10)
    assert error_types(telemetry) == [None]
    assert [attributes(span).get("error.type") for span in telemetry.requests] == ["NETWORK_EXCEPTION", None]


def test_a_topic_that_does_not_turn_up(telemetry: Telemetry) -> None:
    with (
        EmbeddedCluster(auto_create_topics=False) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=50) as producer,
    ):
        assert isinstance(producer.send("orders", b"coffee").exception(timeout=10), KafkaTimeoutError)
    assert error_types(telemetry) == ["kafka_nio.errors.KafkaTimeoutError"]
    assert "messaging.destination.partition.id" not in attributes(telemetry.span("create orders"))
    assert telemetry.requests == []


def test_a_call_that_raises(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
    with pytest.raises(SerializationError):
        producer.send("orders", "not bytes")
    producer.close()
    with pytest.raises(IllegalStateError):
        producer.send("orders", b"coffee")
    assert error_types(telemetry) == ["kafka_nio.errors.SerializationError", "kafka_nio.errors.IllegalStateError"]
    assert_each_ended_once(telemetry, 2)


@pytest.mark.parametrize("headers", [5, None, "ab", [5], [("a",)], [("a", "text")], {"a": b"b"}])
def test_wrong_headers_are_complained_of_as_ever(
    unwatched: Telemetry, telemetry: Telemetry, cluster: EmbeddedCluster, headers: object
) -> None:
    def complaint() -> str:
        try:
            producer.send("orders", b"coffee", headers=headers)  # type: ignore[arg-type]  # that is what is tested
        except Exception as error:
            return repr(error)
        return "none"

    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        watched = complaint()
        uninstrument()
        assert watched == complaint()


def test_records_that_are_given_up_in_the_queue_and_under_way(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
    with KafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers, linger_ms=0, max_in_flight_requests_per_connection=1
    ) as producer:
        producer.partitions_for("orders")
        under_way = producer.send("orders", b"under way", partition=0)
        wait_until(lambda: cluster.log("orders", 0).records())
        queued = producer.send("orders", b"queued", partition=0)
        producer.purge()
        for future in (under_way, queued):
            assert isinstance(future.exception(timeout=10), PurgedError)
        producer.close(timeout=0)
    assert error_types(telemetry) == ["kafka_nio.errors.PurgedError"] * 2
    assert attributes(telemetry.span("send orders"))["error.type"] == "kafka_nio.errors.DisconnectError"
    assert_each_ended_once(telemetry, 2)


def test_a_producer_that_is_closed_by_force(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=60_000) as producer:
        futures = [producer.send("orders", b"coffee", partition=0) for _ in range(5)]
        producer.close(timeout=0)
    assert all(isinstance(future.exception(timeout=10), KafkaError) for future in futures)
    assert error_types(telemetry) == ["kafka_nio.errors.KafkaError"] * 5
    assert_each_ended_once(telemetry, 5)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_producer_that_is_dropped_without_close(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=60_000)
    producer.partitions_for("orders")
    future = producer.send("orders", b"coffee", partition=0)
    dropped = weakref.ref(producer)
    del producer
    gc.collect()
    assert dropped() is None  # no span holds it
    assert future.result(timeout=10).offset == 0
    wait_until(lambda: telemetry.requests and telemetry.records)
    assert error_types(telemetry) == [None]


def test_a_batch_that_is_split(telemetry: Telemetry) -> None:
    with (
        EmbeddedCluster(config=BrokerConfig(message_max_bytes=1000)) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=1000, batch_size=10_000) as producer,
    ):
        producer.partitions_for("orders")
        futures = [producer.send("orders", b"%3d" % number * 20, partition=0) for number in range(40)]
        producer.flush()
        assert [future.result(timeout=10).offset for future in futures] == list(range(40))
    assert [attributes(span)["messaging.kafka.offset"] for span in telemetry.records] == list(range(40))
    first, *others = telemetry.requests
    assert attributes(first)["error.type"] == "MESSAGE_TOO_LARGE"
    written = [span for span in others if "error.type" not in attributes(span)]
    assert sum(attributes(span)["messaging.batch.message_count"] for span in written) == 40
    assert set(linked_ids(telemetry.requests)) == {span_id(span) for span in telemetry.records}
    assert_each_ended_once(telemetry, 40)


# Other ways to send...


def test_a_producer_that_several_threads_use(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    def send() -> None:
        with telemetry.tracer.start_as_current_span(threading.current_thread().name):
            for _ in range(50):
                producer.send("orders", b"coffee")

    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        threads = [threading.Thread(target=send, name=f"waiter {number}") for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    parents = {span_id(span): span.name for span in telemetry.spans if span.name.startswith("waiter")}
    assert Counter(parents[span.parent.span_id] for span in telemetry.records if span.parent) == {
        f"waiter {number}": 50 for number in range(4)
    }
    assert error_types(telemetry) == [None] * 200
    assert linked_ids(telemetry.requests) == {span_id(span): 1 for span in telemetry.records}
    assert_each_ended_once(telemetry, 200)


def test_the_producer_of_an_event_loop(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    async def take(number: int) -> None:
        with telemetry.tracer.start_as_current_span(f"order {number}"):
            await producer.send("orders", b"coffee", key=b"%d" % number)

    async def main() -> None:
        nonlocal producer
        async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
            await asyncio.gather(*(take(number) for number in range(20)))
            with pytest.raises(SerializationError):
                await producer.send("orders", "not bytes")

    producer: AsyncKafkaProducer
    asyncio.run(main())
    names = {span_id(span): span.name for span in telemetry.spans}
    told = {
        attributes(span)["messaging.kafka.message.key"]: names[span.parent.span_id]
        for span in telemetry.records
        if span.parent is not None
    }
    assert told == {str(number): f"order {number}" for number in range(20)}
    assert Counter(error_types(telemetry)) == {None: 20, "kafka_nio.errors.SerializationError": 1}
    assert_each_ended_once(telemetry, 21)


def test_a_task_that_is_cancelled_while_its_record_waits(telemetry: Telemetry) -> None:
    async def main() -> None:
        async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=200) as producer:
            task = asyncio.create_task(producer.send("orders", b"coffee"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with EmbeddedCluster(auto_create_topics=False) as cluster:
        asyncio.run(main())
    assert error_types(telemetry) == ["asyncio.exceptions.CancelledError"]


def test_transactions(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, transactional_id="till") as producer:
        producer.init_transactions()
        with producer.transaction():
            for _ in range(3):
                producer.send("orders", b"coffee")
        producer.begin_transaction()
        producer.send("orders", b"regretted").result(timeout=10)
        producer.abort_transaction()
    assert error_types(telemetry) == [None] * 4
    assert linked_ids(telemetry.requests) == {span_id(span): 1 for span in telemetry.records}
    assert_each_ended_once(telemetry, 4)


def test_an_interceptor_sees_the_record_before_the_span_and_its_outcome(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    class Redirecting(ProducerInterceptor):
        def __init__(self) -> None:
            self.outcomes: list[RecordMetadata] = []

        def on_send(self, record: ProducerRecord) -> ProducerRecord:
            return ProducerRecord("redirected", record.value)

        def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
            self.outcomes.append(metadata)

    redirecting = Redirecting()
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, interceptors=[redirecting]) as producer:
        sent = producer.send("orders", b"coffee").result(timeout=10)
    assert redirecting.outcomes == [sent]
    assert [span.name for span in telemetry.records] == ["create redirected"]


def test_a_producer_that_waits_for_no_answer(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks=0, enable_idempotence=False) as producer:
        producer.send("orders", b"coffee").result(timeout=10)
    assert error_types(telemetry) == [None]
    assert "messaging.kafka.offset" not in attributes(telemetry.span("create orders"))
    assert_each_ended_once(telemetry, 1)
