"""The command in a process of its own, for what only a process can show: Ctrl-C."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_command(*arguments: str, cwd: Path, in_background: bool = False) -> Iterator[subprocess.Popen[str]]:
    """`kafka-nio` as a terminal starts it; killed if it outlives the block.

    A shell starts its background jobs with SIGINT ignored, and children inherit that. If the tests run in one, the
    command would not hear the Ctrl-C that it is sent. `in_background` starts it as a script's `&` does.
    """
    on_sigint = signal.SIG_IGN if in_background else signal.SIG_DFL
    process = subprocess.Popen(
        [sys.executable, "-m", "kafka_nio", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, on_sigint),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def interrupt(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Press Ctrl-C; the exit status and what was written to standard error."""
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    return process.returncode, err
