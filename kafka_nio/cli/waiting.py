"""What a command does while it waits: it says what it waits for, and it can be stopped.

Java: no counterpart.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

FAILURES = logging.getLogger("kafka_nio.client.disconnector")
"""Where the client logs what failed, as `Node -1: connect to localhost:1 failed: Connection refused`."""


@contextmanager
def first_failure_told(unless: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Print the first failure in the block when it happens: the command goes on trying, perhaps for long.

    Args:
        unless: says, at that moment, whether it does not matter.
    """
    teller, level = _Teller(unless), FAILURES.level
    FAILURES.addHandler(teller)
    FAILURES.setLevel(logging.INFO)
    try:
        yield
    finally:
        FAILURES.removeHandler(teller)
        FAILURES.setLevel(level)


class _Teller(logging.Handler):
    """Prints the first failure that the client tries to get over; those it cannot are logged as errors."""

    def __init__(self, unless: Callable[[], bool]) -> None:
        super().__init__(logging.INFO)
        self._is_over = unless

    def emit(self, record: logging.LogRecord) -> None:
        """Print it without the node, whose address it names anyway."""
        if record.levelno == logging.INFO and not self._is_over():
            self._is_over = lambda: True
            _, _, failure = record.getMessage().partition(": ")
            typer.echo(f"kafka-nio: still trying: {failure}", err=True)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Have SIGINT and SIGTERM end the block as Ctrl-C does.

    A script that starts a command in the background has it ignore SIGINT, and Python leaves that as it is.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
