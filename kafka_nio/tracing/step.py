"""A step of a recording: one call of a marked function, and everything that is known of it.

    step.decisions    why this branch and not that one
    step.changes      what the step's own code changed of the watched state, and when
    step.links        whose work it goes on with: who woke it, whose record it carries
    step.frame        the message it wrote or read, byte by byte
    step.moved        which bytes a system call moved

These classes only hold; `reading` makes them from a file, `recorder` and its observers from a run.

Java: no counterpart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_nio.spans import RETURN, Stage
from kafka_nio.tracing.describe import Shown


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition that was worked out, from what, and how it came out.

    `line` is where the variable called `name` was given its value, or where the function called `name` gave it back.
    `function` is the function in which that is, if it is not the step's own.
    """

    name: str
    line: int
    operands: Mapping[str, Shown]
    result: Shown
    function: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed of the watched state, and when it was seen to have changed. None stands for a path that is gone."""

    at_ns: int
    values: Mapping[str, Shown | None]


@dataclass(frozen=True, slots=True)
class Link:
    """This step goes on with the work of another, whose `seq` is `to`; `why` in a word: wakeup, batch, request, …"""

    to: int
    why: str


@dataclass(frozen=True, slots=True)
class Field:
    """A named piece of a message: where in it, which value it carries, which function wrote it."""

    offset: int
    length: int
    name: str
    value: Shown | None
    writer: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message with its size in front.

    `direction` is `out` or `in`, `api` says which message, `start` is the offset of its first byte in the stream of
    that connection in that direction.
    """

    connection: str
    direction: str
    api: str
    start: int
    data: bytes
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """The bytes that a system call moved: so many, from `start` on, of a connection's stream in a direction."""

    connection: str
    direction: str
    start: int
    length: int

    def overlaps(self, frame: Frame) -> bool:
        """Whether some of these bytes are the message's."""
        is_same_stream = (self.connection, self.direction) == (frame.connection, frame.direction)
        return is_same_stream and self.start < frame.start + len(frame.data) and frame.start < self.start + self.length


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a marked function, or `count` of them that followed each other and were alike.

    `line` is that of the function's `def`, `source` the hash of its text, `lines` how often each of its lines ran, in
    the order in which each first ran. `parent` is the `seq` of the step that called this one. A `clipped` step was
    under way already when the recording began, or still when it ended. `state` is the full state as the step began; a
    few steps have it, for the others `Recording.state_at` works it out.
    """

    seq: int
    name: str
    stage: Stage
    thread: str
    function: str
    file: str
    line: int
    source: str
    start_ns: int
    end_ns: int
    parent: int | None = None
    depth: int = 0
    shown: Mapping[str, Shown] = field(default_factory=dict)
    lines: Mapping[int, int] = field(default_factory=dict)
    error: str | None = None
    error_type: str | None = None
    clipped: bool = False
    count: int = 1
    decisions: tuple[Decision, ...] = ()
    changes: tuple[Change, ...] = ()
    state: Mapping[str, Shown] | None = None
    links: tuple[Link, ...] = ()
    about: tuple[str, ...] = ()
    frame: Frame | None = None
    moved: Moved | None = None

    @property
    def result(self) -> Shown | None:
        """What the function gave back, if that is shown."""
        return self.shown.get(RETURN)
