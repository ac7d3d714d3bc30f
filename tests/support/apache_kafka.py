"""Apache Kafka as a process of its own: one node, broker and controller in one, on free ports, with a log of its own.

Of which release it is, `kafka_versions` tells. A node takes three or four seconds from its start to its first answer.
"""

import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.java import free_ports, java, kill, last_words, launch
from tests.support.kafka_metadata import metadata_for
from tests.support.unavailable import Unavailable

NODE_ID = 1
RACK = "Vienna"
SESSION_TIMEOUT_MS = 9_000

# Tests write records of years ago. By default the node would delete them as too old, half a minute after its start.
SETTINGS = """
log.retention.ms=-1
broker.rack={rack}
listeners=PLAINTEXT://127.0.0.1:{port}{metadata_listener}
log.dirs={folder}/log
num.partitions=1
auto.create.topics.enable={auto_create_topics}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class RunningKafka:
    """A cluster somebody else started, or ours once it runs."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})

    def create_topic(self, purpose: str, partitions: int = 1) -> str:
        """Create a topic that nobody has used before; return its name once it has leaders."""
        topic = f"{purpose}-{uuid.uuid4().hex[:8]}"
        self._admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(timeout=20)
        deadline = time.monotonic() + 20
        while not self._has_leaders(topic, partitions):
            if time.monotonic() > deadline:
                raise TimeoutError(f"topic {topic} has no leaders yet")
            time.sleep(0.02)
        return topic

    def _has_leaders(self, topic: str, partitions: int) -> bool:
        found = self._admin.list_topics(timeout=10).topics.get(topic)
        leaders = [partition.leader for partition in found.partitions.values()] if found else []
        return len(leaders) == partitions and all(leader >= 0 for leader in leaders)

    def wait_until_ready(self, deadline: float, is_there: Callable[[], bool] = lambda: True) -> None:
        """Return once the cluster describes itself.

        Raises:
            KafkaException: it did not until the deadline, in `time.monotonic`; or it is no longer there.
        """
        while True:
            try:
                if self._admin.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                if time.monotonic() > deadline or not is_there():
                    raise


class ApacheKafka:
    """One node. `start` it, use `running`, and `stop` it; or put it behind `with`.

    Args:
        auto_create_topics: whether asking for a topic makes it.
        settings: what else its server.properties are to say.
        features: at which levels the cluster agrees to use what, if not at the newest.

    Raises:
        Unavailable: by `start`, if Java or the jars cannot be had, or if the node does not come up.
    """

    def __init__(
        self,
        *,
        auto_create_topics: bool = True,
        settings: Mapping[str, str] | None = None,
        features: Mapping[str, int] | None = None,
    ) -> None:
        self._auto_create_topics = auto_create_topics
        self._more_settings = settings or {}
        self._features = features or {}
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-nio-apache-kafka-"))
        self._metadata = metadata_for([NODE_ID], self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RunningKafka:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, patience_s: float = 60) -> RunningKafka:
        """Bring the node up and wait for its first answer."""
        [port] = free_ports(1)
        settings = self._folder / "server.properties"
        settings.write_text(self._settings(port))
        command = java()
        self._metadata.start()
        for step in self._metadata.first_steps(settings, self._users(), self._features):
            subprocess.run([*command, *step], check=True, capture_output=True)
        self._process = self._launch([*command, "kafka.Kafka", str(settings)])
        kafka = RunningKafka(f"127.0.0.1:{port}")
        try:
            kafka.wait_until_ready(time.monotonic() + patience_s, self._is_there)
        except KafkaException:
            raise Unavailable(f"Apache Kafka did not start. Its last words:\n{last_words(self._output)}") from None
        return kafka

    def stop(self) -> None:
        """Kill the node and throw away what it wrote."""
        if self._process is not None:
            kill(self._process)
        self._metadata.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _settings(self, port: int) -> str:
        settings = SETTINGS.format(
            port=port,
            metadata_listener=self._metadata.listener(NODE_ID),
            rack=RACK,
            folder=self._folder,
            auto_create_topics=str(self._auto_create_topics).lower(),
        )
        settings += self._metadata.settings(NODE_ID, SESSION_TIMEOUT_MS)
        return settings + "".join(f"{name}={value}\n" for name, value in self._more_settings.items())

    def _users(self) -> Mapping[str, str]:
        """Who may log in by SCRAM, with which password."""
        return {}

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        self._metadata.wait_until_it_may_start(NODE_ID)
        return launch(command, self._output)

    def _is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _output(self) -> Path:
        return self._folder / "output"
