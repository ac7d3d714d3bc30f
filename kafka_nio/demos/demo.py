"""What a demo is, and what comes of one.

Java: no counterpart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kafka_nio.cluster import Node
from kafka_nio.demos.bug import Bug
from kafka_nio.demos.scene import Result, Scene
from kafka_nio.producer import RecordMetadata
from kafka_nio.tracing import Recording


@dataclass(frozen=True, slots=True)
class Setting:
    """What a demo finds around it when it brings everything along."""

    brokers: int = 1
    partitions: int = 1
    """Of each topic."""
    is_unix_socket: bool = False
    """Whether the brokers listen on Unix sockets instead of TCP."""
    bytes_a_write: int | None = None
    """How much the kernel takes at a time of what the producer writes; None for as much as it likes.

    In a recording a socket channel sees to it, to the byte. On real threads it is the size of the kernel's send buffer,
    of which the kernel makes what it wants."""
    look_ms: float = 0
    """How much time seems to pass in a recording with every select, so that a loop that only turns gets older, too."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A program worth watching.

    `id` says where it stands in the order of demos, `sentence` what one sees, `watch_for` what to look for. `topic` is
    the one it writes to unless told otherwise.
    """

    id: str
    name: str
    title: str
    sentence: str
    watch_for: tuple[str, ...]
    run: Callable[[Scene], None]
    topic: str = "demo"
    setting: Setting = Setting()
    own_broker: str = ""
    """Why it cannot do with anybody's brokers: what it orders of its own. Empty if it can."""
    pair: tuple[str, ...] = ()
    """This demo and the one to compare it with, by name; empty if it stands alone."""
    keep: tuple[str, ...] = ()
    """The steps that a recording keeps, by name; empty for all. A long story is told by a few of its steps."""
    shows_brokers: bool = False
    """Whether the brokers' threads are shown, too."""
    idle: tuple[str, ...] = ()
    """Those of them that have no part in it, and are left out."""
    bug: Bug | None = None
    """The mistake that is switched on while it runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, and what became of the records: where they are, or why they are not."""

    recording: Recording
    results: tuple[Result, ...]
    leader: Node | None
    """Who took the last record that was taken."""
    failure: Exception | None = None
    """Why the demo could not go on to its end."""

    @property
    def metadata(self) -> RecordMetadata:
        """Where the last record is that was written.

        Raises:
            LookupError: none was.
        """
        written = [result for result in self.results if isinstance(result, RecordMetadata)]
        if not written:
            raise LookupError(f"{self.recording.name} wrote no record")
        return written[-1]
