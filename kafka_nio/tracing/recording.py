"""A recording: the steps of one run in the order in which they began, and the file that keeps them.

The file is OTLP JSON Lines, as OpenTelemetry's file exporter writes it: each line is one `TracesData` object. A line is
also a *turn*: it holds the steps that one thread began before another thread began one. Any tool that reads OTLP opens
it; this module needs nothing but `json`. `kafka_nio.tracing.otlp` writes it.

    recording = Recording.load(Path("traces/one-record.otlp.jsonl"))
    [step.name for step in recording.steps if step.thread == "sender"]
    recording.state_at(12)["pool available"]

Java: no counterpart.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kafka_nio.tracing.attributes import format_lines, parse_lines
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.reading import SCHEMA, RecordingError, read
from kafka_nio.tracing.step import Change, Decision, Field, Frame, Link, Moved, Step

__all__ = [
    "SCHEMA",
    "SUFFIX",
    "Change",
    "Decision",
    "Field",
    "Frame",
    "Link",
    "Moved",
    "Recording",
    "RecordingError",
    "Step",
    "format_lines",
    "parse_lines",
]

SUFFIX = ".otlp.jsonl"

State = Mapping[str, Shown]


@dataclass(frozen=True)
class Recording:
    """The steps of one run; `name` is that of the scenario."""

    name: str
    steps: tuple[Step, ...]

    @classmethod
    def load(cls, path: Path | str) -> "Recording":
        """Read a file.

        Raises:
            RecordingError: if it is not a recording of this version, naming the file and the line.
            OSError: if it cannot be read.
        """
        path = Path(path)
        return cls.parse(path.read_text(encoding="utf-8", errors="replace"), str(path))

    @classmethod
    def parse(cls, text: str, origin: str = "the recording") -> "Recording":
        """Read a file's text; `origin` is what error messages call it."""
        return cls(*read(text, origin))

    @property
    def threads(self) -> tuple[str, ...]:
        """The threads' names in the order in which they first appear."""
        return tuple(dict.fromkeys(step.thread for step in self.steps))

    # Finding steps...

    def step(self, seq: int) -> Step:
        """The step of this number.

        Raises:
            LookupError: there is none.
        """
        return self._by_seq[seq]

    def children(self, seq: int) -> tuple[Step, ...]:
        """The steps that this one called, in order."""
        return self._children.get(seq, ())

    def moved_by(self, frame: Frame) -> tuple[Step, ...]:
        """The steps that moved the bytes of a message, in order: its system calls."""
        stream = self._moves.get((frame.connection, frame.direction), ())
        return tuple(step for step in stream if step.moved is not None and step.moved.overlaps(frame))

    @cached_property
    def _moves(self) -> dict[tuple[str, str], list[Step]]:
        """The steps that moved bytes, by connection and direction: a long recording has many messages to ask for."""
        moves: dict[tuple[str, str], list[Step]] = {}
        for step in self.steps:
            if step.moved is not None:
                moves.setdefault((step.moved.connection, step.moved.direction), []).append(step)
        return moves

    @cached_property
    def _by_seq(self) -> dict[int, Step]:
        return {step.seq: step for step in self.steps}

    @cached_property
    def _children(self) -> dict[int, tuple[Step, ...]]:
        children: dict[int, list[Step]] = {}
        for step in self.steps:
            if step.parent is not None:
                children.setdefault(step.parent, []).append(step)
        return {seq: tuple(steps) for seq, steps in children.items()}

    # The watched state...

    def state_at(self, seq: int) -> State:
        """The state when the step has begun and done nothing yet: the last full state before, and the changes since."""
        return self._timeline.state_at(self.step(seq).start_ns)

    def state_after(self, seq: int) -> State:
        """The state when the step has ended."""
        return self._timeline.state_at(self.step(seq).end_ns)

    def state_when(self, time_ns: int) -> State:
        """The state at a time."""
        return self._timeline.state_at(time_ns)

    def changes_of(self, seq: int) -> tuple[Change, ...]:
        """What changed between the step's beginning and end, on its thread: by the step itself and those it called."""
        inside = list(self.step(seq).changes)
        for child in self.children(seq):
            inside.extend(self.changes_of(child.seq))
        return tuple(sorted(inside, key=lambda change: change.at_ns))

    @cached_property
    def _timeline(self) -> "_Timeline":
        return _Timeline(self.steps)


@dataclass
class _Timeline:
    """The full states and the changes of a recording, by time."""

    steps: tuple[Step, ...]
    keyframes: list[tuple[int, State]] = field(init=False)
    changes: list[Change] = field(init=False)

    def __post_init__(self) -> None:
        self.keyframes = sorted(
            ((step.start_ns, step.state) for step in self.steps if step.state is not None), key=lambda one: one[0]
        )
        self.changes = sorted((change for step in self.steps for change in step.changes), key=lambda one: one.at_ns)

    def state_at(self, time_ns: int) -> State:
        """The state at this moment, what changed at it included."""
        number = bisect_right(self.keyframes, time_ns, key=lambda one: one[0]) - 1
        since_ns, state = self.keyframes[number] if number >= 0 else (0, {})
        values: dict[str, Shown | None] = dict(state)
        first = bisect_right(self.changes, since_ns, key=lambda one: one.at_ns)
        last = bisect_right(self.changes, time_ns, key=lambda one: one.at_ns)
        for change in self.changes[first:last]:
            values |= change.values
        return {path: value for path, value in sorted(values.items()) if value is not None}
