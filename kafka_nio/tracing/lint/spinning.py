"""Loops that turn without getting anywhere: busy spin, self-wakeup, starvation.

Java: no counterpart.
"""

from collections.abc import Iterator
from itertools import pairwise

from kafka_nio.tracing.lint.finding import Lint
from kafka_nio.tracing.lint.interest import writes_nothing
from kafka_nio.tracing.lint.rounds import SOCKET_READ, SOCKET_WRITE, WAKEUP, Round, View, channel_of

MANY = 10
"""So many rounds in a row are no accident."""

PROGRESS = frozenset(
    {
        "KafkaChannel.set_send",
        "KafkaChannel.finish_connect",
        "KafkaChannel.close",
        "KafkaChannel.prepare",
        "ProducerBatch.close",
        "nio.ServerSocketChannel.accept",
        "nio.SocketChannel.connect",
    }
)
"""Steps that bring something forward, whatever they give back. Reads and writes do if they move bytes."""


# Busy spin...


def _busy_spins(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        run: list[Round] = []
        for before, this in pairwise(rounds):
            if _is_in_vain(view, before, this):
                run.append(this)
            else:
                yield from _told_if_long(run)
                run = []
        yield from _told_if_long(run)


def _is_in_vain(view: View, before: Round, this: Round) -> bool:
    """Whether a select did not sleep, nobody had called for its end, and nothing came of it."""
    if not this.ended_at_once or this.found is None or view.was_woken(before, this):
        return False
    return not (makes_progress(before) or makes_progress(this) or writes_nothing(this))


def makes_progress(this: Round) -> bool:
    """Whether anything was brought forward in a round."""
    if this.moved_bytes(SOCKET_READ) or this.moved_bytes(SOCKET_WRITE):
        return True
    return any(step.name in PROGRESS for step in this.steps)


def _told_if_long(run: list[Round]) -> Iterator[tuple[int, str]]:
    number = sum(one.count for one in run)
    if number >= MANY:
        first = run[0].select
        yield first.seq, f"{number} selects in a row on {first.thread} returned at once, and nothing came of them"


BUSY_SPIN = Lint(
    "busy-spin",
    f"{MANY} or more selects in a row return at once and nothing comes of them: the loop burns a core instead of "
    "sleeping.",
    _busy_spins,
)


# Self-wakeup...


def _self_wakeups(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        for before, this in pairwise(rounds):
            own = next((step for step in before.steps if step.name == WAKEUP), None)
            if own is not None and this.found == 0 and this.ended_at_once and not view.was_woken(before, this):
                if this.select.shown.get("timeout_ms", 0) == 0:
                    continue  # it was not going to sleep anyway
                yield own.seq, f"{own.thread} wakes itself: its next select, step {this.select.seq}, sleeps no more"


SELF_WAKEUP = Lint(
    "self-wakeup",
    "The thread that runs the loop wakes its own selector: it is awake, so all that comes of it is that its next "
    "select returns at once with nothing.",
    _self_wakeups,
)


# Starvation...


def _starved(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        passed_over: dict[str, list[Round]] = {}
        for this in rounds:
            served = {channel_of(step) for step in this.steps}
            ready = {key.channel for key in this.ready}
            for channel in [channel for channel in passed_over if channel in served]:
                del passed_over[channel]
            for channel in ready - served:
                passed_over.setdefault(channel, []).append(this)
        for channel, ignored in passed_over.items():
            number = sum(one.count for one in ignored)
            if number >= MANY and any(makes_progress(one) for one in ignored):
                seq = ignored[0].select.seq
                yield seq, f"connection {channel} was ready {number} times from here on and was never served"


STARVATION = Lint(
    "starvation",
    f"A connection is found ready {MANY} times or more and never read or written, while others are served.",
    _starved,
)
