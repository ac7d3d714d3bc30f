"""Looks for inputs in a process of its own, and tells how it goes."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.corpus import load, name_of
from tests.fuzz.judge import judge
from tests.fuzz.target import Target

ROOT = Path(__file__).parents[2]

STATUS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) .*?corp: (\d+)/\S+ .*?exec/s: (\d+)")
EXCEPTION = re.compile(r"=== Uncaught Python exception: ===\n(.*)")
PATIENCE_S = 60
"""How much longer than it was told to the process may take, to start and to try what is known."""


@dataclass
class Search:
    """What came of it."""

    target: Target
    inputs: int = 0
    coverage: int = 0
    found: list[bytes] = field(default_factory=list)
    faults: list[tuple[bytes, str]] = field(default_factory=list)
    """Inputs that no target may meet with what it did, and what that was."""
    trouble: str = ""
    """Why the search itself did not work."""


Tell = Callable[[Search, int], None]
"""Told of the search so far, and of how many inputs it tries in a second."""


def search(
    target: Target,
    seconds: int,
    *,
    seed: int = 1,
    slowest_s: int = 1,
    tell: Tell = lambda _search, _pace: None,
) -> Search:
    """Look for inputs; then judge those that reach something new. Ends early at the first fault, or by Ctrl-C.

    Args:
        target: where.
        seconds: for how long.
        seed: of the randomness.
        slowest_s: how long one input may take, in whole seconds; more than one on a machine that is busy.
        tell: told how it goes.

    Raises:
        KeyboardInterrupt: the user has had enough; the process is gone.
        ModuleNotFoundError: there is no atheris.
    """
    with tempfile.TemporaryDirectory(prefix="kafka-nio-fuzz-") as place:
        folder = Path(place) / "found"
        folder.mkdir()
        result = Search(target)
        options = [target.name, str(folder), str(seconds), str(seed), str(slowest_s)]
        with _engine(options, seconds) as process:
            output = list(_followed(process, result, tell))
        known = {name_of(data) for data in (*target.seeds(), *load(target).values())}
        result.found = [path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in known]
        result.faults = [(path.read_bytes(), _reason(path, output)) for path in sorted(Path(place).glob("fault-*"))]
        if process.returncode and not result.faults:
            result.trouble = "".join(output[-15:]).strip() or f"the process ended with status {process.returncode}"
    for data in result.found:
        fault = judge(target, data).fault
        if fault is not None:
            result.faults.append((data, fault))
    return result


@contextmanager
def _engine(options: list[str], seconds: int) -> Iterator["subprocess.Popen[str]"]:
    if find_spec("atheris") is None:
        raise ModuleNotFoundError("looking for inputs needs atheris, which is not installed")
    command = [sys.executable, "-m", "tests.fuzz.engine", *options]
    # In a session of its own, so that Ctrl-C reaches us alone and we end it.
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
        process.wait(seconds + PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _followed(process: "subprocess.Popen[str]", result: Search, tell: Tell) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        found = STATUS.search(line)
        if found is not None:
            result.inputs, result.coverage = int(found[1]), int(found[2])
            tell(result, int(found[4]))
        yield line


def _reason(path: Path, output: list[str]) -> str:
    if "timeout-" in path.name:
        return "it took too long"
    if "oom-" in path.name:
        return "it took too much memory"
    told = EXCEPTION.search("".join(output).replace("\r", ""))
    return told[1].strip() if told is not None else "the process died"
