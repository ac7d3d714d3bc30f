"""Threads that stand still where they should not: a loop that does not get back to its select, a wakeup that waits.

Java: no counterpart.
"""

from collections.abc import Iterator

from kafka_nio.tracing.lint.finding import Lint
from kafka_nio.tracing.lint.rounds import MS, Round, View
from kafka_nio.tracing.step import Step

LONG_MS = 200
"""A loop that is away from its select for longer keeps every connection waiting."""

WAKEUP_MS = 30
"""A wakeup is one system call that never waits; being suspended meanwhile takes less than this."""


# Blocked loop...


def _blocked(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        ends_ns = [one.select.start_ns for one in rounds[1:]]
        ends_ns.append(max((step.end_ns for step in rounds[-1].steps), default=0))
        for this, end_ns in zip(rounds, ends_ns, strict=True):
            if end_ns - this.select.end_ns <= LONG_MS * MS:
                continue
            step, took_ns = _where_the_time_went(view, this, end_ns)
            if took_ns > LONG_MS * MS:
                yield (
                    step.seq,
                    f"{step.thread} was away from its select, for {took_ns / MS:,.0f} ms in {step.name} alone; "
                    "no connection moves meanwhile",
                )


def _where_the_time_went(view: View, this: Round, end_ns: int) -> tuple[Step, int]:
    """The step that took most of the time until then itself, and not in the steps that it called, and how much.

    Many steps that took long together are a slow machine, or the recorder at work. Of a folded step, of which one of
    many is known, nobody can tell.
    """
    under_way = [*this.steps, *view.ancestors(this.select)]
    own_ns = {
        step.seq: _overlap_ns(step, this.select.end_ns, end_ns)
        - sum(_overlap_ns(child, this.select.end_ns, end_ns) for child in view.recording.children(step.seq))
        for step in under_way
        if view.times(step) == 1
    }
    longest = max(own_ns, key=own_ns.__getitem__, default=this.select.seq)
    return view.recording.step(longest), own_ns.get(longest, 0)


def _overlap_ns(step: Step, begin_ns: int, end_ns: int) -> int:
    return max(min(step.end_ns, end_ns) - max(step.start_ns, begin_ns), 0)


BLOCKED_LOOP = Lint(
    "blocked-loop",
    f"The thread that runs the loop is away from its select for more than {LONG_MS} ms in one step, in a callback for "
    "instance: nothing is read or written meanwhile.",
    _blocked,
)


# A wakeup that blocks...


def _blocking_wakeups(view: View) -> Iterator[tuple[int, str]]:
    for step in view.wakeups:
        took_ns = step.end_ns - step.start_ns
        if took_ns > WAKEUP_MS * MS * step.count:
            yield step.seq, f"{step.thread} was held up for {took_ns / MS:,.0f} ms in a wakeup, which should never wait"


BLOCKING_WAKEUP = Lint(
    "blocking-wakeup",
    f"A wakeup takes more than {WAKEUP_MS} ms: whoever calls it must never wait for the thread it wakes.",
    _blocking_wakeups,
)
