"""PLAIN and OAUTHBEARER, and which mechanism an option chooses."""

from random import Random

import pytest

from kafka_nio.client.sasl.mechanisms import mechanism_factory, new_nonce
from kafka_nio.client.sasl.oauth_bearer import OAuthBearerMechanism
from kafka_nio.client.sasl.plain import PlainMechanism
from kafka_nio.clock import MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import SaslAuthenticationError
from kafka_nio.secret import Secret


def test_plain_sends_name_and_password_at_once() -> None:
    plain = PlainMechanism("alice", Secret("pässword"))
    assert not plain.is_complete
    assert plain.first_token() == "\0alice\0pässword".encode()
    assert plain.is_complete
    assert plain.evaluate(b"") is None
    assert "ssword" not in repr(plain)


def test_plain_answers_no_question() -> None:
    with pytest.raises(SaslAuthenticationError, match="answered the password with a question"):
        PlainMechanism("alice", Secret("password")).evaluate(b"what?")


def test_a_token_is_sent_at_once() -> None:
    bearer = OAuthBearerMechanism(lambda: Secret("abc.def."))
    assert bearer.first_token() == b"n,,\x01auth=Bearer abc.def.\x01\x01"
    assert not bearer.is_complete
    assert bearer.evaluate(b"") is None
    assert bearer.is_complete
    assert "abc" not in repr(bearer)


def test_extensions_are_sent_beside_the_token() -> None:
    """As RFC 7628 has them: each with its name, and a separator after it."""
    bearer = OAuthBearerMechanism(lambda: Secret("abc.def."), [("logicalCluster", "lkc-1"), ("pool", "a b")])
    assert bearer.first_token() == b"n,,\x01auth=Bearer abc.def.\x01logicalCluster=lkc-1\x01pool=a b\x01\x01"


def test_a_refused_token_is_answered_with_the_byte_that_ends_it() -> None:
    bearer = OAuthBearerMechanism(lambda: Secret("abc.def."))
    bearer.first_token()
    assert bearer.evaluate(b'{"status":"invalid_token"}') == b"\x01"
    assert not bearer.is_complete
    with pytest.raises(SaslAuthenticationError, match=r'refused the token: \{"status":"invalid_token"\}'):
        bearer.evaluate(b"")


@pytest.mark.parametrize("name", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"])
def test_each_mechanism_is_chosen_by_its_name_and_made_anew_for_each_login(name: str) -> None:
    by_token = {"sasl_oauthbearer_token": lambda: "abc.def."}
    by_password = {"sasl_username": "alice", "sasl_password": "open sesame"}
    config = ProducerConfig.parse(
        {"bootstrap.servers": "localhost:9092", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": name},
        **(by_token if name == "OAUTHBEARER" else by_password),
    )
    new_mechanism = mechanism_factory(config, MockClock(), Random(1))
    first, second = new_mechanism(), new_mechanism()
    assert (first.name, second.name) == (name, name)
    assert first is not second


def test_no_nonce_comes_twice() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100
    assert "," not in new_nonce()
