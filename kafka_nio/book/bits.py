"""A key's two sets of bits over time: what it waits for (interest) and what the last select found (ready).

    channels = channels_of(recording)
    channels[0].name                   # "channel 0", or "broker-0 channel 1"
    channels[0].runs                   # when which bit of which set was on, and which steps turned it on and off

Java: no counterpart.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kafka_nio.book.history import Changed, History, bits
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recording import Recording, Step

OPERATIONS = ("accept", "connect", "read", "write")
ROWS = ("interest", "ready")
_PATH = re.compile(r"(?P<channel>.*channel \S+) (?P<row>interest|ready)")
_CHANNEL = re.compile(r"(.*channel \S+)(?: (?:interest|ready|send|staged|muted))?")


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which a bit was on. `begun` and `ended` are the steps that did it; None is outside of the recording."""

    bit: str
    row: str
    begin_ns: int
    end_ns: int
    begun: int | None
    ended: int | None


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's bits. `thread` is the one whose selector looks after it, `moved` the system calls on its bytes."""

    name: str
    runs: Sequence[Run]
    changes: Sequence[Changed]
    thread: str
    moved: Sequence[Step]

    @property
    def operations(self) -> list[str]:
        """The rows of its picture: the bits that were on at some time, and always reading and writing."""
        used = {run.bit for run in self.runs} | {"read", "write"}
        return [name for name in OPERATIONS if name in used]


def channels_of(recording: Recording) -> list[Channel]:
    """The channels whose bits the recording has, the client's first."""
    history = History(recording)
    matches = (_PATH.fullmatch(path) for path in history.paths())
    names = sorted({match["channel"] for match in matches if match}, key=lambda name: (name.startswith("broker"), name))
    owners = _owners(recording, history)
    return [_channel(name, recording, history, owners) for name in names]


def _channel(name: str, recording: Recording, history: History, owners: dict[tuple[bool, str], str]) -> Channel:
    changes = [change for row in ROWS for change in history.values(f"{name} {row}")]
    changes = [change for change in changes if bits(change.before) != bits(change.after)]
    changes.sort(key=lambda change: change.at_ns)
    runs = [run for row in ROWS for run in _runs(name, row, recording, history)]
    threads = Counter(recording.step(change.seq).thread for change in changes)
    thread = threads.most_common(1)[0][0] if threads else ""
    moved = [step for step in recording.steps if step.moved and owners.get(_end(step)) == name]
    return Channel(name, runs, changes, thread, moved)


def _runs(channel: str, row: str, recording: Recording, history: History) -> Iterator[Run]:
    path = f"{channel} {row}"
    on: dict[str, tuple[int, int | None]] = dict.fromkeys(bits(history.first.get(path)), (history.begins_ns, None))
    for change in history.values(path):
        now = bits(change.after)
        for bit in [bit for bit in on if bit not in now]:
            begin_ns, begun = on.pop(bit)
            yield Run(bit, row, begin_ns, change.at_ns, begun, change.seq)
        on |= {bit: (change.at_ns, change.seq) for bit in now if bit not in on}
    end_ns = max(step.end_ns for step in recording.steps)
    yield from (Run(bit, row, begin_ns, end_ns, begun, None) for bit, (begin_ns, begun) in on.items())


# Whose bytes a system call moved...


def _end(step: Step) -> tuple[bool, str]:
    """One of the two ends of a connection: the client's or the broker's."""
    assert step.moved is not None, "asked of system calls only"
    return step.thread.startswith("broker-"), step.moved.connection


def _owners(recording: Recording, history: History) -> dict[tuple[bool, str], str]:
    """The channel of each end of a connection: the one that changed most in the steps around its system calls.

    Connections are numbered as they appear, channels are called as the code calls them.
    """
    votes: dict[tuple[bool, str], Counter[str]] = {}
    for step in (step for step in recording.steps if step.moved is not None):
        names = votes.setdefault(_end(step), Counter())
        for around in _callers(recording, step):
            names.update(match[1] for change in history.of(around.seq) if (match := _CHANNEL.fullmatch(change.path)))
            names.update(_told_channels(around, step.thread))
    return {end: names.most_common(1)[0][0] for end, names in votes.items() if names}


def _told_channels(step: Step, thread: str) -> Iterator[str]:
    """What the conditions of a step say about which channel it had in hand."""
    prefix = thread.removesuffix(" processor") + " " if thread.startswith("broker-") else ""
    told: list[Shown] = [one.operands["channel.id"] for one in step.decisions if "channel.id" in one.operands]
    return (f"{prefix}channel {id}" for id in told)


def _callers(recording: Recording, step: Step) -> Iterator[Step]:
    """The step itself and the nearest that called it, up to the one that looks after one key."""
    now: Step | None = step
    while now is not None and not now.name.endswith((".poll", ".run_once", ".run")):
        yield now
        now = None if now.parent is None else recording.step(now.parent)
