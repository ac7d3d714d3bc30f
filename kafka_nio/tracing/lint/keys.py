"""What a loop owes its selector and its owner: take the keys out, ask how connecting ended, clear what was handed over.

Java: no counterpart.
"""

import re
from collections.abc import Iterator

from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.lint.finding import Lint
from kafka_nio.tracing.lint.rounds import BROKER, SOCKET_READ, SOCKET_WRITE, Round, View
from kafka_nio.tracing.step import Step

# Selected key not consumed...

MANY_KEYS = re.compile(r"… (\d+) in all")


def _not_consumed(view: View) -> Iterator[tuple[int, str]]:
    for rounds in view.loops:
        for this in rounds:
            step, found = this.keys_step, this.found
            if step is None or found is None:
                continue
            text = str(step.shown.get("keys", ""))
            many = MANY_KEYS.search(text)
            number = int(many[1]) if many else len(this.ready)
            if number > found:
                yield step.seq, f"{number} selected keys are dealt with, and the select found {found} ready: {text}"
                break


KEY_NOT_CONSUMED = Lint(
    "key-not-consumed",
    "More selected keys are dealt with than the select has found: one was not taken out in an earlier round, and a "
    "selector never takes one out itself.",
    _not_consumed,
)


# Connected assumed on writable...

LATE = frozenset({"ConnectionRefusedError", "TimeoutError"})
"""Ends of a connection attempt. Whoever meets one in a read or a write has not asked how the attempt ended."""

FINISH_CONNECT = "nio.SocketChannel.finish_connect"


def _connected_assumed(view: View) -> Iterator[tuple[int, str]]:
    believed: dict[str, Step] = {}
    for step in view.steps:
        if step.name == FINISH_CONNECT and step.result is True:
            believed[step.thread] = step
        elif step.name in (SOCKET_READ, SOCKET_WRITE) and step.error_type in LATE and step.thread in believed:
            yield (
                believed.pop(step.thread).seq,
                f"the connection was taken for connected because it was writable; step {step.seq} met the truth, "
                f"{step.error_type}",
            )


CONNECTED_WHEN_WRITABLE = Lint(
    "connected-when-writable",
    "A connection was believed to stand, and its first read or write failed because the attempt had been refused: "
    "writable means that the attempt has ended, not how.",
    _connected_assumed,
)


# Completed receives not cleared...

CLEAR = "Selector.clear"
COMPLETED = "completed receives"


def _not_cleared(view: View) -> Iterator[tuple[int, str]]:
    for is_broker in (False, True):
        loops = [rounds for rounds in view.loops if rounds[0].select.thread.startswith(BROKER) is is_broker]
        left = [_left_over(view, rounds, is_broker=is_broker) for rounds in loops]
        # The state does not say whose the receives are. What one loop leaves may be another's to clear.
        for path in set.intersection(*map(set, left)) if left else ():
            step, value = min((of_loop[path] for of_loop in left), key=lambda found: found[0].seq)
            yield step.seq, f"a new poll begins, and what the last one handed over is still there: {value}"


def _left_over(view: View, rounds: list[Round], *, is_broker: bool) -> dict[str, tuple[Step, Shown]]:
    """The completed receives, by path, that outlived a clear of this loop, and the first that they outlived."""
    found: dict[str, tuple[Step, Shown]] = {}
    for step in (step for one in rounds for step in one.steps if step.name == CLEAR and not step.clipped):
        before, after = view.recording.state_at(step.seq), view.recording.state_after(step.seq)
        for path, value in after.items():
            if path.endswith(COMPLETED) and path.startswith(BROKER) is is_broker and value == before.get(path):
                found.setdefault(path, (step, value))
    return found


RECEIVES_NOT_CLEARED = Lint(
    "receives-not-cleared",
    "A poll begins with messages that the poll before has handed over already: their owner will deal with them twice.",
    _not_cleared,
)
