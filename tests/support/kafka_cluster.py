"""Three nodes of Apache Kafka, each broker and controller in one, that can be killed, frozen and started again.

What is written stands on all three; two of them must have it before it is acknowledged. The nodes keep their ports and
their logs over a restart. Each has a second listener, `PROXIED`, which it advertises under another port than it listens
on: whoever opens that port stands between the node and its clients.

A node that says nothing for three seconds (`broker.session.timeout.ms`; nine by default) is taken for dead.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from kafka import KafkaAdminClient  # type: ignore[import-untyped]
from kafka import TopicPartition as TheirTopicPartition

from tests.support.apache_kafka import CLUSTER_ID, LIFELINE, find_jars, find_java, free_ports, is_listening
from tests.support.unavailable import Unavailable

NODE_IDS = (1, 2, 3)

# The cleaner's buffer alone would take half of so small a heap. Tests write records of years ago, hence the retention.
SETTINGS = """
process.roles=broker,controller
node.id={node_id}
listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{behind_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={folder}/log
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=8388608
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
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


class Ports(NamedTuple):
    """A node's, for good."""

    plain: int
    behind_proxy: int
    proxy: int
    controller: int


class KafkaNode:
    """One of the three, as a process."""

    def __init__(self, node_id: int, ports: Ports, folder: Path, command: list[str], settings: str) -> None:
        self.node_id = node_id
        self.ports = ports
        self.folder = folder
        folder.mkdir()
        self._command = command
        self._settings = folder / "server.properties"
        self._settings.write_text(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"KafkaNode({self.node_id}, {'running' if self.is_running else 'down'})"

    @property
    def is_running(self) -> bool:
        """Whether there is a process; a frozen one counts."""
        return self._process is not None and self._process.poll() is None

    def format_storage(self) -> subprocess.Popen[bytes]:
        """Begin to; the three may do so at once."""
        tool = [*self._command, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID]
        with (self.folder / "format").open("wb") as output:
            return subprocess.Popen([*tool, "--config", str(self._settings)], stdout=output, stderr=subprocess.STDOUT)

    def start(self) -> None:
        """Begin to start it."""
        assert not self.is_running, f"{self!r} should be down"
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", LIFELINE, "sh", *self._command, "kafka.Kafka", str(self._settings)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """`kill -9`: it cannot say goodbye to anybody."""
        self._signal(signal.SIGKILL)
        self._let_go()
        self._reap(None)

    def shut_down(self, patience_s: float = 60) -> None:
        """SIGTERM: it hands over what it leads, then ends.

        Raises:
            TimeoutExpired: it did not end in time.
        """
        self._signal(signal.SIGTERM)
        self._reap(patience_s)
        self._let_go()

    def freeze(self) -> None:
        """SIGSTOP: its connections stay open, and nobody answers there."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._signal(signal.SIGCONT)

    def last_words(self) -> str:
        """The end of what it printed."""
        return (self.folder / "output").read_text(errors="replace")[-2000:]

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _reap(self, patience_s: float | None) -> None:
        assert self._process is not None
        self._process.wait(patience_s)

    def _let_go(self) -> None:
        """Give up the lifeline's other end."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()


class KafkaCluster:
    """Put it behind `with`; tests leave it whole, with all three nodes running.

    Raises:
        Unavailable: by `with`, if Java or the jars cannot be had, or if the nodes do not come up.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._more_settings = settings or {}
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-nio-kafka-cluster-"))
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
        command = [find_java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", f"{find_jars()}/*"]
        numbers = free_ports(len(NODE_IDS) * len(Ports._fields))
        ports = {node_id: Ports(*[numbers.pop() for _ in Ports._fields]) for node_id in NODE_IDS}
        voters = ",".join(f"{node_id}@127.0.0.1:{own.controller}" for node_id, own in ports.items())
        for node_id, own in ports.items():
            folder = self._folder / str(node_id)
            settings = self._settings(node_id, own, voters, folder)
            self.nodes[node_id] = KafkaNode(node_id, own, folder, command, settings)
        self.bootstrap_servers = ",".join(f"127.0.0.1:{own.plain}" for own in ports.values())
        self.proxied_bootstrap_servers = ",".join(f"127.0.0.1:{own.proxy}" for own in ports.values())
        for tool, node in [(node.format_storage(), node) for node in self.nodes.values()]:
            if tool.wait(60):
                raise Unavailable(f"Kafka's storage tool failed: {(node.folder / 'format').read_text()[-2000:]}")
        for node in self.nodes.values():
            node.start()
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        try:
            self.wait_until_whole()
        except TimeoutError as late:
            words = "\n".join(node.last_words() for node in self.nodes.values())
            raise Unavailable(f"Apache Kafka did not start: {late}. Last words:\n{words}") from None

    def _settings(self, node_id: int, ports: Ports, voters: str, folder: Path) -> str:
        text = SETTINGS.format(
            node_id=node_id,
            port=ports.plain,
            behind_port=ports.behind_proxy,
            proxy_port=ports.proxy,
            controller_port=ports.controller,
            voters=voters,
            folder=folder,
        )
        return text + "".join(f"{name}={value}\n" for name, value in self._more_settings.items())

    def _stop(self) -> None:
        """Kill the nodes and throw away what they wrote."""
        for node in self.nodes.values():
            if node.is_running:
                node.kill()
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

    def replicas(self, topic: str, partition: int = 0) -> list[int]:
        """The nodes that have this partition."""
        return list(self._admin.list_topics(topic, timeout=20).topics[topic].partitions[partition].replicas)

    def controller(self) -> int:
        """The node that is the active controller. (What Metadata responses say is another thing since KRaft.)"""
        with self._their_admin() as admin:
            [topic] = admin.describe_metadata_quorum()["topics"]
            [partition] = topic["partitions"]
            return int(partition["leader_id"])

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
        """Create a topic of this name."""
        self._admin.create_topics([NewTopic(topic, partitions, len(NODE_IDS))])[topic].result(timeout=30)
        wait_until(lambda: self._has_leaders(topic, partitions), f"leaders of {topic}", 30)

    def delete_topic(self, topic: str) -> None:
        """Delete it; return when the controller has."""
        self._admin.delete_topics([topic])[topic].result(timeout=30)

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

    @contextmanager
    def _their_admin(self) -> Iterator[KafkaAdminClient]:
        """kafka-python's, which knows requests that librdkafka does not."""
        up = [f"127.0.0.1:{node.ports.plain}" for node in self.nodes.values() if node.is_running]
        admin = KafkaAdminClient(bootstrap_servers=up)
        try:
            yield admin
        finally:
            admin.close()


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
