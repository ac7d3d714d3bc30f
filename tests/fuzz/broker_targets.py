"""The embedded broker's request path, without its sockets."""

import logging
from collections.abc import Iterator
from random import Random

from kafka_nio.broker.client_metrics import ClientMetricsManager
from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.faults import Faults
from kafka_nio.broker.group_coordinator import GroupCoordinator
from kafka_nio.broker.kafka_apis import KafkaApis, parse_request
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Response, SendResponse
from kafka_nio.broker.sasl.logins import Logins, sasl_mechanisms
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.clock import MockClock
from kafka_nio.cluster import Node
from kafka_nio.errors import ApiError, ProtocolError, UnsupportedVersionError
from kafka_nio.protocol.codec import encode_response
from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.messages import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    ApiVersionsRequest,
    EndTxnRequest,
    FindCoordinatorRequest,
    InitProducerIdRequest,
    MetadataRequest,
    PushTelemetryRequest,
    SaslAuthenticateRequest,
    SaslHandshakeRequest,
)
from kafka_nio.protocol.types import ZERO_UUID
from tests.broker.wire import batch, fetch_request, produce_request
from tests.fuzz import seeds
from tests.fuzz.seeds import payload_of
from tests.fuzz.target import joined, parts_of, target
from tests.support.cost import MIB


class _Complaints(logging.Handler):
    """Fails where the broker logs that something happened which nobody thought of."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        raise AssertionError(f"{record.getMessage()}: {type(error).__name__}: {error}")


COMPLAINTS = _Complaints(level=logging.ERROR)
LOGGER = logging.getLogger("kafka_nio.broker")


def _broker(users: dict[str, dict[str, str]]) -> KafkaApis:
    clock, config, groups = MockClock(), BrokerConfig(), GroupCoordinator()
    cluster = ClusterState(partitions_per_topic=2)
    cluster.nodes = (Node(0, "127.0.0.1", 9092),)
    cluster.create_topic("t")
    cluster.client_metrics.subscribe("*", push_interval_ms=1000)
    transactions = TransactionCoordinator(cluster, groups, config, clock)
    replicas = ReplicaManager(0, cluster, config, clock, transactions, groups)
    return KafkaApis(replicas, Faults(), Logins(sasl_mechanisms(users, Random(1), clock), 0, clock))


def _converse(apis: KafkaApis, data: bytes) -> None:
    """Have each part handled as a request, and each answer written."""
    LOGGER.addHandler(COMPLAINTS)
    was_heard, LOGGER.propagate = LOGGER.propagate, False
    try:
        for part in parts_of(data):
            _handle(apis, part)
    finally:
        LOGGER.removeHandler(COMPLAINTS)
        LOGGER.propagate = was_heard


def _handle(apis: KafkaApis, payload: bytes) -> None:
    request = parse_request("0", memoryview(payload))
    outcome = apis.handle(request)
    if outcome is not None and not isinstance(outcome, Response):
        outcome = outcome.complete()
    if isinstance(outcome, SendResponse):
        encode_response(request.header, outcome.body)


def _broker_seeds() -> Iterator[bytes]:
    for request in seeds.requests():
        yield joined(request)
    records = batch(b"one", b"two")
    yield joined(
        payload_of(ApiVersionsRequest(client_software_name="f", client_software_version="1"), 3),
        payload_of(MetadataRequest(topics=None), 9),
        payload_of(produce_request("t", records), 9),
        payload_of(fetch_request("t"), 12),
    )
    numbered = batch(b"one", producer=(1000, 0, 0), is_transactional=True)
    topics = [AddPartitionsToTxnTopic(name="t", partitions=[0])]
    yield joined(
        payload_of(FindCoordinatorRequest(key_type=1, coordinator_keys=["x"]), 4),
        payload_of(InitProducerIdRequest(transactional_id="x", transaction_timeout_ms=1000), 4),
        payload_of(
            AddPartitionsToTxnRequest(transactional_id="x", producer_id=1000, producer_epoch=0, topics=topics), 3
        ),
        payload_of(produce_request("t", numbered, transactional_id="x"), 9),
        payload_of(EndTxnRequest(transactional_id="x", producer_id=1000, producer_epoch=0, committed=True), 3),
    )


@target(ProtocolError, UnsupportedVersionError, seeds=_broker_seeds, memory_bytes=16 * MIB)
def broker(data: bytes) -> None:
    """Requests to the embedded broker: each is answered, or is none. It never meets an error that nobody expected."""
    _converse(_broker({}), data)


def _login_seeds() -> Iterator[bytes]:
    yield joined(
        payload_of(ApiVersionsRequest(), 0),
        payload_of(SaslHandshakeRequest(mechanism="PLAIN"), 1),
        payload_of(SaslAuthenticateRequest(auth_bytes=b"\0alice\0open sesame"), 2),
        payload_of(MetadataRequest(topics=None), 9),
    )
    yield joined(payload_of(MetadataRequest(topics=None), 9))


@target(ProtocolError, UnsupportedVersionError, seeds=_login_seeds, memory_bytes=2 * MIB)
def broker_login(data: bytes) -> None:
    """Requests to an embedded broker that lets in nobody who has not logged in."""
    apis = _broker({"PLAIN": {"alice": "open sesame"}})
    _converse(apis, data)
    if b"open sesame" not in data:
        assert apis.logins.of("0").user is None


def _push_seeds() -> Iterator[bytes]:
    for codec in CompressionType:
        yield bytes((codec,)) + next(data[1:] for data in seeds.compressed() if data[0] == codec)


@target(ApiError, seeds=_push_seeds, memory_bytes=16 * MIB)
def telemetry(data: bytes) -> None:
    """Metrics that a client pushes; the first byte is the codec."""
    manager = ClientMetricsManager()
    manager.subscribe("*", push_interval_ms=1000)
    wanted = manager.process_get_telemetry_subscription_request(ZERO_UUID)
    manager.process_push_telemetry_request(
        PushTelemetryRequest(
            client_instance_id=wanted.client_instance_id,
            subscription_id=wanted.subscription_id,
            compression_type=data[0] if data else 0,
            metrics=data[1:],
        )
    )
