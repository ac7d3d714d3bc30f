"""Behind an address that the producer knows, somebody else listens by now (KIP-1242)."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import CLUSTER_ID
from kafka_nio.producer import KafkaProducer

PATIENCE_S = 10


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as running:
        yield running


def begun_again(caplog: pytest.LogCaptureFixture) -> bool:
    return "Beginning again from the bootstrap servers" in caplog.text


def replace_the_broker(cluster: EmbeddedCluster, producer: KafkaProducer) -> EmbeddedCluster:
    """Send one record; then have another cluster listen at the same port."""
    producer.send("orders", b"one coffee").result(PATIENCE_S)
    (_, port) = cluster.addresses[0]
    cluster.close()
    return EmbeddedCluster(ports=[port], cluster_id="another")


def test_a_broker_of_another_cluster_sends_the_producer_back_to_its_beginning(
    cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, enable_idempotence=False) as producer,
        replace_the_broker(cluster, producer) as other,
    ):
        producer.send("orders", b"another").result(PATIENCE_S)
        assert producer._metadata.cluster.cluster_id == "another"
        assert len(other.log("orders").records()) == 1
        assert "demands that the client begins again" in caplog.text


@pytest.mark.parametrize("option", [{"metadata_cluster_check_enable": False}, {"metadata_recovery_strategy": "none"}])
def test_without_the_check_it_does_not_notice(
    cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture, option: dict[str, object]
) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, enable_idempotence=False, **option) as producer,
        replace_the_broker(cluster, producer) as other,
    ):
        producer.send("orders", b"another").result(PATIENCE_S)
        assert len(other.log("orders").records()) == 1
        assert "demands that the client begins again" not in caplog.text


def test_the_right_broker_has_nothing_to_say(cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        assert producer._metadata.cluster.cluster_id == CLUSTER_ID
    assert not begun_again(caplog)
