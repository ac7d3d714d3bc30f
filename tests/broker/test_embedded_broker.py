"""Brokers come and go, and several of them agree on everything."""

import socket

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.errors import NONE
from kafka_nio.protocol.messages import MetadataRequest, MetadataRequestTopic, MetadataResponse, ProduceResponse
from tests.broker.wire import Wire, batch, produce_request

NOTHING = MetadataRequest(topics=[])


def test_a_cluster_says_where_it_is() -> None:
    with EmbeddedCluster(nodes=2) as cluster:
        (_, first), (_, second) = cluster.addresses
        assert cluster.bootstrap_servers == f"127.0.0.1:{first},127.0.0.1:{second}"
        assert repr(cluster) == f"<EmbeddedCluster {cluster.bootstrap_servers}: 0 topics>"
        assert repr(cluster.brokers[1]) == f"<EmbeddedBroker 1 at 127.0.0.1:{second}>"


def test_a_cluster_listens_at_the_ports_it_is_given() -> None:
    with EmbeddedCluster() as first:
        ports = [port for _, port in first.addresses]
    with EmbeddedCluster(ports=ports) as second, Wire(("127.0.0.1", ports[0])) as wire:
        assert second.addresses == first.addresses
        assert wire.ask(NOTHING, 12, MetadataResponse).error_code == NONE


def test_a_port_that_is_taken_is_an_error_that_leaves_nothing_behind() -> None:
    with EmbeddedCluster() as cluster:
        with socket.create_server(("127.0.0.1", 0)) as free:
            free_port = free.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            EmbeddedCluster(nodes=2, ports=[free_port, cluster.addresses[0][1]])
        socket.create_server(("127.0.0.1", free_port)).close()


def test_as_many_ports_as_brokers() -> None:
    with pytest.raises(ValueError, match="argument"):
        EmbeddedCluster(nodes=2, ports=[0])


def test_a_cluster_that_was_never_started_can_be_closed() -> None:
    cluster = EmbeddedCluster(nodes=2)
    cluster.close()
    cluster.close()
    with pytest.raises(ConnectionRefusedError):
        Wire(cluster.addresses[0])


def test_closing_ends_every_connection_and_thread() -> None:
    with EmbeddedCluster() as cluster:
        wire = Wire(cluster.addresses[0])
        wire.ask(NOTHING, 12, MetadataResponse)
    with wire:
        assert wire.is_closed_by_broker()
    with pytest.raises(ConnectionRefusedError):
        Wire(cluster.addresses[0])


def test_an_ipv6_address_is_written_in_brackets() -> None:
    try:
        cluster = EmbeddedCluster(host="::1")
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with cluster, Wire(cluster.addresses[0]) as wire:
        assert cluster.bootstrap_servers == f"[::1]:{cluster.addresses[0][1]}"
        assert wire.ask(NOTHING, 12, MetadataResponse).brokers[0].host == "::1"


def test_an_idle_connection_is_closed() -> None:
    with EmbeddedCluster(config=BrokerConfig(connections_max_idle_ms=20)) as cluster:
        with Wire(cluster.addresses[0]) as wire:
            assert wire.is_closed_by_broker()
        with Wire(cluster.addresses[0]) as wire:
            assert wire.ask(NOTHING, 12, MetadataResponse).error_code == NONE


# Several brokers...


def test_a_topic_made_by_one_broker_is_known_to_all() -> None:
    with EmbeddedCluster(nodes=2) as cluster, Wire(cluster.addresses[0]) as one, Wire(cluster.addresses[1]) as other:
        request = MetadataRequest(topics=[MetadataRequestTopic(name="orders")])
        made = one.ask(request, 12, MetadataResponse)
        assert other.ask(request, 12, MetadataResponse).topics == made.topics


def test_a_broker_that_restarts_keeps_its_logs_and_its_address() -> None:
    with EmbeddedCluster(nodes=2) as cluster:
        cluster.create_topic("orders")
        addresses = cluster.addresses
        for offset in (0, 1):
            with Wire(addresses[0]) as wire:
                response = wire.ask(produce_request("orders", batch(b"a")), 9, ProduceResponse)
                assert response.topics[0].partitions[0].base_offset == offset
                cluster.restart_broker(0)
                assert wire.is_closed_by_broker()
        assert cluster.addresses == addresses


def test_a_stopped_broker_takes_no_connections_and_the_others_do() -> None:
    with EmbeddedCluster(nodes=2) as cluster:
        cluster.stop_broker(0)
        with pytest.raises(ConnectionRefusedError):
            Wire(cluster.addresses[0])
        with Wire(cluster.addresses[1]) as wire:
            assert wire.ask(NOTHING, 12, MetadataResponse).error_code == NONE
