"""What a client does when a broker does not let it in, and who is told."""

from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest

from kafka_nio.client import Metadata, NetworkClient
from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.channel_builders import channel_builder
from kafka_nio.client.connection_states import ClusterConnectionStates, ConnectionState
from kafka_nio.clock import MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import KafkaTimeoutError, SaslAuthenticationError
from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    SaslAuthenticateResponse,
    SaslHandshakeResponse,
)
from tests.client.conftest import ipv4_only
from tests.client.scripted_broker import Conversation, ScriptedBroker, metadata_response

REFUSED = SaslAuthenticationError("not you again")


@pytest.fixture
def conversation() -> Iterator[Conversation]:
    """A client that logs in by PLAIN, and knows the cluster already."""
    clock = MockClock(now_ms=1_000_000)
    with closing(ScriptedBroker()) as broker:
        config = ProducerConfig.parse(
            {"bootstrap.servers": f"localhost:{broker.port}", "security.protocol": "SASL_PLAINTEXT"},
            sasl_mechanism="PLAIN",
            sasl_username="alice",
            sasl_password="open sesame",
            reconnect_backoff_ms=50,
            reconnect_backoff_max_ms=50,
        )
        metadata = Metadata(100, 100, 300_000, 300_000, clock, Random(1))
        metadata.bootstrap([("localhost", broker.port)])
        metadata.update(0, metadata_response(port=broker.port), False, clock.now_ms(), 13)
        selector = Selector(clock=clock, channel_builder=channel_builder(config, "test", clock, Random(1)))
        client = NetworkClient(
            config, selector, metadata, client_id="test", clock=clock, random=Random(1), resolve=ipv4_only
        )
        with closing(client):
            yield Conversation(client, metadata, broker, clock, Metrics(clock.now_ms))


def refuse(conversation: Conversation) -> None:
    """The broker's side of a login that fails."""
    broker = conversation.broker
    header, _ = broker.read()
    spoken = [ApiVersion(ApiKey.SASL_HANDSHAKE, 0, 1), ApiVersion(ApiKey.SASL_AUTHENTICATE, 0, 2)]
    broker.answer(header, ApiVersionsResponse(api_keys=spoken))
    conversation.poll()
    header, _ = broker.read()
    broker.answer(header, SaslHandshakeResponse(mechanisms=["PLAIN"]))
    conversation.poll()
    header, _ = broker.read()
    broker.answer(header, SaslAuthenticateResponse(error_code=58, error_message="not you again"))
    conversation.poll()


@pytest.mark.behaviour(91, 108)
def test_whoever_waits_for_metadata_is_told_once_and_the_next_waits_anew(conversation: Conversation) -> None:
    version = conversation.metadata.request_update()
    conversation.connect()
    refuse(conversation)
    with pytest.raises(SaslAuthenticationError, match="the broker refused the login by PLAIN: not you again"):
        conversation.metadata.await_update(version, 1_000)
    with pytest.raises(KafkaTimeoutError):
        conversation.metadata.await_update(version, 1_000)


@pytest.mark.behaviour(91)
def test_a_refused_connection_is_tried_again_after_the_pause(conversation: Conversation) -> None:
    conversation.connect()
    refuse(conversation)
    now_ms = conversation.clock.now_ms()
    assert not conversation.client.ready(conversation.node, now_ms)
    assert conversation.client.poll_delay_ms(conversation.node, now_ms) == 50
    conversation.clock.sleep(50)
    conversation.connect()


def test_the_step_and_the_broker_are_named(conversation: Conversation) -> None:
    conversation.connect()
    refuse(conversation)
    assert conversation.metadata.last_failure == (
        f"connect to localhost:{conversation.broker.port} failed: the broker refused the login by PLAIN: not you again"
    )


def test_no_log_line_tells_the_password(conversation: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    conversation.connect()
    refuse(conversation)
    assert "not you again" in caplog.text
    assert "sesame" not in caplog.text


# The automaton...


@pytest.fixture
def states() -> ClusterConnectionStates:
    states = ClusterConnectionStates(ExponentialBackoff(50, 50, Random(1)), ExponentialBackoff(100, 100, Random(1)))
    states.connecting("0", "host", 9092, 0)
    return states


@pytest.mark.behaviour(91)
def test_why_a_node_refused_us_is_remembered_until_the_next_attempt(states: ClusterConnectionStates) -> None:
    states.disconnected("0", 10, REFUSED)
    assert states.state("0") is ConnectionState.AUTHENTICATION_FAILED
    assert states.authentication_error("0") is REFUSED
    assert states.is_disconnected("0")
    assert not states.can_connect("0", 59)
    assert states.can_connect("0", 60)
    states.connecting("0", "host", 9092, 60)
    assert states.authentication_error("0") is None


def test_any_other_end_is_a_mere_disconnection(states: ClusterConnectionStates) -> None:
    states.disconnected("0", 10, EOFError("gone"))
    assert states.state("0") is ConnectionState.DISCONNECTED
    assert states.authentication_error("0") is None
    assert states.authentication_error("unknown") is None
