"""The results as a file: where and with which versions it was run, and what came out of each run."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

KEPT = Path(__file__).with_name("results.json")
"""Those that docs/performance.md shows."""

Key = tuple[int, str, str, str]
"""Round, broker, cell, contestant."""


class ResultsError(Exception):
    """Why these results cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One contestant in one cell in one round."""

    round: int
    broker: str
    cell: str
    contestant: str
    sent: int = 0
    received: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    broker_cpu_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    import_s: float | None = None
    first_ack_s: float | None = None
    left_by_marks: float | None = None
    """Records per second, as a part of those with the marks deleted."""
    failure: str | None = None
    """Why its figures do not count."""

    @property
    def key(self) -> Key:
        """What it is a run of."""
        return self.round, self.broker, self.cell, self.contestant

    @property
    def records_per_s(self) -> float:
        """From the first `send` until all were acknowledged."""
        return self.sent / self.seconds

    @property
    def cpu_s_per_million(self) -> float:
        """CPU seconds of the client's process for a million records."""
        return self.cpu_s / self.sent * 1e6

    @property
    def peak_mib(self) -> float:
        """Peak memory of the client's process."""
        return self.peak_bytes / 2**20


@dataclass
class Results:
    """All runs so far."""

    machine: str
    versions: dict[str, str]
    quick: bool = False
    """Whether only the contest was tried, with few records."""
    runs: list[Run] = field(default_factory=list)

    @property
    def good(self) -> list[Run]:
        """Those whose records all arrived."""
        return [run for run in self.runs if run.failure is None]

    @property
    def failed(self) -> list[Run]:
        """The others."""
        return [run for run in self.runs if run.failure is not None]

    def keep(self, path: Path) -> None:
        """Write the file; it is never there in part."""
        runs = [{name: value for name, value in asdict(run).items() if value is not None} for run in self.runs]
        lines = ",\n".join(f"  {json.dumps(run)}" for run in runs)
        head = json.dumps(
            {"quick": self.quick, "machine": self.machine, "versions": self.versions}, indent=1, ensure_ascii=False
        )
        beside = path.with_name(path.name + ".part")
        beside.write_text(f'{head[:-2]},\n "runs": [\n{lines}\n ]\n}}\n', encoding="utf-8")
        os.replace(beside, path)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """What `keep` wrote.

        Raises:
            ResultsError: there is no such file, or it holds something else.
        """
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(kept["machine"], kept["versions"], kept["quick"], [Run(**run) for run in kept["runs"]])
        except FileNotFoundError:
            raise ResultsError(f"there is no {path}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ResultsError(f"{path} holds no results of a contest: {error!r}") from None

    def go_on_as(self, now: "Results") -> None:
        """Take over the versions that are new; runs that failed are to be tried again.

        Raises:
            ResultsError: another machine, other versions or other numbers of records; such runs cannot be compared.
        """
        ours = {"machine": self.machine, "quick": str(self.quick), **self.versions}
        theirs = {"machine": now.machine, "quick": str(now.quick), **now.versions}
        different = [
            f"{name} was {was}, is {theirs[name]}" for name, was in ours.items() if theirs.get(name, was) != was
        ]
        if different:
            raise ResultsError("these results were made otherwise, begin anew: " + "; ".join(different))
        self.versions |= now.versions
        self.runs = self.good
