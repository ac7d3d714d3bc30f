"""Looks into a program that sends, some hundred times a second, and counts what each of its two threads is doing.

py-spy does the looking, from outside. Only a thread that runs Python code counts: one that waits for the other, or that
has gone into the kernel, does not hold the interpreter, and is not seen.

What is kept is stacks of this package's functions. What Python's library does for one of them counts as its own.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.contest.brokers import ROOT, Topic
from tests.support.unavailable import Unavailable

RATE = 500
"""Looks in a second."""

APPLICATION, SENDER = "application", "sender"
ENTRIES = {APPLICATION: "load/application", SENDER: "producer/Sender.run"}
"""The function that each thread's stacks begin with."""

SMALLEST_SHARE = 0.002
"""A stack of which fewer samples were seen counts as that of its caller."""

Stacks = dict[str, int]
"""How often each was seen; functions from the outermost on, with ";" between. "network/Selector.poll"."""

FRAME = re.compile(r"(?P<function>.+) \((?P<file>.+):\d+\)")
PLACE = re.compile(r"/kafka_nio/(?:(?P<layer>\w+)/)?(?:\w+/)*\w+\.py$|/staircase/(?P<load>load)\.py$")
PIECES = re.compile(r"(\.<locals>)?\.<(lambda|listcomp|dictcomp|setcomp|genexpr)>")
OUTER = re.compile(r".*<locals>\.")


def look_into_a_sender(topic: Topic, seconds: int) -> dict[str, Stacks]:
    """The stacks of both threads.

    Raises:
        Unavailable: py-spy is not there, or may not look.
    """
    command = [sys.executable, "-m", "tests.benchmarks.staircase.load", topic.bootstrap_servers, topic.name]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if not process.stdout.readline():
                raise Unavailable("the program that sends has ended before it was warm; it says above why")
            return stacks_of(seen(process.pid, seconds).splitlines())
        finally:
            process.stdin.close()


def seen(pid: int, seconds: int) -> str:
    """What py-spy writes: a line for each stack, with how often it was seen.

    Raises:
        Unavailable: py-spy is not there, or may not look.
    """
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        raise Unavailable("there is no py-spy to make flame graphs with: pip install py-spy, or --no-flames")
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        options = [f"--rate={RATE}", f"--duration={seconds}", f"--pid={pid}", f"--output={file.name}"]
        environment = os.environ | {"RUST_BACKTRACE": "0"}  # its message, and not where in it that arose
        shape = ["--format=raw", "--threads", "--gil", "--function", "--full-filenames"]
        done = subprocess.run(
            [found, "record", *shape, *options], capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode != 0:
            said = (done.stderr.strip() or "nothing").splitlines()[0]
            raise Unavailable(f"py-spy could not look into the program (root may; --no-flames does without): {said}")
        return file.read()


def stacks_of(lines: Iterable[str]) -> dict[str, Stacks]:
    """The lines, by thread, with functions for frames.

    Raises:
        Unavailable: nothing was seen of one of the threads.
    """
    found: dict[str, Counter[str]] = {side: Counter() for side in ENTRIES}
    for line in lines:
        stack, _, count = line.rpartition(" ")
        functions = functions_of(stack.split(";"))
        for side, entry in ENTRIES.items():
            if entry in functions:
                found[side][";".join(functions[functions.index(entry) :])] += int(count)
    for side, stacks in found.items():
        if not stacks:
            raise Unavailable(f"py-spy has seen nothing of the {side}'s thread; try again with more --seconds")
    return {side: without_small(stacks) for side, stacks in found.items()}


def functions_of(frames: Iterable[str]) -> list[str]:
    """The package's functions among the frames; a lambda or a comprehension is part of the function around it."""
    functions: list[str] = []
    for frame in frames:
        matched = FRAME.fullmatch(frame)
        place = PLACE.search(matched["file"]) if matched is not None else None
        if matched is None or place is None:
            continue
        name = OUTER.sub("", PIECES.sub("", matched["function"]))
        function = f"{place['load'] or place['layer'] or 'base'}/{name}"
        if functions[-1:] != [function]:
            functions.append(function)
    return functions


def without_small(stacks: Counter[str]) -> Stacks:
    """The same number of samples in fewer stacks: what is hardly seen counts for its caller."""
    least = SMALLEST_SHARE * stacks.total()
    kept: Counter[str] = Counter(stacks)
    for depth in range(max(stack.count(";") for stack in stacks), 0, -1):
        with_callees: Counter[str] = Counter()
        for stack, count in kept.items():
            if stack.count(";") >= depth:
                with_callees[";".join(stack.split(";")[: depth + 1])] += count
        for stack in [stack for stack in kept if stack.count(";") == depth and with_callees[stack] < least]:
            kept[stack.rpartition(";")[0]] += kept.pop(stack)
    return dict(sorted(kept.items()))
