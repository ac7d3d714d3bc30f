"""What the watched state was, path by path: each change with the value before it, and which step made it.

    history = History(recording)
    history.of(61)                        # [Changed(…, "channel 0 interest", "read", "read|write"), …]
    history.values("channel 0 interest")  # the same path from the beginning on

A recording notes new values only. The old one is that of the change before, or of the full state at the beginning.

Java: no counterpart.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recording import Recording

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Changed:
    """One path got another value; None stands for a path that is not there. `seq` is the step whose code did it."""

    at_ns: int
    seq: int
    path: str
    before: Shown | None
    after: Shown | None

    def told(self) -> str:
        """The values as a reader sees them: `read → read write`."""
        return f"{value_text(self.path, self.before)} → {value_text(self.path, self.after)}"


class History:
    """The changes of one recording, in the order of time."""

    def __init__(self, recording: Recording) -> None:
        first = next((step for step in recording.steps if step.state is not None), recording.steps[0])
        self.begins_ns = first.start_ns
        self.first: dict[str, Shown] = dict(first.state or {})
        self._by_seq: dict[int, list[Changed]] = defaultdict(list)
        self._by_path: dict[str, list[Changed]] = defaultdict(list)
        self._read(recording)

    def _read(self, recording: Recording) -> None:
        noted = [(change.at_ns, step.seq, change.values) for step in recording.steps for change in step.changes]
        now: dict[str, Shown | None] = dict(self.first)
        for at_ns, seq, values in sorted(noted, key=lambda one: one[0]):
            for path, value in values.items():
                changed = Changed(at_ns, seq, path, now.get(path), value)
                now[path] = value
                self._by_seq[seq].append(changed)
                self._by_path[path].append(changed)

    def of(self, seq: int) -> list[Changed]:
        """What the step's own code changed, not what the steps that it called did."""
        return self._by_seq.get(seq, [])

    def values(self, path: str) -> list[Changed]:
        """Every change of one path."""
        return self._by_path.get(path, [])

    def paths(self) -> list[str]:
        """Every path that there was at some time."""
        return sorted({*self.first, *self._by_path})


def value_text(path: str, value: Shown | None) -> str:
    """A value of the state in words: a key's bits without the code's signs, and a word for what is not there."""
    if value is None:
        return NOTHING
    if is_bits(path):
        return " ".join(bits(value)) or NOTHING
    return str(value)


def is_bits(path: str) -> bool:
    """Whether a path's value is a set of a key's bits: what it waits for, or what is ready."""
    return path.endswith((" interest", " ready")) and "channel " in path


def bits(value: Shown | None) -> tuple[str, ...]:
    """`read|write` as names."""
    return tuple(part for part in str(value or "").split("|") if part not in ("", "-"))


def times(number: int) -> str:
    """How often a folded step happened, as it stands beside its name."""
    return f"\N{MULTIPLICATION SIGN} {number}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
