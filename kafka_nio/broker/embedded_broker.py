"""Brokers in this process: `EmbeddedBroker` is one, `EmbeddedCluster` is as many as you like, on a port each.

    with EmbeddedCluster(nodes=3, partitions_per_topic=6) as cluster:
        cluster.bootstrap_servers                   # "127.0.0.1:40001,127.0.0.1:40002,127.0.0.1:40003"
        cluster.log("orders", 0).records()          # what has arrived

Each broker has two threads, as in Kafka: an acceptor at the door, a processor for all connections.

Java: kafka.server.BrokerServer, kafka.network.SocketServer
"""

import os
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from kafka_nio.broker.acceptor import Acceptor
from kafka_nio.broker.cluster_state import CLUSTER_ID, ClusterState, Topic
from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.faults import Faults
from kafka_nio.broker.group_coordinator import GroupCoordinator, Offsets
from kafka_nio.broker.kafka_apis import KafkaApis
from kafka_nio.broker.listener import ListenerSecurity
from kafka_nio.broker.partition_log import PartitionLog
from kafka_nio.broker.processor import Processor
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.sasl.logins import Logins, sasl_mechanisms
from kafka_nio.broker.sasl.sasl_server import Users
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.clock import NEVER, Clock, SystemClock
from kafka_nio.cluster import Node, TopicPartition

Address = tuple[str, int]
"""A host's name or number, and a port."""


ANY_FREE_PORT = 0


def _host_of(node_id: int, host: str) -> str:
    return os.path.join(host, f"broker-{node_id}.sock") if host.startswith(os.sep) else host


class EmbeddedBroker:
    """One broker: it listens once it is built, and serves once it is started."""

    def __init__(
        self,
        node_id: int,
        address: Address,
        replicas: ReplicaManager,
        faults: Faults,
        clock: Clock,
        security: ListenerSecurity,
    ) -> None:
        host, port = address
        mechanisms = sasl_mechanisms(security.sasl, security.random, clock)
        logins = Logins(mechanisms, replicas.config.connections_max_reauth_ms, clock)
        self.node_id = node_id
        self._clock = clock
        self._is_started = self._is_closed = False
        self.replicas = replicas
        self.processor = Processor(KafkaApis(replicas, faults, logins), clock, security.channel_builder)
        try:
            self.acceptor = Acceptor(host, port, self.processor, clock)
        except OSError:
            self.processor.close()
            raise
        self._threads = [
            threading.Thread(target=run, name=f"broker-{node_id} {role}", daemon=True)
            for role, run in (("acceptor", self.acceptor.run), ("processor", self.processor.run))
        ]

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self.acceptor.address

    def start(self) -> None:
        """Let connections in."""
        self._is_started = True
        for thread in self._threads:
            self._clock.start(thread)

    def close(self) -> None:
        """Close the door, then every connection, and wait until that is done. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        # One after the other: a connection accepted when the processor has gone would be nobody's.
        parts: tuple[Acceptor | Processor, ...] = (self.acceptor, self.processor)
        for part, thread in zip(parts, self._threads, strict=True):
            part.begin_shutdown()
            if self._is_started:
                self._clock.join(thread, NEVER)
            else:
                part.close()

    def partition_changed(self, topic_partition: TopicPartition) -> None:
        """Have the processor look again at the fetches that wait for this partition."""
        self.replicas.purgatory.partition_changed(topic_partition)
        self.processor.wakeup()

    def __repr__(self) -> str:
        return f"<EmbeddedBroker {self.node_id} at {self.address[0]}:{self.address[1]}>"


class EmbeddedCluster:
    """Several brokers that agree on everything.

    Args:
        nodes: how many brokers; their ids are 0, 1, …
        host: the address they listen on; a folder's path to have them listen on Unix sockets in it, `broker-0.sock`
            and so on, which Kafka does not do and clients have to be told in their own way.
        ports: a port for each of them; any free ones if not given.
        partitions_per_topic: how many partitions a topic has if nobody says so.
        auto_create_topics: whether asking for a topic makes it.
        advertised: where clients are told to find a broker, from its id and real address.
        racks: where each of them stands, as their broker.rack would say.
        cluster_id: the cluster's name, by which clients notice that they have reached another one.
        config: the limits of every broker.
        tls: the brokers' certificate, and whose certificates they ask for; plain TCP if not given.
        sasl: passwords by user, by mechanism: `{"PLAIN": {"user": "password"}}`; also SCRAM-SHA-256, SCRAM-SHA-512 and
            OAUTHBEARER, where the passwords mean nothing and no users means anybody. If not given nobody logs in.
        clock: where time comes from.

    Raises:
        OSError: if a port is in use.
        ValueError: if there are not as many ports, or racks, as brokers, or no such SASL mechanism.
    """

    def __init__(
        self,
        *,
        nodes: int = 1,
        host: str = "127.0.0.1",
        ports: Sequence[int] | None = None,
        partitions_per_topic: int = 1,
        auto_create_topics: bool = True,
        advertised: Callable[[int, Address], Address] | None = None,
        racks: Sequence[str] = (),
        cluster_id: str = CLUSTER_ID,
        config: BrokerConfig | None = None,
        tls: ssl.SSLContext | None = None,
        sasl: Mapping[str, Users] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._config = config or BrokerConfig()
        self._security = ListenerSecurity(tls, sasl or {})
        self.state = ClusterState(
            partitions_per_topic=partitions_per_topic,
            auto_create_topics=auto_create_topics,
            cluster_id=cluster_id,
            transaction_version=self._config.transaction_version,
        )
        self.client_metrics = self.state.client_metrics
        """What clients tell of their metrics, once somebody wants them."""
        self.groups = GroupCoordinator()
        self.transactions = TransactionCoordinator(self.state, self.groups, self._config, self._clock)
        """Who writes under which transactional id, and what has come of it."""
        self.faults = Faults()
        """What is to go wrong."""
        self.brokers: list[EmbeddedBroker] = []
        self._add_brokers(host, tuple(zip(range(nodes), ports or [ANY_FREE_PORT] * nodes, strict=True)))
        stand_in: Sequence[str | None] = racks or [None] * nodes
        self.state.nodes = tuple(
            self._node(broker, advertised, rack) for broker, rack in zip(self.brokers, stand_in, strict=True)
        )
        self.state.partition_listeners.append(self._partition_changed)

    def _add_brokers(self, host: str, ports: Sequence[tuple[int, int]]) -> None:
        try:
            for node_id, port in ports:
                self.brokers.append(self._new_broker(node_id, (_host_of(node_id, host), port)))
        except OSError:
            self.close()
            raise

    def _new_broker(self, node_id: int, address: Address) -> EmbeddedBroker:
        replicas = ReplicaManager(node_id, self.state, self._config, self._clock, self.transactions, self.groups)
        return EmbeddedBroker(node_id, address, replicas, self.faults, self._clock, self._security)

    @staticmethod
    def _node(broker: EmbeddedBroker, advertised: Callable[[int, Address], Address] | None, rack: str | None) -> Node:
        host, port = advertised(broker.node_id, broker.address) if advertised else broker.address
        return Node(broker.node_id, host, port, rack)

    @property
    def addresses(self) -> list[Address]:
        """Where the brokers really listen, in order of their ids."""
        return [broker.address for broker in self.brokers]

    @property
    def bootstrap_servers(self) -> str:
        """All addresses, in the form that every Kafka client takes."""
        return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.addresses)

    # Looking inside, and changing things under the clients' feet...

    def create_topic(self, name: str, partitions: int | None = None) -> Topic:
        """Make a topic before anybody asks for it."""
        return self.state.create_topic(name, partitions)

    def log(self, topic: str, partition: int = 0) -> PartitionLog:
        """What has been written to a partition."""
        return self.state.partition(TopicPartition(topic, partition)).log

    def move_leader(self, topic: str, partition: int, node_id: int) -> None:
        """Make another broker the leader of a partition, or `NO_LEADER`. Clients find out when they are refused."""
        self.state.move_leader(TopicPartition(topic, partition), node_id)

    def move_transaction_coordinator(self, node_id: int, *, is_loading: bool = False) -> None:
        """Make another broker the transaction coordinator. Producers find out when they are refused.

        Args:
            node_id: the broker.
            is_loading: whether it cannot answer yet; `transactions.seat.is_loading = False` ends that.
        """
        self.transactions.seat.move_to(node_id, is_loading=is_loading)
        self.brokers[node_id].processor.wakeup()

    def move_group_coordinator(self, node_id: int, *, is_loading: bool = False) -> None:
        """Make another broker the coordinator of all consumer groups."""
        self.groups.seat.move_to(node_id, is_loading=is_loading)

    def committed_offsets(self, group_id: str) -> Offsets:
        """How far a consumer group has read, by what transactions have committed."""
        return self.groups.committed_offsets(group_id)

    def _partition_changed(self, topic_partition: TopicPartition) -> None:
        for broker in self.brokers:
            broker.partition_changed(topic_partition)

    # Starting and stopping...

    def start(self) -> None:
        """Let connections in."""
        for broker in self.brokers:
            broker.start()

    def close(self) -> None:
        """Stop all brokers."""
        for broker in self.brokers:
            broker.close()

    def stop_broker(self, node_id: int) -> None:
        """Stop one broker: its connections end, new ones are refused, and it goes on leading what it leads."""
        self.brokers[node_id].close()

    def restart_broker(self, node_id: int) -> None:
        """Start a stopped broker again at its old address. It has forgotten its connections and kept its logs."""
        self.stop_broker(node_id)
        self.brokers[node_id] = self._new_broker(node_id, self.brokers[node_id].address)
        self.brokers[node_id].start()

    def __enter__(self) -> "EmbeddedCluster":
        self.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<EmbeddedCluster {self.bootstrap_servers}: {len(self.state.topics)} topics>"
