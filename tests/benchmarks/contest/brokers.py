"""What the contestants send to: for each run a topic that nobody has used before, and a count of what is in it.

librdkafka's mock cluster is a new process for each run; it keeps little of what it is sent, but counts it. Apache Kafka
is one node for all runs, whose topics are deleted behind them.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from tests.support.apache_kafka import ApacheKafka, RunningKafka
from tests.support.kafka_versions import kafka_version
from tests.support.unavailable import Unavailable

ROOT = Path(__file__).parents[3]

APACHE_SETTINGS = {
    # Batches of 1 MiB are a little larger than what it takes by default.
    "message.max.bytes": str(8 * 1024 * 1024),
    # A topic of 1,000 partitions is created in seconds, and a deleted one leaves the disk.
    "log.index.size.max.bytes": str(64 * 1024),
    "log.segment.delete.delay.ms": "1000",
}

PATIENCE_S = 20


@dataclass(frozen=True)
class Topic:
    """A topic of one run."""

    bootstrap_servers: str
    name: str
    partitions: int
    broker_cpu_s: Callable[[], float | None]
    """The CPU seconds that the broker has used, if it can be known."""

    def count(self, expected: int) -> int:
        """How many records the broker has, by the ends of the partitions; looks again while they are too few.

        A broker that has just made a thousand partitions does not lead all of them at once.

        Raises:
            KafkaException: it does not even in the end.
        """
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        ends = {
            TopicPartition(self.name, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for partition in range(self.partitions)
        }
        deadline = time.monotonic() + PATIENCE_S
        while True:
            is_late = time.monotonic() > deadline
            futures = admin.list_offsets(ends, request_timeout=PATIENCE_S).values()
            try:
                count = sum(int(future.result().offset) for future in futures)
            except KafkaException:
                if is_late:
                    raise
            else:
                if count >= expected or is_late:
                    return count
            time.sleep(0.05)


NewTopic = Callable[[str, int], AbstractContextManager[Topic]]
"""Takes a name and a number of partitions."""


@contextmanager
def mock() -> Iterator[NewTopic]:
    """librdkafka's mock cluster."""
    yield _topic_of_mock


@contextmanager
def _topic_of_mock(name: str, partitions: int) -> Iterator[Topic]:
    command = [sys.executable, "-m", "tests.benchmarks.contest.mock_broker"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answer, ask = process.stdout.readline, process.stdin.write
        bootstrap_servers = answer().strip()
        if not bootstrap_servers:
            raise Unavailable("librdkafka's mock cluster did not start; its process says why")

        def cpu_s() -> float | None:
            ask("cpu\n")
            said = answer()
            return float(said) if said else None

        try:
            ask(f"{partitions} {name}\n")
            yield Topic(bootstrap_servers, answer().strip(), partitions, cpu_s)
        finally:
            process.stdin.close()


@contextmanager
def apache() -> Iterator[NewTopic]:
    """Apache Kafka."""
    with ApacheKafka(settings=APACHE_SETTINGS) as kafka:
        yield lambda name, partitions: _topic_of_apache(kafka, name, partitions)


@contextmanager
def _topic_of_apache(kafka: RunningKafka, name: str, partitions: int) -> Iterator[Topic]:
    topic = Topic(kafka.bootstrap_servers, kafka.create_topic(name, partitions), partitions, lambda: None)
    topic.count(0)  # so that nobody's run begins before all partitions are led
    try:
        yield topic
    finally:
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
        with suppress(KeyboardInterrupt):
            admin.delete_topics([topic.name])[topic.name].result(timeout=PATIENCE_S)


def version_of_apache() -> str:
    """The release that is started."""
    return kafka_version()


BROKERS: dict[str, Callable[[], AbstractContextManager[NewTopic]]] = {"mock": mock, "apache": apache}
