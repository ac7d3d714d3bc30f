"""Ends a run that does not end by itself, and says where it was.

A loop that never ends cannot be interrupted from within, so this ends the process. What is to be kept is told first.
What counts is the time that the process has computed, so that a busy machine does not look like an endless loop. Who
does not compute at all has half of it by the wall clock, except where somebody at a terminal may be in a debugger; and
nobody has more than a few times as much.

Java: no counterpart.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ENDED = 3
"""The status of a process that was ended so."""

LIMIT = "KAFKA_NIO_LEARN_SECONDS"
"""An environment variable: how long a test may take, for machines slower than any that we know."""

LOOK_S = 0.1
"""How often to look at the time."""

STILL_S = 0.05
"""Who computes for less than this does nothing but wait: to look at the time takes some, too."""

AT_MOST = 4
"""So many times longer the block may take by the wall clock."""


def seconds_allowed(usual: float) -> float:
    """How long a test may compute: as long as usual, unless the environment says otherwise.

    Raises:
        ValueError: what it says is no number of seconds.
    """
    said = os.environ.get(LIMIT, "")
    try:
        seconds = float(said or usual)
    except ValueError:
        seconds = 0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise ValueError(f"{LIMIT}={said} is no number of seconds; leave it unset for {usual:g}")
    return seconds


@contextmanager
def no_longer_than(seconds: float, file: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """End the process if the block takes longer.

    Args:
        seconds: how long, in time that this process computes.
        file: the learner's: where in it the run was is worth saying.
        tell: is given the sentence before the process ends.
    """
    over = threading.Event()
    began_computing_s, began_s = time.process_time(), time.monotonic()
    may_debug = sys.__stdin__ is not None and sys.__stdin__.isatty()

    def watch() -> None:
        last_computing_s, last_s = began_computing_s, began_s
        while not over.wait(LOOK_S):
            computing_s, now_s = time.process_time(), time.monotonic()
            if may_debug or computing_s - last_computing_s > STILL_S:
                last_computing_s, last_s = computing_s, now_s
            is_waiting = now_s - last_s > seconds / 2 or now_s - began_s > AT_MOST * seconds
            if is_waiting or computing_s - began_computing_s > seconds:
                tell(sentence(round(now_s - began_s) if is_waiting else seconds, file, is_waiting=is_waiting))
                os._exit(ENDED)

    watcher = threading.Thread(target=watch, name="watchdog", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def sentence(seconds: float, file: Path, *, is_waiting: bool = False) -> str:
    """Where the run is now, and for how long it has been going on."""
    places = [place for frame in sys._current_frames().values() if (place := _place(frame, file))]
    if places:
        name, line = places[0]
        question = "What does it wait for?" if is_waiting else "Does the loop there ever end?"
        return f"{name} still runs after {seconds:g} s, in line {line} of {file.name}. {question}"
    return f"nothing has come to an end after {seconds:g} s: somebody waits for what {file.name} should have done"


def _place(frame: FrameType | None, file: Path) -> tuple[str, int] | None:
    while frame is not None:
        if Path(frame.f_code.co_filename) == file:
            return frame.f_code.co_name, frame.f_lineno
        frame = frame.f_back
    return None
