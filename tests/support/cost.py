"""What something costs, told without a clock: the memory that Python took for it, and the lines of Python that ran."""

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

KIB = 1 << 10
MIB = 1 << 20


def memory_of(call: Callable[[], object]) -> int:
    """The most bytes that were taken at once while it ran; what is still held when it has come back counts too."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before


def lines_of(call: Callable[[], object]) -> int:
    """How many lines of Python ran, whoever wrote them."""
    count = 0

    def on_line(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return on_line

    before = sys.gettrace()
    sys.settrace(on_line)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
