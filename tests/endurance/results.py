"""What the runs found, as a file: each run takes the place of the one before it, with where it was measured."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tests.endurance.broker_process import ROOT, Counted
from tests.endurance.gauges import Held
from tests.endurance.hour import Measured, Sample
from tests.endurance.producers import Left, Look
from tests.endurance.wide import Wide

KEPT = Path(__file__).with_name("results.json")

LIST = re.compile(r"\[[^][{}\"]+\]")
"""Of numbers."""

Where = dict[str, str]
"""The machine, and the versions of what was measured, by name."""


def where() -> Where:
    """Asked in a process of its own, so that what that takes is not measured."""
    command = [sys.executable, "-m", "tests.endurance.results"]
    answer: Where = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    return answer


@dataclass
class Results:
    """What is known of each; None of what was never run."""

    hour: Measured | None = None
    producers: Left | None = None
    wide: list[Wide] | None = None
    measured_at: dict[str, Where] | None = None
    """By the name of the run."""

    @classmethod
    def read(cls, path: Path = KEPT) -> "Results":
        """What was kept, or nothing if there is no such file."""
        if not path.exists():
            return cls()
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            hour=_hour(kept["hour"]) if kept["hour"] else None,
            producers=_producers(kept["producers"]) if kept["producers"] else None,
            wide=[Wide(**run) for run in kept["wide"]] if kept["wide"] else None,
            measured_at=kept["measured_at"],
        )

    def keep(self, path: Path = KEPT) -> None:
        """Write the file; it is never there in part."""
        kept = asdict(self)
        if self.hour is not None:
            kept["hour"]["samples"] = {
                field.name: [getattr(sample, field.name) for sample in self.hour.samples] for field in fields(Sample)
            }
        text = LIST.sub(lambda numbers: f"[{' '.join(numbers.group()[1:-1].split())}]", json.dumps(kept, indent=1))
        beside = path.with_name(path.name + ".part")
        beside.write_text(text + "\n", encoding="utf-8")
        os.replace(beside, path)

    def add(self, name: str, found: Measured | Left | list[Wide], at: Where) -> None:
        """Put a run in the place of the one before it."""
        setattr(self, name, found)
        self.measured_at = {**(self.measured_at or {}), name: at}


def _hour(kept: dict[str, Any]) -> Measured:
    columns = kept["samples"]
    samples = [Sample(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return Measured(**{**kept, "counted": Counted(**kept["counted"]), "samples": samples})


def _producers(kept: dict[str, Any]) -> Left:
    looks = [Look(look["producers"], Held(**look["held"])) for look in kept["looks"]]
    return Left(**{**kept, "looks": looks})


def main() -> None:
    """Say where this is."""
    from tests.benchmarks.contest.surroundings import machine, version_of_ours

    python = ".".join(map(str, sys.version_info[:3]))
    print(json.dumps({"machine": machine(), "Python": python, "kafka-nio": version_of_ours()}))


if __name__ == "__main__":
    main()
