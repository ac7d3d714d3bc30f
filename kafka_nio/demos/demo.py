"""What a demo is, and what comes of one.

Java: no counterpart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kafka_nio.cluster import Node
from kafka_nio.demos.scene import Scene
from kafka_nio.producer import RecordMetadata
from kafka_nio.tracing import Recording


@dataclass(frozen=True, slots=True)
class Demo:
    """A program worth watching.

    `topic` is the one it writes to unless told otherwise, `sentence` what one sees, `watch_for` what to look for.
    """

    name: str
    title: str
    sentence: str
    watch_for: tuple[str, ...]
    topic: str
    run: Callable[[Scene], RecordMetadata]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, and where the demo's last record ended up."""

    recording: Recording
    metadata: RecordMetadata
    leader: Node | None
