"""Keys pressed while a command watches files: read one by one, without Enter, and without waiting.

Java: no counterpart.
"""

import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """Yields a function that gives the next key that was pressed, or an empty text. Ctrl-C stays Ctrl-C.

    Without a terminal no key is ever pressed.
    """
    if not sys.stdin.isatty():
        yield lambda: ""
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield lambda: sys.stdin.read(1) if select.select([sys.stdin], [], [], 0)[0] else ""
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
