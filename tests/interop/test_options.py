"""Options that Apache Kafka has its own part in: racks, the check of the cluster, metrics for the broker."""

import pytest

from kafka_nio.errors import RebootstrapRequiredError
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersionsRequest, ApiVersionsResponse
from tests.broker.wire import Wire
from tests.support.apache_kafka import RACK, RunningKafka

PATIENCE_S = 30


def ask(kafka: RunningKafka, version: int, **meant: object) -> ApiVersionsResponse:
    host, _, port = kafka.bootstrap_servers.partition(",")[0].rpartition(":")
    request = ApiVersionsRequest("kafka-nio", "1", **meant)  # type: ignore[arg-type]
    with Wire((host, int(port))) as wire:
        return wire.ask(request, version, ApiVersionsResponse)


def speaks(kafka: RunningKafka, api_key: ApiKey) -> int:
    """The newest version that it lists; -1 if it does not know the request."""
    listed = ask(kafka, 3).api_keys
    return next((api.max_version for api in listed if api.api_key == api_key), -1)


def test_a_producer_in_the_brokers_rack_sends_to_it(apache_kafka: RunningKafka) -> None:
    topic = apache_kafka.create_topic("rack", 3)
    options = {"client_rack": RACK, "partitioner_rack_aware": True}
    with KafkaProducer(bootstrap_servers=apache_kafka.bootstrap_servers, **options) as producer:
        producer.send(topic, b"one coffee").result(PATIENCE_S)
        racks = {info.leader.rack for info in producer.partitions_for(topic) if info.leader is not None}
    assert racks == {RACK}


@pytest.mark.kafka_since("4.4", "the check of who is meant")
def test_the_broker_notices_that_somebody_else_was_meant(apache_kafka: RunningKafka) -> None:
    with KafkaProducer(bootstrap_servers=apache_kafka.bootstrap_servers) as producer:
        producer.send(apache_kafka.create_topic("cluster-check"), b"one coffee").result(PATIENCE_S)
        known = producer._metadata.cluster
    (node_id,) = (node.id for node in known.nodes)
    assert ask(apache_kafka, 5, cluster_id=known.cluster_id, node_id=node_id).error_code == 0
    for other in ({"cluster_id": "another", "node_id": node_id}, {"cluster_id": known.cluster_id, "node_id": 77}):
        assert ask(apache_kafka, 5, **other).error_code == RebootstrapRequiredError.code


def test_without_a_receiver_the_broker_lists_no_telemetry_and_the_producer_asks_for_none(
    apache_kafka: RunningKafka, caplog: pytest.LogCaptureFixture
) -> None:
    assert speaks(apache_kafka, ApiKey.GET_TELEMETRY_SUBSCRIPTIONS) == -1
    with KafkaProducer(bootstrap_servers=apache_kafka.bootstrap_servers) as producer:
        producer.send(apache_kafka.create_topic("telemetry"), b"one coffee").result(PATIENCE_S)
        assert producer.client_instance_id(PATIENCE_S) is None
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
