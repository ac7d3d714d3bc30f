"""Where a cluster keeps what it knows of itself, and what its nodes have to be told for it.

KRaft       the nodes are controllers, too, and agree among themselves
ZooKeeper   a process beside the nodes, up to Apache Kafka 3.9; here for what is older than KRaft
"""

import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient  # type: ignore[import-untyped]

from tests.support.java import free_ports, java, kill, last_words, launch
from tests.support.kafka_versions import FEATURES, KRAFT, has, kafka_version
from tests.support.unavailable import Unavailable

CLUSTER_ID = "a2Fma2EtbmlvLXRlc3RzIQ"
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")

Arguments = list[str]
"""A class of Java's, and what it is to be told."""


class Metadata(Protocol):
    """Where it is kept."""

    def start(self) -> None:
        """Start what runs beside the nodes, if anything does."""

    def stop(self) -> None:
        """End it."""

    def settings(self, node_id: int, session_timeout_ms: int) -> str:
        """Lines for server.properties; who is silent for so long is taken for dead."""

    def listener(self, node_id: int) -> str:
        """What to put behind the node's other listeners."""

    def first_steps(self, settings: Path, users: Mapping[str, str], features: Mapping[str, int]) -> Sequence[Arguments]:
        """What is to be run before a node is first started: users have passwords, for SCRAM; features have levels."""

    def wait_until_it_may_start(self, node_id: int) -> None:
        """Return once nobody takes the node for one that is there."""

    def controller(self, running: list[str]) -> int:
        """The node that is the active controller, as nodes that run tell."""


def metadata_for(node_ids: Sequence[int], folder: Path) -> Metadata:
    """As the release has it that the tests are for."""
    return KRaft(node_ids) if has(kafka_version(), KRAFT) else ZooKeeper(folder)


class KRaft:
    """Each node has one more listener, on which it is a controller."""

    def __init__(self, node_ids: Sequence[int]) -> None:
        self._ports = dict(zip(node_ids, free_ports(len(node_ids)), strict=True))

    def start(self) -> None:
        """Nothing runs beside the nodes."""

    def stop(self) -> None:
        """Nothing ran beside the nodes."""

    def settings(self, node_id: int, session_timeout_ms: int) -> str:
        """One node, several roles."""
        voters = ",".join(f"{voter}@127.0.0.1:{port}" for voter, port in self._ports.items())
        return f"""
process.roles=broker,controller
node.id={node_id}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
broker.session.timeout.ms={session_timeout_ms}
broker.heartbeat.interval.ms={session_timeout_ms // 6}
"""

    def listener(self, node_id: int) -> str:
        """Which advertises nothing: only other controllers come there, and they know it from their settings."""
        return f",CONTROLLER://127.0.0.1:{self._ports[node_id]}"

    def first_steps(self, settings: Path, users: Mapping[str, str], features: Mapping[str, int]) -> Sequence[Arguments]:
        """The storage is formatted, with all that must be known before anybody can log in or agree."""
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(settings)]
        for name, level in features.items():
            if has(kafka_version(), FEATURES[name]):
                tool += ["--feature", f"{name}={level}"]
        for user, password in users.items():
            for mechanism in SCRAM:
                tool += ["--add-scram", f'{mechanism}=[name="{user}",password="{password}"]']
        return [tool]

    def wait_until_it_may_start(self, node_id: int) -> None:
        """At once: a node that comes again takes the place of what it was before."""

    def controller(self, running: list[str]) -> int:
        """The leader of the quorum. (What Metadata responses say here is any node that takes an admin's requests.)"""
        with closing(KafkaAdminClient(bootstrap_servers=running)) as admin:
            [topic] = admin.describe_metadata_quorum()["topics"]
        [partition] = topic["partitions"]
        return int(partition["leader_id"])


# It listens on all addresses unless it is told otherwise, and twice: its own page has port 8080.
ZOOKEEPER_SETTINGS = """
dataDir={folder}
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=dump
tickTime=500
"""

EPHEMERALS = "ephemeral nodes dump:"
"""What its answer to `dump` has in any case, once it is ready."""


class ZooKeeper:
    """One process for all nodes, with a folder of its own in theirs."""

    def __init__(self, folder: Path) -> None:
        [self._port] = free_ports(1)
        self._folder = folder / "zookeeper"
        self._folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience_s: float = 60) -> None:
        """Bring it up and wait until it answers."""
        settings = self._folder / "zoo.cfg"
        settings.write_text(ZOOKEEPER_SETTINGS.format(folder=self._folder, port=self._port))
        output, deadline_s = self._folder / "output", time.monotonic() + patience_s
        command = [*java("128m"), "org.apache.zookeeper.server.ZooKeeperServerMain", str(settings)]
        self._process = launch(command, output)
        while EPHEMERALS not in self._dump():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise Unavailable(f"ZooKeeper did not start. Its last words:\n{last_words(output)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            kill(self._process)

    def settings(self, node_id: int, session_timeout_ms: int) -> str:
        """Where it is."""
        return f"""
broker.id={node_id}
zookeeper.connect=127.0.0.1:{self._port}
zookeeper.session.timeout.ms={session_timeout_ms}
"""

    def listener(self, node_id: int) -> str:
        """None: the node itself goes to ZooKeeper."""
        return ""

    def first_steps(self, settings: Path, users: Mapping[str, str], features: Mapping[str, int]) -> Sequence[Arguments]:
        """Users are put into ZooKeeper. There is nothing to format, and nothing to agree about."""
        tool = ["kafka.admin.ConfigCommand", "--zookeeper", f"127.0.0.1:{self._port}", "--alter"]
        return [
            [*tool, "--entity-type", "users", "--entity-name", user, "--add-config", _credentials(password)]
            for user, password in users.items()
        ]

    def wait_until_it_may_start(self, node_id: int, patience_s: float = 60) -> None:
        """A node that was killed has its place until its session is over, and ends if it comes again before."""
        deadline_s = time.monotonic() + patience_s
        while not self._has_forgotten(node_id):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"node {node_id} is still taken for alive after {patience_s:.0f} s")
            time.sleep(0.1)

    def _has_forgotten(self, node_id: int) -> bool:
        dump = self._dump()
        return EPHEMERALS in dump and f"/brokers/ids/{node_id}\n" not in dump

    def controller(self, running: list[str]) -> int:
        """What Metadata responses say."""
        admin = AdminClient({"bootstrap.servers": ",".join(running), "log_level": 0})
        return int(admin.list_topics(timeout=20).controller_id)

    def _dump(self) -> str:
        """All sessions, each with what lasts as long as it does; nothing, if it does not answer.

        It accepts connections some moments before it is ready, and whoever asks then may never be answered.
        """
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"dump")
                return connection.makefile().read()
        except OSError:
            return ""


def _credentials(password: str) -> str:
    return ",".join(f"{mechanism}=[password={password}]" for mechanism in SCRAM)
