"""A producer with secrets goes through all that it can meet, and no text of it tells them."""

import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import KafkaError, SaslAuthenticationError
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import record
from tests.support.certificates import Authority
from tests.support.identity_provider import identity_provider
from tests.support.peers import peer
from tests.support.unsecured_token import unsecured_token

SECRETS = ("open sesame", "open%20sesame", "b3BlbiBzZXNhbWU", "sesame")


def told(text: str) -> list[str]:
    """The secrets in a text."""
    return [secret for secret in SECRETS if secret in text]


@contextmanager
def tls_peer(authority: Authority, behaviour: Callable[[ssl.SSLSocket], None]) -> Iterator[str]:
    """A server behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("localhost"))

    def behind_tls(connection: object) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as encrypted:  # type: ignore[call-overload]
                behaviour(encrypted)
        except OSError:
            return  # the producer has left

    with peer(behind_tls) as address:
        yield address.replace("127.0.0.1", "localhost")


LOGINS: list[dict[str, object]] = [
    {"sasl_mechanism": "PLAIN", "sasl_username": "alice", "sasl_password": "open sesame"},
    {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "alice", "sasl_password": "open sesame"},
    {"sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_token": lambda: "open sesame"},
]


def test_no_text_tells_what_a_token_endpoint_was_sent_nor_what_it_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It refuses us first. Then it gives us a token, and the broker refuses that."""
    caplog.set_level(logging.DEBUG)
    recording, token = tmp_path / "token.otlp.jsonl", unsecured_token("open sesame")
    with (
        identity_provider() as provider,
        EmbeddedCluster(sasl={"OAUTHBEARER": {"alice": ""}}) as cluster,
        record(recording, name="token"),
    ):
        provider.answers = [(401, b"no"), (200, json.dumps({"access_token": token}).encode())]
        options = {
            "bootstrap_servers": cluster.bootstrap_servers,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauthbearer_token_endpoint_url": provider.url,
            "sasl_oauthbearer_client_credentials_client_id": "kitchen",
            "sasl_oauthbearer_client_credentials_client_secret": "open sesame",
        }
        with pytest.raises(SaslAuthenticationError) as refused:
            KafkaProducer(**options)
        with KafkaProducer(**options) as producer, pytest.raises(KafkaError) as failed:
            producer.send("orders", b"").result(timeout=10)
        texts = [repr(producer), repr(vars(producer)), str(refused.value), str(failed.value), caplog.text]
    assert not [text for text in (*texts, recording.read_text()) if told(text) or token in text]


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: str(login["sasl_mechanism"]))
def test_no_text_tells_a_secret(login: dict[str, object], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that answers nonsense: the producer logs, fails, and is recorded meanwhile."""
    caplog.set_level(logging.DEBUG)
    authority = Authority(tmp_path)
    recording = tmp_path / "secret.otlp.jsonl"
    done = threading.Event()

    def nonsense(connection: ssl.SSLSocket) -> None:
        connection.recv(1000)
        connection.sendall(b"\0\0\0\5\x7f\xff\xff\xf8\0")
        done.set()

    with tls_peer(authority, nonsense) as address, record(recording, name="secret"):
        producer = KafkaProducer(
            bootstrap_servers=address,
            security_protocol="SASL_SSL",
            ssl_truststore_location=authority.location,
            ssl_keystore_location=authority.issue_file("client", password="open sesame"),
            ssl_key_password="open sesame",
            max_block_ms=300,
            **login,
        )
        with producer, pytest.raises(KafkaError) as failed:
            producer.send("orders", b"").result(timeout=10)
        assert done.is_set()
        texts = [repr(producer), repr(vars(producer)), str(failed.value), repr(failed.value), caplog.text]
    assert not [text for text in (*texts, recording.read_text()) if told(text)]
