"""Our producer writes to librdkafka's mock cluster, which fails on demand; librdkafka's consumer reads back."""

import pytest

from kafka_nio.errors import RecordTooLargeError
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.api import ApiKey
from tests.support.mock_cluster import DROP_CONNECTION, MockCluster
from tests.support.read_back import ReadRecord, read_back

NOT_LEADER, REQUEST_TIMED_OUT, MESSAGE_TOO_LARGE, TOPIC_AUTHORIZATION_FAILED = 6, 7, 10, 29
ON_THE_HOUR_MS = 1_700_000_000_000
TIMEOUT_S = 20


@pytest.fixture
def topic(mock_cluster: MockCluster) -> str:
    return mock_cluster.create_topic("orders")


def producer_for(cluster: MockCluster, **options: object) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, retry_backoff_ms=10, **options)


def test_a_record_arrives_as_it_was_sent(mock_cluster: MockCluster, topic: str) -> None:
    headers = [("trace", b"\x00\xff"), ("null", None)]
    with producer_for(mock_cluster) as producer:
        sent = producer.send(topic, b"one coffee", key=b"table 4", headers=headers, timestamp_ms=ON_THE_HOUR_MS)
        assert sent.result(timeout=TIMEOUT_S).offset == 0
    assert read_back(mock_cluster.bootstrap_servers, topic) == [
        ReadRecord(0, 0, b"table 4", b"one coffee", tuple(headers), ON_THE_HOUR_MS)
    ]


def test_it_agrees_on_versions_with_brokers_that_know_only_old_ones(mock_cluster: MockCluster, topic: str) -> None:
    """The mock knows ApiVersions up to 2 and answers a newer one with an error in the form of version 0."""
    with producer_for(mock_cluster) as producer:
        producer.send(topic, b"x").result(timeout=TIMEOUT_S)
    asked = [request.api_key for request in mock_cluster.requests]
    assert asked[:3] == [ApiKey.API_VERSIONS, ApiKey.API_VERSIONS, ApiKey.METADATA]


def test_records_reach_every_broker_that_leads_a_partition(mock_cluster: MockCluster) -> None:
    topic, partitions = mock_cluster.create_topic("payments", partitions=6), 6
    for partition in range(partitions):
        mock_cluster.move_leader(topic, partition, broker=1 + partition % 3)
    with producer_for(mock_cluster) as producer:
        for number in range(600):
            producer.send(topic, b"%d" % number, partition=number % partitions)
    assert {request.broker for request in mock_cluster.requests if request.api_key == ApiKey.PRODUCE} == {1, 2, 3}
    read = read_back(mock_cluster.bootstrap_servers, topic, partitions, count=600)
    assert [record.value for record in read if record.partition == 4] == [b"%d" % n for n in range(4, 600, partitions)]


@pytest.mark.parametrize("acks", [0, 1, "all"])
def test_each_kind_of_acknowledgement(mock_cluster: MockCluster, topic: str, acks: object) -> None:
    with producer_for(mock_cluster, acks=acks) as producer:
        for number in range(10):
            producer.send(topic, b"%d" % number)
    read = read_back(mock_cluster.bootstrap_servers, topic, count=10)
    assert [record.value for record in read] == [b"%d" % number for number in range(10)]


@pytest.mark.parametrize(
    "errors",
    [(NOT_LEADER,), (REQUEST_TIMED_OUT, REQUEST_TIMED_OUT), (DROP_CONNECTION,), (NOT_LEADER, DROP_CONNECTION)],
    ids=str,
)
def test_what_may_pass_is_tried_again(mock_cluster: MockCluster, topic: str, errors: tuple[int, ...]) -> None:
    mock_cluster.fail_requests(ApiKey.PRODUCE, *errors)
    with producer_for(mock_cluster, reconnect_backoff_ms=10) as producer:
        assert producer.send(topic, b"at last").result(timeout=TIMEOUT_S).offset == 0
    assert [record.value for record in read_back(mock_cluster.bootstrap_servers, topic)] == [b"at last"]
    produced = [request for request in mock_cluster.requests if request.api_key == ApiKey.PRODUCE]
    assert len(produced) == len(errors) + 1


def test_what_cannot_pass_fails_the_record_and_nothing_else(mock_cluster: MockCluster, topic: str) -> None:
    mock_cluster.fail_requests(ApiKey.PRODUCE, MESSAGE_TOO_LARGE)
    with producer_for(mock_cluster) as producer:
        refused = producer.send(topic, b"refused").exception(timeout=TIMEOUT_S)
        accepted = producer.send(topic, b"accepted").result(timeout=TIMEOUT_S)
    assert isinstance(refused, RecordTooLargeError)
    assert accepted.offset == 0
    assert [record.value for record in read_back(mock_cluster.bootstrap_servers, topic)] == [b"accepted"]


def test_records_follow_a_leader_that_moves(mock_cluster: MockCluster, topic: str) -> None:
    with producer_for(mock_cluster) as producer:
        mock_cluster.move_leader(topic, 0, broker=1)
        producer.send(topic, b"to 1").result(timeout=TIMEOUT_S)
        mock_cluster.move_leader(topic, 0, broker=2)
        producer.send(topic, b"to 2").result(timeout=TIMEOUT_S)
    produced = [request.broker for request in mock_cluster.requests if request.api_key == ApiKey.PRODUCE]
    assert produced == [1, 1, 2]
    read = read_back(mock_cluster.bootstrap_servers, topic, count=2)
    assert [record.value for record in read] == [b"to 1", b"to 2"]


def test_records_wait_for_a_broker_that_is_down(mock_cluster: MockCluster, topic: str) -> None:
    mock_cluster.move_leader(topic, 0, broker=1)
    with producer_for(mock_cluster, reconnect_backoff_ms=10, reconnect_backoff_max_ms=50) as producer:
        producer.send(topic, b"before").result(timeout=TIMEOUT_S)
        mock_cluster.take_down(1)
        meanwhile = producer.send(topic, b"meanwhile")
        mock_cluster.bring_up(1)
        assert meanwhile.result(timeout=TIMEOUT_S).offset == 1
    read = read_back(mock_cluster.bootstrap_servers, topic, count=2)
    assert [record.value for record in read] == [b"before", b"meanwhile"]


def test_one_request_at_a_time_keeps_the_order_through_failures(mock_cluster: MockCluster, topic: str) -> None:
    mock_cluster.fail_requests(ApiKey.PRODUCE, NOT_LEADER, 0, REQUEST_TIMED_OUT, DROP_CONNECTION, 0, NOT_LEADER)
    values = [b"%d" % number for number in range(500)]
    with producer_for(mock_cluster, max_in_flight_requests_per_connection=1, batch_size=300) as producer:
        sent = [producer.send(topic, value) for value in values]
    assert [future.result(timeout=0).offset for future in sent] == list(range(500))
    assert [record.value for record in read_back(mock_cluster.bootstrap_servers, topic, count=500)] == values


def test_requests_to_a_slow_broker_overlap(mock_cluster: MockCluster, topic: str) -> None:
    mock_cluster.move_leader(topic, 0, broker=1)
    with producer_for(mock_cluster, batch_size=0, linger_ms=0) as producer:
        producer.send(topic, b"connect first").result(timeout=TIMEOUT_S)
        mock_cluster.slow_down(1, delay_ms=100)
        sent = [producer.send(topic, b"%d" % number) for number in range(5)]
        assert sorted(future.result(timeout=TIMEOUT_S).offset for future in sent) == [1, 2, 3, 4, 5]
    assert len([request for request in mock_cluster.requests if request.api_key == ApiKey.PRODUCE]) > 2


def test_a_topic_that_we_may_not_write_to_fails_with_its_name(mock_cluster: MockCluster, topic: str) -> None:
    mock_cluster.fail_topic(topic, TOPIC_AUTHORIZATION_FAILED)
    with producer_for(mock_cluster, max_block_ms=5_000) as producer:
        refused = producer.send(topic, b"x").exception(timeout=TIMEOUT_S)
    assert "orders" in str(refused)
    assert "authorized" in str(refused)
