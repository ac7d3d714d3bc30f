"""What a key waits for: the bit for writing that is never cleared, and the bit that another thread sets.

Java: no counterpart.
"""

import re
from collections.abc import Iterator

from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.lint.finding import Lint
from kafka_nio.tracing.lint.rounds import BROKER, SOCKET_WRITE, Round, View, channel_of, is_in_select
from kafka_nio.tracing.step import Step

INTEREST = re.compile(r"(?:.* )?channel (\S+) interest")
"""The path of a channel's interest in the watched state, a broker's lane in front."""


# Write interest stuck...


def _stuck(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        run: list[tuple[Round, str]] = []
        for this in rounds:
            idle = writes_nothing(this)
            if run and (idle is None or idle != run[-1][1]):
                yield from _told_if_repeated(run)
                run = []
            if idle is not None:
                run.append((this, idle))
        yield from _told_if_repeated(run)


def writes_nothing(this: Round) -> str | None:
    """The channel that was found writable and had nothing to write, if there is one."""
    for key in this.ready:
        if "WRITE" not in key.ops:
            continue
        writes = [step for step in this.steps if step.name == "KafkaChannel.write" and channel_of(step) == key.channel]
        inside = {step.seq for step in writes}
        wrote = any(step.name == SOCKET_WRITE and step.parent in inside for step in this.steps)
        if writes and not wrote:
            return key.channel
    return None


def _told_if_repeated(run: list[tuple[Round, str]]) -> Iterator[tuple[int, str]]:
    number = sum(this.count for this, _ in run)
    if number > 1:
        first, channel = run[0]
        yield (
            first.select.seq,
            f"connection {channel} waits for room to write and has nothing to write: "
            f"{number} selects in a row ended for that alone",
        )


WRITE_INTEREST_STUCK = Lint(
    "write-interest-stuck",
    "A connection still waits for room to write after its message has left: there is always room, so every select "
    "returns at once.",
    _stuck,
)


# Interest changed by the wrong thread...


def _from_wrong_thread(view: View) -> Iterator[tuple[int, str]]:
    told: set[tuple[str, str]] = set()
    loops = {rounds[0].select.thread for rounds in view.loops}
    for step in view.steps:
        if not loops or step.thread in loops:
            continue
        for path, value, at_ns in _interests(step):
            if value is not None and (step.thread, path) not in told and _owner_sleeps(view, path, at_ns):
                told.add((step.thread, path))
                yield (
                    step.seq,
                    f"{step.thread} sets what {path.removesuffix(' interest')} waits for to {value}, behind the back "
                    "of the thread that selects",
                )


def _interests(step: Step) -> Iterator[tuple[str, Shown | None, int]]:
    for change in step.changes:
        for path, value in change.values.items():
            if INTEREST.fullmatch(path):
                yield path, value, change.at_ns


def _owner_sleeps(view: View, path: str, at_ns: int) -> bool:
    """Whether the selector's own thread was in its select, so that it cannot have changed the interest itself.

    What a step is said to have changed is what changed while it ran, and on real threads another may have done it.
    """
    owner = path.partition("channel ")[0].strip()
    loops = [rounds for rounds in view.loops if _may_be_of(rounds[0].select.thread, owner)]
    return bool(loops) and all(is_in_select(rounds, at_ns) for rounds in loops)


def _may_be_of(thread: str, owner: str) -> bool:
    """Whether the owner in a path's front, `broker-0` or nothing, can be that thread."""
    if owner.startswith(BROKER):
        return thread.removesuffix(" processor") == owner
    return not thread.startswith(BROKER)


INTEREST_FROM_WRONG_THREAD = Lint(
    "interest-from-wrong-thread",
    "A thread that runs no select loop changes what a key waits for: the two threads can undo each other's change, and "
    "a sleeping select need not notice.",
    _from_wrong_thread,
)
