"""A producer and the embedded broker behind TLS and logins: records arrive, and strangers do not come in."""

import ssl
import threading
import time
from pathlib import Path

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.errors import SaslAuthenticationError, SslAuthenticationError
from kafka_nio.producer import KafkaProducer
from tests.support.certificates import Authority
from tests.support.identity_provider import identity_provider
from tests.support.unsecured_token import unsecured_token

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


# By token...

BY_TOKEN = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "OAUTHBEARER"}


def test_records_arrive_after_a_login_by_a_token_of_the_callers() -> None:
    with EmbeddedCluster(sasl={"OAUTHBEARER": {"alice": ""}}) as cluster:
        deliver(cluster, **BY_TOKEN, sasl_oauthbearer_token=lambda: unsecured_token("alice"))


def test_a_token_of_a_stranger_is_refused() -> None:
    login = BY_TOKEN | {"sasl_oauthbearer_token": lambda: unsecured_token("mallory")}
    with (
        EmbeddedCluster(sasl={"OAUTHBEARER": {"alice": ""}}) as cluster,
        pytest.raises(SaslAuthenticationError, match=r"the broker refused .*invalid_token"),
    ):
        deliver(cluster, **login)


def test_records_arrive_after_a_login_by_a_token_that_was_fetched() -> None:
    with identity_provider() as provider, EmbeddedCluster(sasl={"OAUTHBEARER": {"alice": ""}}) as cluster:
        deliver(
            cluster,
            **BY_TOKEN,
            sasl_oauthbearer_token_endpoint_url=provider.url,
            sasl_oauthbearer_client_credentials_client_id="kitchen",
            sasl_oauthbearer_client_credentials_client_secret="open sesame",
            sasl_oauthbearer_extensions={"logicalCluster": "lkc-1"},
        )
        assert len(provider.posted) == 1, "one token for all connections"


def test_a_provider_that_keeps_silent_later_does_not_hold_up_the_producer() -> None:
    """The token is old at once, so the second login fetches another one. That never comes, and nobody waits for it."""
    silent = threading.Event()
    tokens = iter([unsecured_token("alice")])

    def token() -> tuple[str, float]:
        for first in tokens:
            return first, 3_600_000
        silent.wait(TIMEOUT_S)
        return unsecured_token("alice"), 3_600_000

    options = BY_TOKEN | {"sasl_oauthbearer_token": token}
    options |= {"sasl_login_refresh_min_period_seconds": 0, "sasl_login_refresh_buffer_seconds": 3600}
    with EmbeddedCluster(sasl={"OAUTHBEARER": {"alice": ""}}) as cluster:
        began_s = time.monotonic()
        deliver(cluster, **options)
        assert time.monotonic() - began_s < TIMEOUT_S / 2
    silent.set()


# Again...

SESSION_MS = 400


@pytest.mark.behaviour(197, 198)
@pytest.mark.parametrize("mechanism", [*MECHANISMS, "OAUTHBEARER"])
def test_a_login_is_renewed_before_the_broker_ends_the_session(mechanism: str) -> None:
    """The broker hangs up on whoever goes on without. Nobody sees anything of it: no connection is made again."""
    login: dict[str, object] = {"sasl_username": "alice", "sasl_password": "open sesame"}
    if mechanism == "OAUTHBEARER":
        login = {"sasl_oauthbearer_token": lambda: unsecured_token("alice")}
    options = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": mechanism, "linger_ms": 0, **login}
    config = BrokerConfig(connections_max_reauth_ms=SESSION_MS)
    with (
        EmbeddedCluster(sasl={mechanism: {"alice": "open sesame"}}, config=config) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options) as producer,
    ):
        producer.send("orders", b"").result(timeout=TIMEOUT_S)
        made = producer.metrics()["connection-creation-total"]
        ends_s, sent = time.monotonic() + 2.5 * SESSION_MS / 1000, 1
        while time.monotonic() < ends_s:
            assert producer.send("orders", b"").result(timeout=TIMEOUT_S).offset == sent
            sent += 1
        assert producer.metrics()["connection-creation-total"] == made


def test_a_session_that_nobody_renewed_is_ended_and_a_new_connection_made() -> None:
    """Silence renews nothing: only a write does. The write after it finds the session over, or nearly."""
    login = {"sasl_mechanism": "PLAIN", "sasl_username": "alice", "sasl_password": "open sesame"}
    config = BrokerConfig(connections_max_reauth_ms=50)
    with EmbeddedCluster(sasl={"PLAIN": {"alice": "open sesame"}}, config=config) as cluster:
        options = {"bootstrap_servers": cluster.bootstrap_servers, "security_protocol": "SASL_PLAINTEXT", **login}
        with KafkaProducer(**options) as producer:
            for offset in range(3):
                assert producer.send("orders", b"").result(timeout=TIMEOUT_S).offset == offset
                threading.Event().wait(0.1)
