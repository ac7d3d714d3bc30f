"""Three nodes of Apache Kafka, each broker and controller in one, that can be killed, frozen and started again.

What is written stands on all three; two of them must have it before it is acknowledged. The nodes keep their ports and
their logs over a restart. Each has a second listener, `PROXIED`, which it advertises under another port than it listens
on: whoever opens that port stands between the node and its clients.

A node that says nothing for `SESSION_TIMEOUT_MS` (by default three times as long) is taken for dead.
"""

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import ElectionType, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from kafka import KafkaAdminClient  # type: ignore[import-untyped]
from kafka import TopicPartition as TheirTopicPartition

from tests.support.java import free_ports, is_listening, java
from tests.support.kafka_metadata import metadata_for
from tests.support.kafka_node import KafkaNode, Ports
from tests.support.unavailable import Unavailable

NODE_IDS = (1, 2, 3)
SESSION_TIMEOUT_MS = 3_000

# The cleaner's buffer alone would take half of so small a heap. Tests write records of years ago, hence the retention.
SETTINGS = """
listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{behind_port}{metadata_listener}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=8388608
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
num.network.threads=2
num.io.threads=4
offsets.topic.num.partitions=3
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
"""


class KafkaCluster:
    """Put it behind `with`; tests leave it whole, with all three nodes running.

    Raises:
        Unavailable: by `with`, if Java or the jars cannot be had, or if the nodes do not come up.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._more_settings = settings or {}
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-nio-kafka-cluster-"))
        self._metadata = metadata_for(NODE_IDS, self._folder)
        self.nodes: dict[int, KafkaNode] = {}
        self.bootstrap_servers = ""
        self.proxied_bootstrap_servers = ""
        """By way of the proxies, which somebody has to open."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    # Starting and stopping...

    def _start(self) -> None:
        command = java("256m")
        numbers = free_ports(len(NODE_IDS) * len(Ports._fields))
        ports = {node_id: Ports(*[numbers.pop() for _ in Ports._fields]) for node_id in NODE_IDS}
        for node_id, own in ports.items():
            folder = self._folder / str(node_id)
            settings = self._settings(node_id, own, folder)
            self.nodes[node_id] = KafkaNode(node_id, own, folder, command, settings, self._metadata)
        self.bootstrap_servers = ",".join(f"127.0.0.1:{own.plain}" for own in ports.values())
        self.proxied_bootstrap_servers = ",".join(f"127.0.0.1:{own.proxy}" for own in ports.values())
        self._metadata.start()
        steps = [(owner, step) for owner in self.nodes.values() for step in owner.first_steps(self._users())]
        for owner, step in steps:
            if step.wait(60):
                raise Unavailable(f"Kafka's own tool failed: {owner.last_words()}")
        for node in self.nodes.values():
            node.start()
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        try:
            self.wait_until_whole()
        except TimeoutError as late:
            words = "\n".join(node.last_words() for node in self.nodes.values())
            raise Unavailable(f"Apache Kafka did not start: {late}. Last words:\n{words}") from None

    def _settings(self, node_id: int, ports: Ports, folder: Path) -> str:
        text = SETTINGS.format(
            port=ports.plain,
            behind_port=ports.behind_proxy,
            proxy_port=ports.proxy,
            metadata_listener=self._metadata.listener(node_id),
            folder=folder,
        )
        text += self._metadata.settings(node_id, SESSION_TIMEOUT_MS)
        return text + "".join(f"{name}={value}\n" for name, value in self._more_settings.items())

    def _users(self) -> Mapping[str, str]:
        """Who may log in by SCRAM, with which password."""
        return {}

    def _stop(self) -> None:
        """Kill the nodes and throw away what they wrote."""
        for node in self.nodes.values():
            if node.is_running:
                node.kill()
        self._metadata.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def restore(self) -> None:
        """Start what is down, thaw what is frozen, and wait until the cluster is whole again."""
        for node in self.nodes.values():
            if node.is_running:
                node.thaw()
            else:
                node.start()
        self.wait_until_whole()

    # Asking...

    def leader(self, topic: str, partition: int = 0) -> int:
        """The node that leads this partition; -1 if none does."""
        return int(self._admin.list_topics(topic, timeout=20).topics[topic].partitions[partition].leader)

    def led_by(self, node_id: int, topic: str) -> set[int]:
        """The partitions that this node leads."""
        partitions = self._admin.list_topics(topic, timeout=20).topics[topic].partitions
        return {number for number, partition in partitions.items() if partition.leader == node_id}

    def replicas(self, topic: str, partition: int = 0) -> list[int]:
        """The nodes that have this partition."""
        return list(self._admin.list_topics(topic, timeout=20).topics[topic].partitions[partition].replicas)

    def controller(self) -> int:
        """The node that is the active controller."""
        return self._metadata.controller(self._running)

    def wait_until_whole(self, patience_s: float = 180) -> None:
        """Return once all nodes are there and have all of all partitions.

        Raises:
            TimeoutError: they have not, in time.
        """
        wait_until(self._is_whole, "the cluster to be whole", patience_s)

    def _is_whole(self) -> bool:
        for node in self.nodes.values():
            if not node.is_running:
                raise Unavailable(f"node {node.node_id} has ended. Its last words:\n{node.last_words()}")
            if not is_listening(node.ports.plain):
                return False
        try:
            found = self._admin.list_topics(timeout=5)
        except KafkaException:
            return False
        partitions = [partition for topic in found.topics.values() for partition in topic.partitions.values()]
        return set(found.brokers) == set(NODE_IDS) and all(
            partition.leader in NODE_IDS and set(partition.isrs) == set(partition.replicas) for partition in partitions
        )

    # Topics...

    def create_topic(self, purpose: str, partitions: int = 1) -> str:
        """Create a topic that nobody has used before, on all nodes; return its name once they all have it."""
        topic = f"{purpose}-{uuid.uuid4().hex[:8]}"
        self.create_again(topic, partitions)
        return topic

    def create_again(self, topic: str, partitions: int) -> None:
        """Create a topic of this name, as soon as one that has been deleted is gone."""
        new = [NewTopic(topic, partitions, len(NODE_IDS))]
        wait_until(lambda: is_done(self._admin.create_topics(new)[topic]), f"{topic} to be created", 30)
        wait_until(lambda: self._has_leaders(topic, partitions), f"leaders of {topic}", 30)

    def delete_topic(self, topic: str) -> None:
        """Delete it; return when the controller has."""
        wait_until(lambda: is_done(self._admin.delete_topics([topic])[topic]), f"{topic} to be deleted", 30)

    def _has_leaders(self, topic: str, partitions: int) -> bool:
        found = self._admin.list_topics(timeout=10).topics.get(topic)
        leaders = [partition.leader for partition in found.partitions.values()] if found else []
        return len(leaders) == partitions and all(leader >= 0 for leader in leaders)

    def move(self, topic: str, partition: int, replicas: list[int]) -> None:
        """Ask that these nodes have the partition, the first of them to lead it.

        Raises:
            KafkaError: of kafka-python, if the controller refuses.
        """
        place = TheirTopicPartition(topic, partition)
        with self._their_admin() as admin:
            refused = admin.alter_partition_reassignments({place: replicas})[place]
        if refused is not None:
            raise refused(f"{place} to {replicas}")

    def elect_preferred_leaders(self, topic: str) -> None:
        """Have each partition led by the first of its replicas; all of them must be there.

        Raises:
            TimeoutError: they do not lead, in time.
        """
        self._admin.elect_leaders(ElectionType.PREFERRED).result(timeout=30)
        wait_until(lambda: self._preferred_lead(topic), f"the preferred leaders of {topic}", 30)

    def _preferred_lead(self, topic: str) -> bool:
        partitions = self._admin.list_topics(topic, timeout=20).topics[topic].partitions.values()
        return all(partition.leader == partition.replicas[0] for partition in partitions)

    @property
    def _running(self) -> list[str]:
        return [f"127.0.0.1:{node.ports.plain}" for node in self.nodes.values() if node.is_running]

    @contextmanager
    def _their_admin(self) -> Iterator[KafkaAdminClient]:
        """kafka-python's, which knows requests that librdkafka does not."""
        admin = KafkaAdminClient(bootstrap_servers=self._running)
        try:
            yield admin
        finally:
            admin.close()


PASSING = (
    KafkaError.TOPIC_ALREADY_EXISTS,  # with ZooKeeper it is there for a moment after its deletion
    KafkaError.NOT_CONTROLLER,  # an election takes a moment
    KafkaError.INVALID_REPLICATION_FACTOR,  # nodes that were frozen are unknown until they have registered again
    KafkaError.UNKNOWN,  # what a controller says whose session with ZooKeeper ended while it was frozen
)
"""What is no answer yet."""


def is_done(change: Future[None]) -> bool:
    """Whether a change was made; not if it has to be asked for again.

    Raises:
        KafkaException: it was refused.
    """
    try:
        change.result(timeout=30)
    except KafkaException as refused:
        if refused.args[0].code() not in PASSING:
            raise
        return False
    return True


def wait_until(condition: Callable[[], bool], what: str, patience_s: float) -> None:
    """Return once the condition holds.

    Raises:
        TimeoutError: it did not hold in time.
    """
    deadline_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"waited {patience_s:.0f} s for {what}")
        time.sleep(0.1)
