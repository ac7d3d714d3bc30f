"""Metadata: the brokers, the topics, and topics that come to be by being asked for."""

from uuid import UUID

import pytest

from kafka_nio.broker import NO_LEADER, EmbeddedCluster
from kafka_nio.errors import (
    InvalidRequestError,
    InvalidTopicError,
    LeaderNotAvailableError,
    UnknownTopicIdError,
    UnknownTopicOrPartitionError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import MetadataRequest, MetadataRequestTopic, MetadataResponse
from tests.broker.wire import Wire, spoken_versions


def asking_for(*names: str, may_create: bool = True) -> MetadataRequest:
    return MetadataRequest(
        topics=[MetadataRequestTopic(name=name) for name in names], allow_auto_topic_creation=may_create
    )


@pytest.mark.parametrize("version", spoken_versions(ApiKey.METADATA))
def test_every_version_tells_brokers_and_partitions(cluster: EmbeddedCluster, wire: Wire, version: int) -> None:
    response = wire.ask(asking_for("orders"), version, MetadataResponse)
    (topic,) = response.topics
    assert [(broker.host, broker.port) for broker in response.brokers] == cluster.addresses
    assert (topic.error_code, topic.name) == (0, "orders")
    assert [(partition.partition_index, partition.leader_id) for partition in topic.partitions] == [(0, 0), (1, 0)]


def test_a_topic_asked_for_comes_to_be(cluster: EmbeddedCluster, wire: Wire) -> None:
    wire.ask(asking_for("orders"), 12, MetadataResponse)
    assert [topic.name for topic in cluster.state.topics] == ["orders"]


def test_a_topic_does_not_come_to_be_if_the_client_does_not_want_it(cluster: EmbeddedCluster, wire: Wire) -> None:
    response = wire.ask(asking_for("orders", may_create=False), 12, MetadataResponse)
    assert response.topics[0].error_code == UnknownTopicOrPartitionError.code
    assert cluster.state.topics == []


def test_a_topic_does_not_come_to_be_if_the_cluster_does_not_want_it() -> None:
    with EmbeddedCluster(auto_create_topics=False) as cluster, Wire(cluster.addresses[0]) as wire:
        response = wire.ask(asking_for("orders"), 12, MetadataResponse)
        assert response.topics[0].error_code == UnknownTopicOrPartitionError.code


def test_a_topic_that_is_asked_for_twice_is_described_once(wire: Wire) -> None:
    response = wire.ask(asking_for("orders", "payments", "orders", "no spaces", "no spaces"), 12, MetadataResponse)
    assert [topic.name for topic in response.topics] == ["orders", "payments", "no spaces"]
    by_id = MetadataRequest(topics=[MetadataRequestTopic(topic_id=response.topics[0].topic_id)] * 3)
    assert [topic.name for topic in wire.ask(by_id, 12, MetadataResponse).topics] == ["orders"]


def test_one_bad_name_does_not_spoil_the_others(wire: Wire) -> None:
    response = wire.ask(asking_for("no spaces", "orders", "x" * 250), 12, MetadataResponse)
    assert [topic.error_code for topic in response.topics] == [InvalidTopicError.code, 0, InvalidTopicError.code]


def test_null_asks_for_all_topics_and_an_empty_list_for_none(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("a")
    cluster.create_topic("b")
    assert [topic.name for topic in wire.ask(MetadataRequest(topics=None), 1, MetadataResponse).topics] == ["a", "b"]
    assert wire.ask(MetadataRequest(topics=[]), 1, MetadataResponse).topics == []


def test_in_version_0_an_empty_list_asks_for_all_topics(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("a")
    assert [topic.name for topic in wire.ask(MetadataRequest(topics=[]), 0, MetadataResponse).topics] == ["a"]


def test_a_topic_can_be_asked_for_by_its_id(cluster: EmbeddedCluster, wire: Wire) -> None:
    topic = cluster.create_topic("orders")
    request = MetadataRequest(topics=[MetadataRequestTopic(name=None, topic_id=topic.id)])
    assert wire.ask(request, 12, MetadataResponse).topics[0].name == "orders"


def test_an_id_that_nobody_has_is_said_to_be_unknown(wire: Wire) -> None:
    request = MetadataRequest(topics=[MetadataRequestTopic(name=None, topic_id=UUID(int=9))])
    assert wire.ask(request, 12, MetadataResponse).topics[0].error_code == UnknownTopicIdError.code


def test_before_version_12_nobody_may_ask_by_id(wire: Wire) -> None:
    request = MetadataRequest(topics=[MetadataRequestTopic(name=None, topic_id=UUID(int=9))])
    assert wire.ask(request, 11, MetadataResponse).topics[0].error_code == InvalidRequestError.code


def test_clients_are_told_the_advertised_address() -> None:
    with (
        EmbeddedCluster(nodes=2, advertised=lambda node_id, _: (f"broker-{node_id}", 9092)) as cluster,
        Wire(cluster.addresses[1]) as wire,
    ):
        response = wire.ask(asking_for(), 12, MetadataResponse)
    assert [(broker.host, broker.port) for broker in response.brokers] == [("broker-0", 9092), ("broker-1", 9092)]


def test_leaders_are_spread_over_the_brokers() -> None:
    with EmbeddedCluster(nodes=3, partitions_per_topic=4) as cluster, Wire(cluster.addresses[2]) as wire:
        response = wire.ask(asking_for("a", "b"), 12, MetadataResponse)
    leaders = [[partition.leader_id for partition in topic.partitions] for topic in response.topics]
    assert leaders == [[0, 1, 2, 0], [1, 2, 0, 1]]


def test_during_an_election_a_partition_has_no_leader(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    cluster.move_leader("orders", 0, NO_LEADER)
    partition, *_ = wire.ask(asking_for("orders"), 12, MetadataResponse).topics[0].partitions
    assert (partition.leader_id, partition.error_code) == (NO_LEADER, LeaderNotAvailableError.code)
