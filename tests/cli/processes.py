"""The command in a process of its own, for what only a process can show: Ctrl-C."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_command(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """`kafka-nio` as a terminal starts it; killed if it outlives the block.

    A shell starts its background jobs with SIGINT ignored, and children inherit that. If the tests run in one, the
    command would not hear the Ctrl-C that it is sent.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "kafka_nio", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; the exit status and what was written to standard error."""
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    return process.returncode, err
