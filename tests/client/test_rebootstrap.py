"""Beginning again from the bootstrap servers, when all that is known of the cluster leads nowhere."""

import pytest

from kafka_nio.client.api_versions import ApiVersionsRequests
from kafka_nio.client.rebootstrap import Rebootstrap, checks_cluster
from kafka_nio.client.requests import ClientResponse
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import RebootstrapRequiredError
from kafka_nio.protocol.messages import ApiVersionsResponse, MetadataRequest, MetadataResponse
from tests.client.scripted_broker import Conversation, metadata_response
from tests.client.test_network_client import send_produce

TRIGGER_MS = 300_000


def config(**options: object) -> ProducerConfig:
    return ProducerConfig.parse(bootstrap_servers="localhost:9092", **options)


def ask_for_metadata(conversation: Conversation) -> None:
    """The question is with the broker, and not answered."""
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    conversation.poll()
    conversation.poll()


def has_begun_again(conversation: Conversation) -> bool:
    return conversation.metadata.cluster.is_bootstrap


@pytest.mark.behaviour(99)
def test_a_broker_that_demands_it_in_a_metadata_answer_is_obeyed(conversation: Conversation) -> None:
    conversation.make_ready()
    ask_for_metadata(conversation)
    header, request = conversation.broker.read()
    assert isinstance(request, MetadataRequest)
    demand = metadata_response(port=conversation.broker.port)
    demand.error_code = RebootstrapRequiredError.code
    conversation.broker.answer(header, demand)
    conversation.poll()
    assert has_begun_again(conversation)
    assert [node.id for node in conversation.metadata.cluster.nodes] == [-1]


@pytest.mark.behaviour(99)
def test_requests_in_flight_are_over_when_the_client_begins_again(conversation: Conversation) -> None:
    conversation.make_ready()
    in_flight: list[ClientResponse] = send_produce(conversation)
    conversation.poll()
    conversation.client._metadata_updater.initiate_rebootstrap()
    conversation.poll()
    assert in_flight[0].disconnected
    assert "begins again from its bootstrap servers" in in_flight[0].failure
    assert has_begun_again(conversation)


@pytest.mark.behaviour(99)
def test_a_broker_that_demands_it_in_its_api_versions_answer_is_obeyed(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ApiVersionsResponse(error_code=RebootstrapRequiredError.code))
    conversation.poll()
    assert has_begun_again(conversation)


@pytest.mark.behaviour(99)
def test_the_client_begins_again_when_no_known_broker_can_be_asked(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.broker.hang_up()
    conversation.poll()
    conversation.clock.sleep(40)  # the metadata is due, and the only broker has failed less than its backoff ago
    conversation.client._connection_states._nodes["0"].reconnect_backoff_ms = 500
    conversation.clock.sleep(100)
    conversation.poll()
    assert has_begun_again(conversation)
    conversation.broker.accept()


@pytest.mark.behaviour(99)
def test_the_client_begins_again_when_nobody_has_answered_for_long(conversation: Conversation) -> None:
    conversation.make_ready()
    ask_for_metadata(conversation)
    conversation.clock.sleep(20_000)
    conversation.poll()
    assert not has_begun_again(conversation)
    conversation.client._in_flight_requests.add_throttle_time("0", 10 * TRIGGER_MS)  # so that only the trigger ends it
    conversation.clock.sleep(TRIGGER_MS)
    conversation.poll()
    assert has_begun_again(conversation)


@pytest.mark.behaviour(99)
def test_tries_that_take_longer_than_the_trigger_are_too_long() -> None:
    rebootstrap = Rebootstrap(config(metadata_recovery_rebootstrap_trigger_ms=1_000))
    rebootstrap.trying(5_000)
    rebootstrap.trying(5_900)
    assert not rebootstrap.is_due(6_000)
    assert rebootstrap.is_due(6_001)
    rebootstrap.succeeded()
    assert not rebootstrap.is_due(6_001)


def test_with_the_strategy_none_it_never_begins_again() -> None:
    rebootstrap = Rebootstrap(config(metadata_recovery_strategy="none"))
    rebootstrap.demanded()
    assert not rebootstrap.is_due(10**9)


def test_it_begins_again_once_and_then_waits_for_its_bootstrap_servers(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.broker.close()
    conversation.poll()
    for node_id in ("0", "-1"):
        conversation.client._connection_states._nodes[node_id].reconnect_backoff_ms = 10_000
        for _ in range(5):
            conversation.clock.sleep(200)
            conversation.poll()
        assert has_begun_again(conversation)
        assert conversation.metadata.update_version == 3, "the first addresses, an answer, the addresses once more"


def test_with_the_strategy_none_such_an_answer_is_a_failed_update(conversation: Conversation) -> None:
    conversation.client._metadata_updater._rebootstrap.is_allowed = False
    conversation.make_ready()
    ask_for_metadata(conversation)
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, MetadataResponse(error_code=RebootstrapRequiredError.code))
    conversation.poll()
    assert not has_begun_again(conversation)
    assert conversation.metadata.time_to_next_update(conversation.clock.now_ms()) == 100


# Saying whom we mean (KIP-1242)...


def asked(**options: object) -> tuple[str | None, int]:
    """Whom the first question to node 0 says it is for."""
    requests = ApiVersionsRequests(checks_cluster=checks_cluster(config(**options)))
    requests.connected("0")
    request = requests.ask("0", "cluster")
    return request.cluster_id, request.node_id


def test_a_node_that_we_know_is_told_whom_we_take_it_for() -> None:
    assert asked() == ("cluster", 0)


def test_who_may_not_begin_again_or_does_not_check_tells_nobody() -> None:
    assert asked(metadata_cluster_check_enable=False) == (None, -1)
    assert asked(metadata_recovery_strategy="none") == (None, -1)


@pytest.mark.parametrize(("node_id", "cluster_id"), [("-1", "cluster"), ("0", None)])
def test_whom_we_do_not_know_yet_we_cannot_tell(node_id: str, cluster_id: str | None) -> None:
    requests = ApiVersionsRequests(checks_cluster=True)
    requests.connected(node_id)
    assert requests.ask(node_id, cluster_id).cluster_id is None


def test_the_question_goes_out_with_it(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, request = conversation.broker.read()
    assert header.api_version == 5
    assert (request.cluster_id, request.node_id) == ("cluster", 0)  # type: ignore[attr-defined]
