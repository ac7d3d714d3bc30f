"""Reads what the brokers have, behind the network that misbehaves, by librdkafka's consumer.

Each broker opens another listener for it, plain and without a login, whatever the producer had to use.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.embedded_broker import ANY_FREE_PORT, EmbeddedBroker
from kafka_nio.broker.listener import ListenerSecurity
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.clock import SystemClock
from kafka_nio.cluster import Node
from tests.faults.ledger import read_all
from tests.support.read_back import ReadRecord


def read_past_the_doors(cluster: EmbeddedCluster, topic: str, partitions: int, at_least: int) -> list[ReadRecord]:
    """All that the topic contains: of transactions, what was committed.

    Producers should be closed by now: they would be sent past the doors, too.
    """
    with _listeners(cluster) as bootstrap_servers:
        return read_all(bootstrap_servers, topic, partitions, at_least)


@contextmanager
def _listeners(cluster: EmbeddedCluster) -> Iterator[str]:
    with ExitStack() as opened:
        nodes = []
        for behind in cluster.brokers:
            broker = _another_listener(cluster, behind)
            opened.callback(broker.close)
            broker.start()
            nodes.append(Node(broker.node_id, *broker.address))
        opened.callback(setattr, cluster.state, "nodes", cluster.state.nodes)
        cluster.state.nodes = tuple(nodes)
        yield ",".join(f"{node.host}:{node.port}" for node in nodes)


def _another_listener(cluster: EmbeddedCluster, broker: EmbeddedBroker) -> EmbeddedBroker:
    """The same logs, and a door of its own."""
    clock = SystemClock()
    replicas = ReplicaManager(
        broker.node_id, cluster.state, broker.replicas.config, clock, cluster.transactions, cluster.groups
    )
    host, _ = broker.address
    return EmbeddedBroker(broker.node_id, (host, ANY_FREE_PORT), replicas, cluster.faults, clock, ListenerSecurity())
