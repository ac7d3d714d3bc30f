"""What a selector counts of logins and messages."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.errors import KafkaError
from kafka_nio.metrics import Metrics
from kafka_nio.network import NetworkReceive, NetworkSend
from kafka_nio.network.selector_metrics import SelectorMetrics
from kafka_nio.producer import KafkaProducer
from tests.support.certificates import Authority

TIMEOUT_S = 20
LOGIN = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "alice"}
USERS = {"PLAIN": {"alice": "open sesame"}}


def measured(cluster: EmbeddedCluster, sent: Callable[[KafkaProducer], object], **options: object) -> dict[str, float]:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=5_000, **options) as producer:
        sent(producer)
        return producer.metrics()


def send_one(producer: KafkaProducer) -> None:
    producer.send("orders", b"one coffee").result(TIMEOUT_S)


def test_each_connection_that_logs_in_counts_once() -> None:
    with EmbeddedCluster(sasl=USERS) as cluster:
        counted = measured(cluster, send_one, sasl_password="open sesame", **LOGIN)
    assert counted["successful-authentication-total"] == counted["connection-creation-total"] >= 2
    assert counted["successful-authentication-no-reauth-total"] == counted["successful-authentication-total"]
    assert counted["failed-authentication-total"] == 0


def test_a_refused_login_counts_as_failed() -> None:
    def send_in_vain(producer: KafkaProducer) -> None:
        with pytest.raises(KafkaError):
            send_one(producer)

    with EmbeddedCluster(sasl=USERS) as cluster:
        counted = measured(cluster, send_in_vain, sasl_password="wrong", **LOGIN)
    assert counted["failed-authentication-total"] >= 1
    assert counted["successful-authentication-total"] == 0


def test_a_login_that_is_renewed_counts_as_that_with_the_time_that_it_took() -> None:
    def send_for_a_while(producer: KafkaProducer) -> None:
        while producer.metrics()["successful-reauthentication-total"] == 0:
            send_one(producer)

    with EmbeddedCluster(sasl=USERS, config=BrokerConfig(connections_max_reauth_ms=100)) as cluster:
        counted = measured(cluster, send_for_a_while, sasl_password="open sesame", **LOGIN)
    assert counted["successful-authentication-total"] == counted["connection-creation-total"]
    assert counted["reauthentication-latency-max"] >= counted["reauthentication-latency-avg"] >= 0
    assert counted["failed-reauthentication-total"] == 0


def test_a_tls_handshake_counts_as_a_login_and_plain_tcp_has_none(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    with EmbeddedCluster(tls=context) as cluster:
        trust = {"ssl_truststore_certificates": authority.certificate}
        counted = measured(cluster, send_one, security_protocol="SSL", **trust)
        assert counted["successful-authentication-total"] == counted["connection-creation-total"]
    with EmbeddedCluster() as cluster:
        assert measured(cluster, send_one)["successful-authentication-total"] == 0


def test_messages_count_for_each_peer_if_somebody_reads_it() -> None:
    metrics = Metrics()
    counted = SelectorMetrics(metrics)
    counted.sent(NetworkSend("7", [b"four"]))
    counted.sent(NetworkSend("8", [b"four"]))
    counted.received(NetworkReceive("7"))
    snapshot = metrics.snapshot()
    assert snapshot["network-io-total"] == 3
    assert snapshot["outgoing-byte-total"] == 2 * snapshot["outgoing-byte-total{node-id=node-7}"] == 16
    assert snapshot["response-total{node-id=node-7}"] == 1
    assert "response-total{node-id=node-8}" not in snapshot


def test_with_nobody_to_read_it_no_peer_is_remembered() -> None:
    counted = SelectorMetrics(None)
    counted.sent(NetworkSend("7", [b"four"]))
    assert set(counted._metrics._sensors) == {("request-size", "")}
