"""What a process holds: memory, descriptors, threads, objects, and the CPU seconds that it has taken (Linux)."""

import gc
import os
import sys
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, log
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# After the program's name in brackets, in the numbering of proc(5) less three.
USER_TICKS, SYSTEM_TICKS, THREADS = 11, 12, 17


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds at one moment."""

    rss_kib: int
    peak_rss_kib: int
    descriptors: int
    threads: int
    blocks: int
    """Pieces of memory that Python's own allocator has given out."""


def held() -> Held:
    """Look now."""
    return Held(
        rss_kib=rss_kib(),
        peak_rss_kib=_kib_in(Path("/proc/self/status"), "VmHWM:"),
        descriptors=len(os.listdir("/proc/self/fd")) - 1,  # the one that reads the folder
        threads=int(_stat("self")[THREADS]),
        blocks=sys.getallocatedblocks(),
    )


def rss_kib(process: int | str = "self") -> int:
    """Memory that is really there, in KiB, counted page by page; /proc/…/status may lag behind by some hundred KiB."""
    return _kib_in(Path(f"/proc/{process}/smaps_rollup"), "Rss:")


def cpu_s(process: int | str = "self") -> float:
    """CPU seconds taken so far, by all threads."""
    fields = _stat(process)
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / TICKS_PER_S


def objects() -> int:
    """How many objects the garbage collector knows; it takes some milliseconds."""
    return len(gc.get_objects())


def _stat(process: int | str) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _kib_in(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))


class Latencies:
    """How long many things took, in memory that does not grow: a count for each step of five percent."""

    STEP = 1.05
    LEAST_MS = 0.01
    STEPS = 420
    """Up to some hours."""

    def __init__(self) -> None:
        self._counts = [0] * self.STEPS

    def add(self, took_ms: float) -> None:
        """One more."""
        step = ceil(log(took_ms / self.LEAST_MS, self.STEP)) if took_ms > self.LEAST_MS else 0
        self._counts[min(step, self.STEPS - 1)] += 1

    def percentile_ms(self, percent: float) -> float | None:
        """So many percent took no longer than this, give or take five percent; None if there were none."""
        sums = list(accumulate(self._counts))
        if not sums[-1]:
            return None
        return round(self.LEAST_MS * self.STEP ** bisect_left(sums, sums[-1] * percent / 100), 3)
