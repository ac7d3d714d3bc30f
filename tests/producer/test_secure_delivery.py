"""A producer and the embedded broker behind TLS and logins: records arrive, and strangers do not come in."""

import ssl
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import SaslAuthenticationError, SslAuthenticationError
from kafka_nio.producer import KafkaProducer
from tests.support.certificates import Authority

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
TIMEOUT_S = 20


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls(authority: Authority) -> ssl.SSLContext:
    """The broker's side of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return context


def deliver(cluster: EmbeddedCluster, **options: object) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=5_000, **options) as producer:
        sent = [producer.send("orders", bytes(number)) for number in (0, 1, 100_000)]
    assert [future.result(timeout=TIMEOUT_S).offset for future in sent] == [0, 1, 2]


def test_records_arrive_over_tls(authority: Authority, tls: ssl.SSLContext) -> None:
    with EmbeddedCluster(tls=tls) as cluster:
        deliver(cluster, security_protocol="SSL", ssl_truststore_certificates=authority.certificate)


def test_a_certificate_of_a_stranger_is_refused(tls: ssl.SSLContext) -> None:
    with EmbeddedCluster(tls=tls) as cluster, pytest.raises(SslAuthenticationError, match="certificate verify failed"):
        deliver(cluster, security_protocol="SSL")


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_records_arrive_after_a_login(protocol: str, mechanism: str, authority: Authority, tls: ssl.SSLContext) -> None:
    encrypted = protocol == "SASL_SSL"
    users = {mechanism: {"alice": "open sesame"}}
    trust = {"ssl_truststore_location": authority.location} if encrypted else {}
    with EmbeddedCluster(tls=tls if encrypted else None, sasl=users) as cluster:
        login = {"sasl_mechanism": mechanism, "sasl_username": "alice", "sasl_password": "open sesame"}
        deliver(cluster, security_protocol=protocol, **login, **trust)


@pytest.mark.behaviour(91, 108)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_refused_at_once(mechanism: str) -> None:
    login = {"sasl_mechanism": mechanism, "sasl_username": "alice", "sasl_password": "close sesame"}
    with (
        EmbeddedCluster(sasl={mechanism: {"alice": "open sesame"}}) as cluster,
        pytest.raises(SaslAuthenticationError, match=f"the broker refused the login by {mechanism}"),
    ):
        deliver(cluster, security_protocol="SASL_PLAINTEXT", **login)
