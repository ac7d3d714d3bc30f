"""Apache Kafka as a process of its own: one node, broker and controller in one, on free ports, with a log of its own.

Maven fetches the jars that pom.xml names, once, into a cache folder: `KAFKA_NIO_CACHE`, or ~/.cache/kafka-nio. A node
takes three or four seconds from its start to its first answer.
"""

import hashlib
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.unavailable import Unavailable

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
RACK = "Vienna"
CLUSTER_ID = "a2Fma2EtbmlvLXRlc3RzIQ"

# The node must not outlive the tests, not even tests that are killed. So a second process holds the other end of a
# pipe; when nobody holds ours any more, it reads the end of the file and kills the node.
LIFELINE = 'exec 3<&0; (cat <&3 >/dev/null; kill -9 $$ 2>/dev/null) & exec "$@" 3<&- </dev/null'

# Tests write records of years ago. By default the node would delete them as too old, half a minute after its start.
SETTINGS = """
log.retention.ms=-1
process.roles=broker,controller
node.id=1
broker.rack={rack}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller_port}
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

    def wait_until_ready(self, deadline: float) -> None:
        """Return once the cluster describes itself. Raises KafkaException at the deadline, in `time.monotonic`."""
        while True:
            try:
                if self._admin.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                if time.monotonic() > deadline:
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
        command = [find_java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx384m", "-cp", f"{find_jars()}/*"]
        port, controller_port = free_ports(2)
        settings = SETTINGS.format(
            port=port,
            rack=RACK,
            controller_port=controller_port,
            folder=self._folder,
            auto_create_topics=str(self._auto_create_topics).lower(),
        )
        settings += "".join(f"{name}={value}\n" for name, value in self._more_settings.items())
        (self._folder / "server.properties").write_text(settings)
        self._format_storage(command)
        self._process = self._launch([*command, "kafka.Kafka", str(self._folder / "server.properties")])
        self._wait_for_port(port, time.monotonic() + patience_s)
        kafka = RunningKafka(f"127.0.0.1:{port}")
        kafka.wait_until_ready(time.monotonic() + patience_s)
        return kafka

    def stop(self) -> None:
        """Kill the node and throw away what it wrote."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _format_storage(self, command: list[str]) -> None:
        settings = str(self._folder / "server.properties")
        tool = [*command, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", settings]
        for name, level in self._features.items():
            tool += ["--feature", f"{name}={level}"]
        subprocess.run(tool, check=True, capture_output=True)

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "output").open("wb") as output:
            return subprocess.Popen(
                ["sh", "-c", LIFELINE, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_for_port(self, port: int, deadline: float) -> None:
        assert self._process is not None
        while not is_listening(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                last_words = (self._folder / "output").read_text(errors="replace")[-2000:]
                raise Unavailable(f"Apache Kafka did not start. Its last words:\n{last_words}")
            time.sleep(0.05)


# What a node needs...


def find_java() -> str:
    """The path of a java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        raise Unavailable(f"Apache Kafka needs Java {OLDEST_JAVA}: apt-get install default-jre-headless")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Unavailable(f"Apache Kafka needs Java {OLDEST_JAVA} or newer; {java} says: {said.splitlines()[0]}")
    return java


def find_jars() -> Path:
    """The folder with the jars that pom.xml names; fetched first if they are not there."""
    cache = Path(os.environ.get("KAFKA_NIO_CACHE") or Path.home() / ".cache" / "kafka-nio")
    jars = cache / f"apache-kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not jars.is_dir():
        fetch_jars(jars)
    return jars


def fetch_jars(jars: Path, patience_s: float = 480) -> None:
    """Let Maven fetch the jars to a folder beside `jars`, then rename it: whoever sees `jars` sees all of them."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("Apache Kafka is fetched by Maven: apt-get install maven, or set KAFKA_NIO_BOOTSTRAP")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as folder:
        fetched = Path(folder) / "jars"
        command = [maven, "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"]
        try:
            done = subprocess.run(
                [*command, "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"],
                capture_output=True,
                text=True,
                timeout=patience_s,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"Maven did not fetch Apache Kafka in {patience_s:.0f} s") from None
        if done.returncode != 0:
            raise Unavailable(f"Maven could not fetch Apache Kafka:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
        if not jars.is_dir():
            fetched.rename(jars)


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on. They lie below those that the kernel gives to connections, so none takes them later."""
    ports: list[int] = []
    while len(ports) < number:
        port = random.randrange(20_000, 32_000)
        if port not in ports and not is_listening(port):
            ports.append(port)
    return ports


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on this port of ours."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
