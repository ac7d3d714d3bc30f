"""A recording as lints see it: per thread, one round of the loop after another.

A round begins with a select and lasts until the thread's next one. What a loop does wrong shows in its rounds: what the
select was asked and what it answered, and what was done about it until the next.

Java: no counterpart.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.step import Step

SELECTS = frozenset({"nio.Selector.select", "nio.Selector.select_now"})
"""The selects themselves. A recording that kept only some kinds of steps may have the one around them instead."""

SELECT_AROUND = frozenset({"Selector.select"})
RUN = "Sender.run"
BROKER = "broker-"
"""How the names of an embedded broker's threads begin."""

WAKEUP = "nio.Selector.wakeup"
SOCKET_READ = "nio.SocketChannel.read"
SOCKET_WRITE = "nio.SocketChannel.write"
POLL_KEYS = "Selector.poll_selection_keys"

MS = 1_000_000
"""Nanoseconds."""

AT_ONCE_NS = 1 * MS
"""A select that took less did not sleep. The kernel's own sleeps are whole milliseconds."""

KEY = re.compile(r"([^\s,\[\]]+) ([A-Z]+(?:\|[A-Z]+)*|-)(?=[,\]])")
"""One key in the text of a set of keys, `[0 READ, 1 READ|WRITE]`: its channel and what it is ready for."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A channel, and what a select found it ready for."""

    channel: str
    ops: frozenset[str]


@dataclass(slots=True)
class Round:
    """A select and what its thread did until the next one; `count` of them if the recording folded them into one."""

    select: Step
    count: int
    steps: list[Step] = field(default_factory=list)

    @property
    def found(self) -> int | None:
        """How many keys the select found ready; None if it did not end."""
        result = self.select.result
        return result if isinstance(result, int) else None

    @property
    def ended_at_once(self) -> bool:
        """Whether the select did not sleep."""
        return (self.select.end_ns - self.select.start_ns) < AT_ONCE_NS and not self.select.clipped

    @property
    def keys_step(self) -> Step | None:
        """The step that was handed the selected keys."""
        named = (step for step in self.steps if step.name == POLL_KEYS)
        return next((step for step in named if step.shown.get("is_immediately_connected") is not True), None)

    @property
    def ready(self) -> tuple[Ready, ...]:
        """The keys that were dealt with, as far as their list was not too long to be shown."""
        step = self.keys_step
        text = str(step.shown.get("keys", "")) if step is not None else ""
        return tuple(Ready(channel, frozenset(ops.split("|"))) for channel, ops in KEY.findall(text))

    def moved_bytes(self, name: str) -> bool:
        """Whether a read or a write, by the step's name, moved any."""
        return any(step.name == name and _positive(step.result) for step in self.steps)


def _positive(value: object) -> bool:
    return isinstance(value, int) and value > 0


class View:
    """A recording with what all lints need worked out once."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.steps = recording.steps
        self._wakeup_times: dict[str, list[int]] = {}

    @cached_property
    def loops(self) -> list[list[Round]]:
        """The rounds of each thread that selects. Two producers' threads may have one name; they are two."""
        loops: dict[tuple[str, int | None], list[Round]] = {}
        selects = SELECTS if any(step.name in SELECTS for step in self.steps) else SELECT_AROUND
        for step in self.steps:
            rounds = loops.setdefault(self._thread_of(step), [])
            if step.name in selects:
                rounds.append(Round(step, self.times(step)))
            elif rounds:
                rounds[-1].steps.append(step)
        return [rounds for rounds in loops.values() if rounds]

    def _thread_of(self, step: Step) -> tuple[str, int | None]:
        outermost = next(iter(list(self.ancestors(step))[-1:]), step)
        return step.thread, outermost.seq if outermost.name == RUN else None

    def times(self, step: Step) -> int:
        """How often a step happened: its own count, and those of the steps around it."""
        times = step.count
        for around in self.ancestors(step):
            times *= around.count
        return times

    def ancestors(self, step: Step) -> Iterator[Step]:
        """The steps that this one was called in, the innermost first."""
        while step.parent is not None:
            step = self.recording.step(step.parent)
            yield step

    @cached_property
    def wakeups(self) -> list[Step]:
        """All wakeups of any selector, by any thread."""
        return [step for step in self.steps if step.name == WAKEUP]

    def was_woken(self, before: Round, this: Round) -> bool:
        """Whether another thread called for this select's end after the select before it had ended."""
        times_ns = self._wakeups_by_others(this.select.thread)
        first = bisect_left(times_ns, before.select.end_ns)
        return first < len(times_ns) and times_ns[first] <= this.select.end_ns

    def _wakeups_by_others(self, thread: str) -> list[int]:
        """When other threads than this one called wakeup, in order."""
        if thread not in self._wakeup_times:
            self._wakeup_times[thread] = sorted(step.end_ns for step in self.wakeups if step.thread != thread)
        return self._wakeup_times[thread]


def is_in_select(rounds: list[Round], at_ns: int) -> bool:
    """Whether a thread, given by its rounds, was in its select at this time."""
    number = bisect_left(rounds, at_ns, key=lambda one: one.select.start_ns) - 1
    return number >= 0 and at_ns <= rounds[number].select.end_ns


def channel_of(step: Step) -> str | None:
    """The channel that a step of `KafkaChannel` is about: its `self` begins with the channel's name."""
    shown = step.shown.get("self")
    return str(shown).partition(":")[0] if shown is not None and step.name.startswith("KafkaChannel.") else None
