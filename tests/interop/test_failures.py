"""What a user meets when something is wrong outside: an end in time, and a message that says where and why.

Each message must name the step that failed, the address it failed at, and the reason.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import FOR_EVER, Ending, Fault
from kafka_nio.errors import ApiError, ConfigError, KafkaTimeoutError
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.api import ApiKey
from tests.support.apache_kafka import RunningKafka
from tests.support.peers import Behaviour, hangs_up, nobody, peer, says_nothing, speaks_http, unreachable

LIMIT_MS = 400
SLACK_S = 2
"""For machines with more to do."""

IMPATIENT = {
    "max_block_ms": LIMIT_MS,
    "delivery_timeout_ms": LIMIT_MS,
    "request_timeout_ms": LIMIT_MS // 4,
    "linger_ms": 0,
    "reconnect_backoff_ms": 20,
}


@contextmanager
def ends_within(limit_s: float) -> Iterator[None]:
    begin_s = time.monotonic()
    yield
    assert time.monotonic() - begin_s < limit_s + SLACK_S


def impatient_producer(bootstrap_servers: str, **options: object) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=bootstrap_servers, **{**IMPATIENT, **options})


def message_of_a_failed_send(bootstrap_servers: str, topic: str = "orders", **options: object) -> str:
    """Send one record; it fails in time, and closing leaves nothing behind."""
    with ends_within(2 * LIMIT_MS / 1000):
        with impatient_producer(bootstrap_servers, **options) as producer:
            future = producer.send(topic, b"x")
            error = future.exception(timeout=LIMIT_MS / 1000 + SLACK_S)
        assert isinstance(error, ApiError)
        assert future.done()
    return str(error)


# No broker there...


def test_a_host_that_does_not_exist() -> None:
    with ends_within(LIMIT_MS / 1000), pytest.raises(ConfigError) as refused:
        KafkaProducer(bootstrap_servers="nowhere.invalid:9092")
    assert "nowhere.invalid:9092 cannot be resolved" in str(refused.value)


def test_a_port_that_refuses_connections() -> None:
    with nobody() as address:
        message = message_of_a_failed_send(address)
    assert message == (
        f"Topic orders not present in metadata after {LIMIT_MS} ms: connect to {address} failed: Connection refused"
    )


def test_a_host_that_never_answers_a_connect() -> None:
    with unreachable() as address:
        message = message_of_a_failed_send(address, socket_connection_setup_timeout_ms=LIMIT_MS // 4)
    assert f"connect to {address}" in message


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (speaks_http, "does not speak Kafka"),
        (says_nothing, "was not answered for"),
        (hangs_up, "closed the connection|Connection reset|Broken pipe"),  # whether our bytes came before its close
    ],
    ids=lambda argument: getattr(argument, "__name__", ""),
)
def test_a_server_that_is_no_broker(behaviour: Behaviour, reason: str) -> None:
    with peer(behaviour) as address:
        message = message_of_a_failed_send(address)
    assert message.startswith(f"Topic orders not present in metadata after {LIMIT_MS} ms: ")
    assert f"ApiVersions to {address}" in message
    assert re.search(reason, message)


def test_a_silent_server_is_named_even_before_its_request_times_out() -> None:
    with peer(says_nothing) as address:
        message = message_of_a_failed_send(address, request_timeout_ms=LIMIT_MS)
    assert address in message


def test_one_working_broker_among_several_is_enough() -> None:
    with nobody() as nowhere, peer(hangs_up) as rude, EmbeddedCluster() as cluster:
        servers = [nowhere, rude, "nowhere.invalid:9092", cluster.bootstrap_servers]
        with KafkaProducer(bootstrap_servers=servers, reconnect_backoff_ms=20) as producer:
            assert producer.send("orders", b"x").result(timeout=20).offset == 0


# A broker, but...


def test_a_broker_that_advertises_a_host_nobody_knows() -> None:
    with EmbeddedCluster(advertised=lambda node_id, address: ("nowhere.invalid", 9092)) as cluster:
        message = message_of_a_failed_send(cluster.bootstrap_servers)
    assert "nowhere.invalid:9092" in message


def test_a_broker_that_advertises_a_port_nobody_listens_on() -> None:
    with nobody() as address:
        port = int(address.rpartition(":")[2])
        with EmbeddedCluster(advertised=lambda node_id, _: ("127.0.0.1", port)) as cluster:
            message = message_of_a_failed_send(cluster.bootstrap_servers)
    assert f"connect to {address} failed: Connection refused" in message


def test_a_broker_that_goes_away() -> None:
    with EmbeddedCluster() as cluster:
        address = cluster.bootstrap_servers
        with impatient_producer(address) as producer:
            producer.send("orders", b"while it is there").result(timeout=SLACK_S)
            cluster.close()
            with ends_within(LIMIT_MS / 1000):
                error = producer.send("orders", b"too late").exception(timeout=LIMIT_MS / 1000 + SLACK_S)
    assert isinstance(error, KafkaTimeoutError)
    assert address in str(error)
    assert re.search("Connection refused|the peer closed the connection", str(error))


def test_a_topic_that_does_not_exist_and_may_not_be_created(strict_apache_kafka: RunningKafka) -> None:
    message = message_of_a_failed_send(strict_apache_kafka.bootstrap_servers, topic="nobody-made-it")
    assert message.startswith(f"Topic nobody-made-it not present in metadata after {LIMIT_MS} ms: ")
    assert message.endswith("The broker does not host this topic or partition.")


def test_a_partition_that_does_not_exist() -> None:
    with (
        EmbeddedCluster(partitions_per_topic=3) as cluster,
        impatient_producer(cluster.bootstrap_servers) as producer,
        ends_within(LIMIT_MS / 1000),
    ):
        error = producer.send("orders", b"x", partition=3).exception(timeout=LIMIT_MS / 1000 + SLACK_S)
    assert str(error).startswith(
        f"Partition 3 of topic orders with 3 partitions not present in metadata after {LIMIT_MS} ms"
    )


# Nothing stays open...


def test_no_future_stays_open_when_the_broker_goes_away_under_load() -> None:
    with EmbeddedCluster() as cluster:
        with impatient_producer(cluster.bootstrap_servers) as producer:
            producer.send("orders", b"x").result(timeout=SLACK_S)
            sent = [producer.send("orders", bytes(1000)) for _ in range(200)]
            cluster.close()
            sent += [producer.send("orders", bytes(1000)) for _ in range(200)]
        assert all(future.done() for future in sent)
    for future in sent:
        assert future.exception(timeout=0) is None or isinstance(future.exception(timeout=0), ApiError)


def test_closing_at_once_fails_what_is_still_there() -> None:
    with EmbeddedCluster() as cluster:
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE, times=FOR_EVER))
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
        producer.partitions_for("orders")  # or `send` would wait for that
        sent = [producer.send("orders", b"x") for _ in range(10)]
        with ends_within(0):
            producer.close(timeout=0)
        assert all(future.done() for future in sent)
        assert all(isinstance(future.exception(timeout=0), Exception) for future in sent)
