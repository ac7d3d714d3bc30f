"""What the sender counts of its requests, batches and records."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import IllegalStateError, NotEnoughReplicasError, RecordTooLargeError
from kafka_nio.metric_names import METRICS
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from tests.producer.parts import ORDERS_0, ORDERS_1, SenderParts, answer, append, produce_response


@pytest.fixture
def parts() -> SenderParts:
    parts = SenderParts()
    append(parts.accumulator, ORDERS_0)
    append(parts.accumulator, ORDERS_0)
    append(parts.accumulator, ORDERS_1)
    parts.sender.run_once()
    return parts


def test_records_count_when_they_are_put_into_a_request(parts: SenderParts) -> None:
    measured = parts.metrics.snapshot()
    assert measured["record-send-total"] == 3
    assert measured["record-send-total{topic=orders}"] == 3
    assert measured["records-per-request-avg"] == 3
    assert measured["compression-rate-avg"] == 1


def test_the_bytes_of_a_topic_are_those_of_its_batches(parts: SenderParts) -> None:
    measured = parts.metrics.snapshot()
    assert measured["byte-total{topic=orders}"] == 2 * measured["batch-size-avg"]
    assert measured["compression-rate{topic=orders}"] == 1


def test_retries_and_errors_are_counted_of_the_producer_and_of_the_topic(parts: SenderParts) -> None:
    lost, again = answer(1, RecordTooLargeError.code), answer(0, NotEnoughReplicasError.code)
    parts.client.respond(produce_response(lost, again))
    measured = parts.metrics.snapshot()
    for topic in ("", "{topic=orders}"):
        assert measured[f"record-error-total{topic}"] == 1
        assert measured[f"record-retry-total{topic}"] == 2


def test_the_latency_of_requests_is_measured_of_the_producer_and_of_the_node(parts: SenderParts) -> None:
    parts.clock.sleep(7)
    parts.client.respond(produce_response(answer(0), answer(1)))
    measured = parts.metrics.snapshot()
    assert measured["request-latency-avg"] == 7
    assert measured["request-latency-max{node-id=node-0}"] == 7


@pytest.mark.behaviour(89, 144)
def test_while_all_nodes_throttle_us_the_poll_sleeps_until_they_do_not() -> None:
    parts = SenderParts()
    parts.client.not_ready.add(0)
    parts.client.delay_ms = 350
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert parts.polled_ms == 350


def test_a_producer_that_has_sent_a_record_has_something_to_show_everywhere() -> None:
    with EmbeddedCluster() as cluster, KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"one coffee").result(20)
        measured = producer.metrics()
    untagged = {metric.name for metric in METRICS if metric.tag == ""}
    assert untagged <= measured.keys()
    assert measured["record-send-total{topic=orders}"] == 1
    assert measured["connection-count"] >= 1
    assert measured["requests-in-flight"] == 0
    assert measured["incoming-byte-total"] > 0
    assert measured["outgoing-byte-total"] > 0
    assert 0 <= measured["io-wait-ratio"] <= 1
    assert 0 <= measured["metadata-age"] < 20
    assert measured["metadata-wait-time-ns-total"] > 0
    assert measured["produce-throttle-time-max"] == 0
    assert measured["network-io-total"] == measured["request-total"] + measured["response-total"]
    assert measured["record-size-max"] == 61 + 17, "a batch's header and the record"
    assert any(name.startswith("request-total{node-id=node-") for name in measured)


def test_the_largest_record_of_each_batch_is_measured() -> None:
    parts = SenderParts()
    for size in (10, 300, 20):
        append(parts.accumulator, ORDERS_0, bytes(size))
    parts.sender.run_once()
    measured = parts.metrics.snapshot()
    assert measured["record-size-max"] == measured["record-size-avg"]
    assert 61 + 300 < measured["record-size-max"] < 61 + 300 + 21


def test_calls_that_wait_are_timed_and_those_that_fail_are_not() -> None:
    with (
        EmbeddedCluster() as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, transactional_id="till 3") as producer,
    ):
        with pytest.raises(IllegalStateError):
            producer.begin_transaction()
        assert producer.metrics()["txn-begin-time-ns-total"] == 0
        producer.init_transactions()
        with producer.transaction():
            producer.send("orders", b"one coffee")
            producer.flush()
            offsets = {TopicPartition("orders", 0): OffsetAndMetadata(1)}
            producer.send_offsets_to_transaction(offsets, ConsumerGroupMetadata("group"))
        producer.begin_transaction()
        producer.abort_transaction()
        measured = producer.metrics()
    calls = ("flush", "txn-init", "txn-begin", "txn-send-offsets", "txn-commit", "txn-abort")
    assert not [call for call in calls if measured[f"{call}-time-ns-total"] <= 0]
    assert measured["txn-prepare-time-ns-total"] == 0
