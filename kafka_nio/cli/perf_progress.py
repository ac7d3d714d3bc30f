"""How far a run of `kafka-nio perf` has come: on a terminal one line that changes, elsewhere a line now and then.

Java: org.apache.kafka.tools.ProducerPerformance.Stats
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from kafka_nio.cli.perf_figures import Figures
from kafka_nio.cli.perf_report import live_line, window_line
from kafka_nio.cli.perf_run import Run

TERMINAL_MS, PIPE_MS = 1_000.0, 5_000.0
"""How often it is told; Kafka's tool prints a line every 5 s."""


class Progress:
    """Tells what was acknowledged since it told last."""

    def __init__(self, console: Console, run: Run, num_records: int) -> None:
        self.every_ms = TERMINAL_MS if console.is_terminal else PIPE_MS
        self._console = console
        self._run = run
        self._num_records = num_records
        self._before = run.figures()
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """On a terminal, keep a line free for it, and clear that in the end."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False, transient=True) as self._live:
            yield

    def tell(self) -> None:
        """Say it."""
        window, now = self.window()
        if self._live is None:
            self._console.print(window_line(window), soft_wrap=True, markup=False)
        else:
            line = live_line(now.records, self._num_records, window)
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)

    def window(self) -> tuple[Figures, Figures]:
        """What was acknowledged since the last call, and all in all."""
        now, before = self._run.figures(), self._before
        self._before = now
        return now - before, now
