"""From a request to its handler: whatever goes wrong becomes an answer."""

import logging

import pytest

from kafka_nio.broker import EmbeddedCluster, Fault
from kafka_nio.broker.handlers import init_producer_id
from kafka_nio.errors import NONE, UnknownServerError
from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.messages import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    ApiVersionsRequest,
    EndTxnRequest,
    FetchRequest,
    FindCoordinatorRequest,
    GetTelemetrySubscriptionsRequest,
    InitProducerIdRequest,
    InitProducerIdResponse,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
    MetadataRequest,
    MetadataRequestTopic,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
    PushTelemetryRequest,
    SaslAuthenticateRequest,
    SaslHandshakeRequest,
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from tests.broker.wire import Wire, batch, produce_request, spoken_versions


def request_for(api: ApiKey, version: int) -> Message:
    """A request of each kind, about the topic `orders` if it is about one."""
    requests: dict[ApiKey, Message] = {
        ApiKey.PRODUCE: produce_request("orders", batch(b"a")),
        ApiKey.FETCH: FetchRequest(max_wait_ms=0),
        ApiKey.LIST_OFFSETS: ListOffsetsRequest(topics=[ListOffsetsTopic("orders", [ListOffsetsPartition(0)])]),
        ApiKey.METADATA: MetadataRequest(topics=[MetadataRequestTopic(name="orders")]),
        ApiKey.FIND_COORDINATOR: FindCoordinatorRequest(
            **({"coordinator_keys": ["a"]} if version >= 4 else {"key": "a"})
        ),
        ApiKey.API_VERSIONS: ApiVersionsRequest("kafka-nio", "1"),
        ApiKey.INIT_PRODUCER_ID: InitProducerIdRequest(),
        ApiKey.OFFSET_FOR_LEADER_EPOCH: OffsetForLeaderEpochRequest(
            topics=[OffsetForLeaderTopic("orders", [OffsetForLeaderPartition(0)])]
        ),
        ApiKey.ADD_PARTITIONS_TO_TXN: AddPartitionsToTxnRequest(
            "payments", 7, 0, [AddPartitionsToTxnTopic("orders", [0])]
        ),
        ApiKey.ADD_OFFSETS_TO_TXN: AddOffsetsToTxnRequest("payments", 7, 0, "group"),
        ApiKey.END_TXN: EndTxnRequest("payments", 7, 0, committed=True),
        ApiKey.TXN_OFFSET_COMMIT: TxnOffsetCommitRequest(
            "payments",
            "group",
            7,
            0,
            topics=[TxnOffsetCommitRequestTopic("orders", [TxnOffsetCommitRequestPartition(0, 1)])],
        ),
        ApiKey.SASL_HANDSHAKE: SaslHandshakeRequest("PLAIN"),
        ApiKey.SASL_AUTHENTICATE: SaslAuthenticateRequest(b"token"),
        ApiKey.GET_TELEMETRY_SUBSCRIPTIONS: GetTelemetrySubscriptionsRequest(),
        ApiKey.PUSH_TELEMETRY: PushTelemetryRequest(),
    }
    return requests[api]


EVERY_VERSION = [
    pytest.param(api, version, id=f"{api.name}-{version}") for api in ApiKey for version in spoken_versions(api)
]


@pytest.mark.parametrize(("api", "version"), EVERY_VERSION)
def test_every_request_is_answered_in_every_version(
    cluster: EmbeddedCluster, wire: Wire, api: ApiKey, version: int
) -> None:
    cluster.create_topic("orders")
    response = wire.ask(request_for(api, version), version, Message)
    assert response.api_key is api
    assert f"error_code={UnknownServerError.code}" not in repr(response)


@pytest.mark.parametrize(("api", "version"), EVERY_VERSION)
def test_every_request_can_be_refused_in_every_version(
    cluster: EmbeddedCluster, wire: Wire, api: ApiKey, version: int
) -> None:
    cluster.faults.add(Fault(api, error=UnknownServerError))
    response = wire.ask(request_for(api, version), version, Message)
    has_a_field_for_it = not (api is ApiKey.FETCH and version < 7)
    assert (f"error_code={UnknownServerError.code}" in repr(response)) == has_a_field_for_it


def test_a_handler_that_fails_is_an_answer_and_an_entry_in_the_log(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake in the handler")

    monkeypatch.setattr(init_producer_id, "handle_init_producer_id_request", fail)
    with caplog.at_level(logging.ERROR):
        refused = wire.ask(InitProducerIdRequest(), 4, InitProducerIdResponse)
    monkeypatch.undo()
    assert refused.error_code == UnknownServerError.code
    assert "a mistake in the handler" in caplog.text
    assert wire.ask(InitProducerIdRequest(), 4, InitProducerIdResponse).error_code == NONE
