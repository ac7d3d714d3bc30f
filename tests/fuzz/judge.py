"""Whether a target behaved: what it raised, how much memory it took, how much it did.

Nothing here looks at a clock, so that the same input is judged alike on every machine. Work is counted in lines of
Python that ran; what a line sets off in C is held to the memory that it takes, and, while atheris looks for inputs, to
one second.
"""

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any

from tests.fuzz.target import Target
from tests.support.cost import KIB, lines_of, memory_of

BYTES_PER_BYTE = 200
"""How much memory a byte of input may take: an empty struct in an array is one byte on the wire, and an object here."""

LINES = 40_000
LINES_PER_BYTE = 300
"""How many lines may run, whatever the input, and for each byte of it."""


@dataclass(frozen=True)
class Verdict:
    """What an input made of a target; `fault` is a sentence, or None if all is well."""

    refusal: Exception | None = None
    fault: str | None = None
    peak_bytes: int = 0
    lines: int = 0


def judge(target: Target, data: bytes) -> Verdict:
    """Give the target an input, twice: once to see what it takes, once to see what it does."""
    _run(target, b"")  # what is made at the first call and kept is not the input's fault
    outcomes = []
    peak_bytes = memory_of(lambda: outcomes.append(_run(target, data)))
    refusal, fault = outcomes[0]
    if fault is not None:
        return Verdict(None, fault, peak_bytes)
    most_bytes = target.memory_bytes + BYTES_PER_BYTE * len(data)
    if peak_bytes > most_bytes:
        fault = f"it took {peak_bytes // KIB} KiB for {len(data)} bytes, and {most_bytes // KIB} are allowed"
    lines, most_lines = lines_of(lambda: _run(target, data)), LINES + LINES_PER_BYTE * len(data)
    if lines > most_lines:
        fault = f"it ran {lines} lines for {len(data)} bytes, and {most_lines} are allowed"
    return Verdict(refusal, fault, peak_bytes, lines)


def _run(target: Target, data: bytes) -> tuple[Exception | None, str | None]:
    try:
        target.run(data)
    except target.refusals as refusal:
        return refusal, None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
    return None, None


def arcs_of(target: Target, data: bytes) -> frozenset[tuple[str, int, int]]:
    """Which line of the project was followed by which, so that two inputs can be told apart by what they reach."""
    arcs: set[tuple[str, int, int]] = set()
    last: dict[FrameType, int] = {}

    def on_line(frame: FrameType, event: str, _argument: Any) -> Any:
        name = frame.f_code.co_filename
        if "kafka_nio" not in name:
            return None
        if event == "line":
            arcs.add((name, last.get(frame, 0), frame.f_lineno))
            last[frame] = frame.f_lineno
        if event == "return":
            last.pop(frame, None)
        return on_line

    before = sys.gettrace()
    sys.settrace(on_line)
    try:
        _run(target, data)
    finally:
        sys.settrace(before)
    return frozenset(arcs)
