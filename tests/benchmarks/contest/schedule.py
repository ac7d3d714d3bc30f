"""Who runs when: each round goes through all cells, each cell through all contestants, each time from another on.

So a machine that becomes slower becomes slower for all, and no contestant always comes after the same one.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.benchmarks.contest.cells import Cell
from tests.benchmarks.contest.contestants import Contestant
from tests.benchmarks.contest.results import Key


class Planned(NamedTuple):
    """A run to come."""

    round: int
    broker: str
    cell: Cell
    contestant: Contestant

    @property
    def key(self) -> Key:
        """What it is a run of."""
        return self.round, self.broker, self.cell.name, self.contestant.name


def schedule(rounds: int, broker: str, cells: Sequence[Cell], contestants: Sequence[Contestant]) -> Iterator[Planned]:
    """All runs, in order."""
    for number in range(1, rounds + 1):
        for place, cell in enumerate(cells):
            taking_part = [contestant for contestant in contestants if contestant.takes_part_in(cell)]
            for contestant in rotated(taking_part, number + place):
                yield Planned(number, broker, cell, contestant)


def rotated(contestants: Sequence[Contestant], by: int) -> list[Contestant]:
    """The same order, begun elsewhere."""
    start = by % len(contestants) if contestants else 0
    return [*contestants[start:], *contestants[:start]]
