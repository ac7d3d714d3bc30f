"""What a solution costs, beside the right one: selects, wakeups, system calls and copies of one run.

Copies are counted in bytes: how much more memory the run held at its height than before it. Somebody who copies a
message of a megabyte has held one megabyte more.

Java: no counterpart.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kafka_nio.tracing import Recording
from kafka_nio.tracing.compare import totals

COUNTED = {"selects": "selects", "wakeups": "wakeups", "system_calls": "system calls", "copied_bytes": "memory held"}

NOISE_BYTES = 4096
"""So much more or less memory means nothing: an interpreter keeps small things for itself."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run. `copied_bytes` is None where a whole producer ran, of which that cannot be told."""

    selects: int
    wakeups: int
    system_calls: int
    copied_bytes: int | None = None

    @classmethod
    def of(cls, recording: Recording, copied_bytes: int | None = None) -> "Cost":
        """What a recorded run cost."""
        found = totals(recording) if recording.steps else None
        if found is None:
            return cls(0, 0, 0, copied_bytes)
        return cls(found.selects, found.wakeups, found.system_calls, copied_bytes)


@dataclass(frozen=True, slots=True)
class Score:
    """The learner's run and the right one."""

    yours: Cost
    reference: Cost

    def text(self) -> str:
        """In a line: `selects 12 (reference 12), system calls 14 (12)`."""
        return ", ".join(filter(None, map(self._compared, COUNTED)))

    def _compared(self, name: str) -> str:
        one, other = getattr(self.yours, name), getattr(self.reference, name)
        if one is None or other is None:
            return ""
        if name == "copied_bytes":
            one, other = f"{one // 1024} KiB", f"{other // 1024} KiB"
        return f"{COUNTED[name]} {one} (reference {other})" if one != other or one else ""

    @property
    def is_as_good(self) -> bool:
        """Whether nothing costs more than it has to."""
        pairs = ((getattr(self.yours, name), getattr(self.reference, name), name) for name in COUNTED)
        return all(
            one is None or other is None or one <= other + (NOISE_BYTES if name == "copied_bytes" else 0)
            for one, other, name in pairs
        )

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> "Score":
        """From a report."""
        return cls(Cost(**found["yours"]), Cost(**found["reference"]))


def bytes_held(run: Callable[[], object]) -> int:
    """How much more memory the program held at the run's height than before it, in bytes."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return max(0, peak - before)
