"""The command in a terminal of its own, for what a person at a keyboard sees and does."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

SCREEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

PATIENCE_S = 60


class Terminal:
    """What is on the screen, and the keys."""

    def __init__(self, child: "pexpect.spawn[str]") -> None:
        self._child = child

    def shows(self, text: str) -> str:
        """Wait until this text is on the screen; return what came before it."""
        self._child.expect_exact(text, timeout=PATIENCE_S)
        return SCREEN.sub("", self._child.before or "")

    def press(self, key: str) -> None:
        """Press a key."""
        self._child.send(key)

    def press_ctrl_c(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def ends_with(self) -> int | None:
        """The status with which the command ends."""
        self._child.expect(pexpect.EOF, timeout=PATIENCE_S)
        self._child.close()
        return self._child.exitstatus


Open = Callable[..., Terminal]


@contextmanager
def terminals() -> Iterator[Open]:
    """Starts `kafka-nio` with these arguments in a terminal; what still runs when the block ends is killed."""
    children: list[pexpect.spawn[str]] = []

    def start(*arguments: str, cwd: Path, **environment: str) -> Terminal:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "kafka_nio", *arguments],
            cwd=str(cwd),
            env={**os.environ, "TERM": "xterm", **environment},
            encoding="utf-8",
            dimensions=(60, 140),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        children.append(child)
        return Terminal(child)

    yield start
    for child in children:
        child.close(force=True)
