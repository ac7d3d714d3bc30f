"""A node of a cluster of Apache Kafka, as a process that can be killed, frozen and started again."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support.java import last_words, launch, let_go
from tests.support.kafka_metadata import Metadata


class Ports(NamedTuple):
    """A node's, for good."""

    plain: int
    behind_proxy: int
    proxy: int


class KafkaNode:
    """One of several, with a folder of its own."""

    def __init__(
        self, node_id: int, ports: Ports, folder: Path, command: list[str], settings: str, metadata: Metadata
    ) -> None:
        self.node_id = node_id
        self.ports = ports
        self.folder = folder
        folder.mkdir()
        self._command = command
        self._settings = folder / "server.properties"
        self._settings.write_text(settings)
        self._metadata = metadata
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"KafkaNode({self.node_id}, {'running' if self.is_running else 'down'})"

    @property
    def is_running(self) -> bool:
        """Whether there is a process; a frozen one counts."""
        return self._process is not None and self._process.poll() is None

    def first_steps(self, users: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        """Begin each step before the first start; those of all nodes may go on at once.

        Args:
            users: who may log in by SCRAM, with which password.
        """
        for step in self._metadata.first_steps(self._settings, users, {}):
            with (self.folder / "output").open("ab") as output:
                yield subprocess.Popen([*self._command, *step], stdout=output, stderr=subprocess.STDOUT)

    def start(self) -> None:
        """Begin to start it."""
        assert not self.is_running, f"{self!r} should be down"
        self._metadata.wait_until_it_may_start(self.node_id)
        self._process = launch([*self._command, "kafka.Kafka", str(self._settings)], self.folder / "output")

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
        return last_words(self.folder / "output")

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _reap(self, patience_s: float | None) -> None:
        assert self._process is not None
        self._process.wait(patience_s)

    def _let_go(self) -> None:
        assert self._process is not None
        let_go(self._process)
