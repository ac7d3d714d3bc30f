"""The embedded broker in a process of its own, since it keeps all records in memory, so that its memory grows.

with BrokerProcess(partitions=6) as broker:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    ...
    broker.count("orders")      # what stands in its logs

It answers each topic's name that it reads by a line of JSON, and ends when there are no more.
"""

import contextlib
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import Topic

ROOT = Path(__file__).parents[2]

NUMBER_BYTES = 8


def value_of(number: int, size: int = 100) -> bytes:
    """A record's value: its number, and as many bytes as it takes to make it so large."""
    return number.to_bytes(NUMBER_BYTES, "big").ljust(size, b".")


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found in all partitions of a topic."""

    records: int
    twice: int
    """Records beyond the first of their number."""
    out_of_order: int
    """Records behind one of a higher number in the same partition."""


class BrokerProcessError(Exception):
    """The broker's process has ended before it was asked to."""


class BrokerProcess:
    """Runs until its `with` block ends.

    Args:
        partitions: of each new topic.
    """

    def __init__(self, partitions: int = 1) -> None:
        command = [sys.executable, "-m", "tests.endurance.broker_process", str(partitions)]
        # A session of its own, so that Ctrl-C does not reach it: whoever is interrupted wants it to count first.
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.process_id = self._process.pid
        self.bootstrap_servers: str = self._answer()

    def count(self, topic: str) -> Counted:
        """Have it read all of a topic's records. It takes some ten seconds for a million.

        Raises:
            BrokerProcessError: it has ended.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then there will be no answer either
            print(topic, file=self._process.stdin, flush=True)
        return Counted(**self._answer())

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BrokerProcessError(f"the broker's process has ended with status {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()  # it may be counting
        self._process.communicate("")  # no more lines


def counted(topic: Topic) -> Counted:
    """Read all records of a topic."""
    records = twice = out_of_order = 0
    seen: set[int] = set()
    for partition in topic.partitions:
        highest = -1
        for record in (record for batch in partition.log.batches() for record in batch.records()):
            number = int.from_bytes((record.value or b"")[:NUMBER_BYTES], "big")
            records += 1
            twice += number in seen
            out_of_order += number < highest
            seen.add(number)
            highest = max(highest, number)
    return Counted(records, twice, out_of_order)


def main() -> None:
    """The process."""
    with EmbeddedCluster(partitions_per_topic=int(sys.argv[1])) as cluster:
        print(json.dumps(cluster.bootstrap_servers), flush=True)
        for line in sys.stdin:
            print(json.dumps(asdict(counted(cluster.state.topic(line.strip())))), flush=True)


if __name__ == "__main__":
    main()
