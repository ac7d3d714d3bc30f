"""What the client makes of answers that are well written and say strange things."""

from collections.abc import Iterator
from random import Random

from kafka_nio.client import Metadata
from kafka_nio.client.api_versions import ApiVersionsRequests
from kafka_nio.client.telemetry_subscription import Subscription
from kafka_nio.clock import MockClock
from kafka_nio.errors import ProtocolError, UnsupportedVersionError
from kafka_nio.protocol.api import BY_KEY, ApiKey, RequestHeader
from kafka_nio.protocol.codec import decode_response
from kafka_nio.protocol.messages import ApiVersionsResponse, GetTelemetrySubscriptionsResponse, MetadataResponse
from tests.fuzz import seeds
from tests.fuzz.target import joined, parts_of, target

ANSWERED = (ApiKey.API_VERSIONS, ApiKey.METADATA, ApiKey.GET_TELEMETRY_SUBSCRIPTIONS)


def _answers() -> Iterator[bytes]:
    answers = [data for data in seeds.responses() if data[0] in ANSWERED]
    yield from (joined(data) for data in answers)
    yield joined(*answers[::5])


@target(ProtocolError, UnsupportedVersionError, seeds=_answers)
def cluster_answers(data: bytes) -> None:
    """Answers about the cluster, each behind two bytes that say to what: taken, and then used for a record."""
    clock = MockClock()
    metadata = Metadata(100, 100, 300_000, 300_000, clock, Random(1))
    metadata.bootstrap([("localhost", 9092)])
    metadata.add("t", clock.now_ms())
    versions = ApiVersionsRequests()
    for number, part in enumerate(parts_of(data)):
        api = BY_KEY.get(part[0]) if len(part) > 2 else None
        if api not in ANSWERED or api is None:
            continue
        answer = decode_response(RequestHeader(api, part[1], 1, None), memoryview(part)[2:])
        match answer:
            case ApiVersionsResponse():
                _take_versions(versions, answer, part[1])
            case MetadataResponse():
                metadata.update(number, answer, bool(number % 2), clock.now_ms(), part[1])
                _use(metadata)
            case GetTelemetrySubscriptionsResponse():
                assert Subscription.of(answer).push_interval_ms > 0


def _take_versions(versions: ApiVersionsRequests, answer: ApiVersionsResponse, version: int) -> None:
    versions.connected("0")
    versions.answered("0", version, answer)
    if versions.is_known("0"):
        for api in ApiKey:
            if versions.knows("0", api):
                assert api.speaks(versions.usable_version("0", api))


def _use(metadata: Metadata) -> None:
    cluster = metadata.cluster
    repr(cluster)
    for topic_partition, info in cluster.partitions.items():
        assert cluster.partition(topic_partition) == info
        leader = cluster.leader_for(topic_partition)
        assert leader is None or leader in cluster.nodes
    for topic in cluster.topics:
        available = cluster.available_partitions_for_topic(topic)
        assert len(available) <= (cluster.partition_count_for_topic(topic) or 0)
    metadata.error_for_topic("t")
