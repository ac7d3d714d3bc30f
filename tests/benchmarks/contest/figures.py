"""Medians, spreads, and ratios of pairs.

A ratio is taken within a round, where both ran one after the other, and then the median of these is taken: what slows
the machine for a while slows both, and leaves their ratio alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.contest.results import Run

TIMES = "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}"
"""Behind a ratio."""

Figure = Callable[[Run], float | None]


@dataclass(frozen=True)
class Summary:
    """The rounds of one contestant in one cell, or of one pair, as a few figures."""

    median: float
    least: float
    most: float
    rounds: int

    @property
    def spread(self) -> float:
        """Between the least and the most, as a part of the median."""
        return (self.most - self.least) / self.median if self.median else 0.0


def summary(values: Iterable[float]) -> Summary | None:
    """None if there are no values."""
    known = sorted(values)
    return Summary(median(known), known[0], known[-1], len(known)) if known else None


@dataclass(frozen=True)
class Side:
    """One side of a pair."""

    cell: str
    contestant: str


class Figures:
    """The good runs against one broker, to be asked for figures."""

    def __init__(self, runs: Sequence[Run], broker: str) -> None:
        self._runs = {
            (run.cell, run.contestant, run.round): run for run in runs if run.broker == broker and run.failure is None
        }
        self.rounds = sorted({number for _, _, number in self._runs})

    @property
    def cells(self) -> set[str]:
        """Those of which there is a run."""
        return {cell for cell, _, _ in self._runs}

    def of(self, side: Side, figure: Figure) -> Summary | None:
        """A figure over all rounds."""
        return summary(value for value in self._by_round(side, figure).values())

    def ratio(self, above: Side, below: Side, figure: Figure) -> Summary | None:
        """Of the rounds that have both sides."""
        aboves, belows = self._by_round(above, figure), self._by_round(below, figure)
        return summary(value / belows[number] for number, value in aboves.items() if belows.get(number))

    def _by_round(self, side: Side, figure: Figure) -> dict[int, float]:
        found = {number: self._runs.get((side.cell, side.contestant, number)) for number in self.rounds}
        values = {number: figure(run) for number, run in found.items() if run is not None}
        return {number: value for number, value in values.items() if value is not None}
