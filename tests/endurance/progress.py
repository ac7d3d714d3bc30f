"""How far a run has come: on a terminal one line that changes, elsewhere a line now and then. And Ctrl-C.

with Progress() as progress, Stop() as stop:
    while not stop():
        ...
        progress.tell("5,000 of 10,000 producers")
"""

import signal
import time
from types import FrameType, TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text


class Tell(Protocol):
    """Takes a line about how far a run has come."""

    def __call__(self, line: str, *, at_once: bool = False) -> None: ...


def nobody(line: str, *, at_once: bool = False) -> None:
    """Who does not want to know."""


TERMINAL_S, PIPE_S = 0.5, 60.0
"""How often it is told."""


class Progress:
    """Takes a line as often as it is given one, and shows it when it is time."""

    def __init__(self) -> None:
        self._console = Console()
        # Without the thread that draws it anew by itself: it would be counted.
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._every_s = TERMINAL_S if self._console.is_terminal else PIPE_S
        self._began_s = time.monotonic()
        self._next_s = 0.0

    def tell(self, line: str, *, at_once: bool = False) -> None:
        """Show it, if it is time for another one.

        Args:
            at_once: whether it is time for this one anyway.
        """
        now_s = time.monotonic()
        if now_s < self._next_s and not at_once:
            return
        self._next_s = now_s + self._every_s
        whole = f"{now_s - self._began_s:7.1f} s  {line}"
        if self._console.is_terminal:
            self._live.update(Text(whole, no_wrap=True, overflow="ellipsis"), refresh=True)
        else:
            print(whole, flush=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()


class Stop:
    """Says whether somebody has pressed Ctrl-C. The first time, the run ends in order; the second time, at once."""

    def __init__(self) -> None:
        self._is_pressed = False

    def __call__(self) -> bool:
        return self._is_pressed

    def _press(self, number: int, frame: FrameType | None) -> None:
        self._is_pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
