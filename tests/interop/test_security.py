"""Our producer comes to Apache Kafka through TLS and through each kind of login; librdkafka reads what it brought."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from kafka_nio.client.sasl.client_authenticator import SaslClientAuthenticator, SaslEvent, SaslState
from kafka_nio.errors import AuthenticationError, KafkaTimeoutError, SaslAuthenticationError, SslAuthenticationError
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import record
from tests.support.identity_provider import identity_provider
from tests.support.read_back import read_back
from tests.support.secure_kafka import MECHANISMS, PASSWORD, SESSION_MS, USER, SecureKafka
from tests.support.unsecured_token import unsecured_token

TIMEOUT_S = 20
BY_PASSWORD = tuple(mechanism for mechanism in MECHANISMS if mechanism != "OAUTHBEARER")


@dataclass
class Door:
    """One way into the node."""

    node: SecureKafka

    def options(self, listener: str, **options: object) -> dict[str, object]:
        """What a producer needs to come in there, unless told otherwise."""
        protocol = "SSL" if listener == "MUTUAL" else listener
        needed: dict[str, object] = {"bootstrap_servers": self.node.servers[listener], "security_protocol": protocol}
        if protocol.endswith("SSL"):
            needed["ssl_truststore_location"] = self.node.authority.location
        return needed | {"max_block_ms": 10_000} | options

    def bring(self, listener: str, **options: object) -> None:
        """Send a record through this door and find it inside."""
        topic = self.node.running.create_topic("through-the-door")
        with KafkaProducer(**self.options(listener, **options)) as producer:
            assert producer.send(topic, listener.encode()).result(timeout=TIMEOUT_S).offset == 0
        assert [record.value for record in read_back(self.node.running.bootstrap_servers, topic)] == [listener.encode()]

    def refuse(self, listener: str, error: type[Exception], **options: object) -> str:
        """Be refused, and say how."""
        with KafkaProducer(**self.options(listener, **options)) as producer:
            began_s = time.monotonic()
            with pytest.raises(error) as refused:
                producer.send("anything", b"").result(timeout=TIMEOUT_S)
            assert time.monotonic() - began_s < 8, "whoever is refused need not wait until max_block_ms is over"
        return str(refused.value)


@pytest.fixture
def door(secure_kafka: SecureKafka) -> Door:
    return Door(secure_kafka)


# TLS...


def test_a_record_arrives_over_tls(door: Door) -> None:
    door.bring("SSL")


def test_a_record_arrives_over_tls_1_2(door: Door) -> None:
    door.bring("SSL", ssl_enabled_protocols="TLSv1.2", ssl_cipher_suites="ECDHE-ECDSA-AES128-GCM-SHA256")


def test_many_large_records_arrive_over_tls(door: Door) -> None:
    topic = door.node.running.create_topic("large")
    values = [bytes([number]) * 300_000 for number in range(20)]
    with KafkaProducer(**door.options("SSL", batch_size=900_000)) as producer:
        for value in values:
            producer.send(topic, value)
    read = read_back(door.node.running.bootstrap_servers, topic, count=len(values))
    assert [record.value for record in read] == values


def test_a_certificate_for_another_host_is_refused(door: Door) -> None:
    elsewhere = door.node.servers["SSL"].replace("localhost", "127.0.0.1")
    text = door.refuse("SSL", SslAuthenticationError, bootstrap_servers=elsewhere)
    assert "certificate is not valid for '127.0.0.1'" in text


def test_a_certificate_for_another_host_is_taken_if_nobody_is_to_look(door: Door) -> None:
    elsewhere = door.node.servers["SSL"].replace("localhost", "127.0.0.1")
    door.bring("SSL", bootstrap_servers=elsewhere, ssl_endpoint_identification_algorithm="")


def test_a_certificate_of_a_stranger_is_refused(door: Door) -> None:
    text = door.refuse("SSL", SslAuthenticationError, ssl_truststore_location=None)
    assert "certificate verify failed: unable to get local issuer certificate" in text


def test_our_own_certificate_is_shown(door: Door) -> None:
    key, chain = door.node.authority.issue("client.example", password="quiet")
    certificate = {"ssl_keystore_key": key, "ssl_keystore_certificate_chain": chain, "ssl_key_password": "quiet"}
    door.bring("MUTUAL", **certificate)


def test_without_a_certificate_of_ours_we_are_refused(door: Door) -> None:
    door.refuse("MUTUAL", SslAuthenticationError)


@pytest.mark.kafka_since("3.2", "a refusal that OpenSSL can decrypt")
def test_who_is_refused_without_a_certificate_is_told_what_may_be_missing(door: Door) -> None:
    assert "perhaps it wants a certificate of ours" in door.refuse("MUTUAL", SslAuthenticationError)


def test_a_broker_without_tls_is_said_to_speak_none(door: Door) -> None:
    options = door.options("SSL", bootstrap_servers=door.node.running.bootstrap_servers, max_block_ms=1_000)
    with KafkaProducer(**options) as producer, pytest.raises(KafkaTimeoutError, match="does not speak TLS"):
        producer.send("anything", b"").result(timeout=TIMEOUT_S)


def test_a_broker_with_tls_is_said_to_speak_it(door: Door) -> None:
    with (
        KafkaProducer(bootstrap_servers=door.node.servers["SSL"], max_block_ms=1_000) as producer,
        pytest.raises(KafkaTimeoutError, match="it speaks TLS"),
    ):
        producer.send("anything", b"").result(timeout=TIMEOUT_S)


# Logins...


@pytest.mark.parametrize("listener", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_a_record_arrives_after_a_login(door: Door, mechanism: str, listener: str) -> None:
    door.bring(listener, sasl_mechanism=mechanism, sasl_username=USER, sasl_password=PASSWORD)


@pytest.mark.behaviour(91, 108, 195)
@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_a_wrong_password_is_refused_at_once_in_the_brokers_words(door: Door, mechanism: str) -> None:
    login = {"sasl_mechanism": mechanism, "sasl_username": USER, "sasl_password": "close sesame"}
    text = door.refuse("SASL_SSL", SaslAuthenticationError, **login)
    assert text.startswith(f"the broker refused the login by {mechanism}: Authentication failed")
    assert "sesame" not in text


@pytest.mark.parametrize("listener", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_record_arrives_after_a_login_by_token(door: Door, listener: str) -> None:
    door.bring(listener, sasl_mechanism="OAUTHBEARER", sasl_oauthbearer_token=lambda: unsecured_token(USER))


def test_a_record_arrives_after_a_login_by_a_token_that_was_fetched(door: Door) -> None:
    with identity_provider() as provider:
        door.bring(
            "SASL_SSL",
            sasl_mechanism="OAUTHBEARER",
            sasl_oauthbearer_token_endpoint_url=provider.url,
            sasl_oauthbearer_client_credentials_client_id="kitchen",
            sasl_oauthbearer_client_credentials_client_secret="open sesame",
            sasl_oauthbearer_extensions={"logicalCluster": "lkc-1", "pool": "a b"},
        )
    assert len(provider.posted) == 1


@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_no_text_of_a_login_tells_the_password(
    door: Door, mechanism: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    recording = tmp_path / "login.otlp.jsonl"
    with record(recording, name="login"):
        door.bring("SASL_SSL", sasl_mechanism=mechanism, sasl_username=USER, sasl_password=PASSWORD)
    assert "SaslClientAuthenticator.authenticate" in recording.read_text()
    assert PASSWORD not in recording.read_text() + caplog.text


def test_a_token_that_is_none_is_refused(door: Door) -> None:
    login = {"sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_token": lambda: "not.a.token"}
    assert "invalid_token" in door.refuse("SASL_SSL", SaslAuthenticationError, **login)


def test_a_login_where_there_is_none_is_refused(door: Door) -> None:
    login = {"sasl_mechanism": "PLAIN", "sasl_username": USER, "sasl_password": PASSWORD}
    door.refuse("SASL_PLAINTEXT", AuthenticationError, bootstrap_servers=door.node.running.bootstrap_servers, **login)


@pytest.mark.behaviour(197, 198)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_login_is_renewed_on_the_same_connection(door: Door, mechanism: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than two sessions, and not one connection more: the node would have hung up on us."""
    seen: Counter[SaslEvent] = Counter()
    transition_to = SaslClientAuthenticator.transition_to

    def counting(self: SaslClientAuthenticator, event: SaslEvent) -> SaslState:
        seen[event] += 1
        return transition_to(self, event)

    monkeypatch.setattr(SaslClientAuthenticator, "transition_to", counting)
    login: dict[str, object] = {"sasl_username": USER, "sasl_password": PASSWORD}
    if mechanism == "OAUTHBEARER":
        login = {"sasl_oauthbearer_token": lambda: unsecured_token(USER)}
    topic = door.node.running.create_topic("renewed")
    options = door.options("SASL_SSL", sasl_mechanism=mechanism, linger_ms=0, **login)
    with KafkaProducer(**options) as producer:
        sent, ends_s = [], time.monotonic() + 2.2 * SESSION_MS / 1000
        while time.monotonic() < ends_s:
            sent.append(producer.send(topic, b"%d" % len(sent)))
            if len(sent) % 5 == 0:
                sent[-1].result(timeout=TIMEOUT_S)
    assert seen[SaslEvent.AGAIN] >= 2
    assert seen[SaslEvent.DONE] == seen[SaslEvent.AGAIN] + 2, "one login to ask for metadata, one to write"
    assert [future.result(timeout=TIMEOUT_S).offset for future in sent] == list(range(len(sent)))
