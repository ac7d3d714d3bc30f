"""The aims: a figure of ours over the same figure of somebody else, and how large or small it should be."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.contest.cells import CELLS, Cell, Keys, Measure
from tests.benchmarks.contest.contestants import BY_NAME as CONTESTANTS
from tests.benchmarks.contest.contestants import FIRE_AND_FORGET, OURS, WITH_CALLBACK
from tests.benchmarks.contest.figures import TIMES, Figure, Figures, Side, Summary
from tests.benchmarks.contest.reasons import NOISE, ONE_RECORD, SEND_AND_TURN, TRACED, UNIQUE_KEYS
from tests.benchmarks.contest.results import Run

MANY_PARTITIONS = 1_000


def per_second(run: Run) -> float:
    """Records a second."""
    return run.records_per_s


def cpu(run: Run) -> float:
    """CPU seconds a million records."""
    return run.cpu_s_per_million


def memory(run: Run) -> float:
    """Peak memory."""
    return run.peak_bytes


def p50(run: Run) -> float | None:
    """Acknowledgement latency that half of the records do not exceed."""
    return run.p50_ms


def p99(run: Run) -> float | None:
    """The same for 99 of 100."""
    return run.p99_ms


def left_by_marks(run: Run) -> float | None:
    """Records per second, as a part of those with the marks deleted."""
    return run.left_by_marks


@dataclass(frozen=True)
class Aim:
    """Of many pairs the median ratio counts, unless `each` of them must reach the limit."""

    what: str
    against: str
    limit: float
    pairs: tuple[tuple[Side, Side | None], ...]
    """Whose figure is divided by whose. Where the figure is a ratio already, by nobody's."""
    figure: Figure = per_second
    at_most: bool = False
    each: bool = False
    why_missed: str = ""
    """What the page says if it is missed: a sentence with the reason, as a profile shows it."""

    @property
    def wanted(self) -> str:
        """The limit in words."""
        return f"at {'most' if self.at_most else 'least'} {self.limit:g}{TIMES}"


@dataclass(frozen=True)
class Verdict:
    """What became of an aim against one broker."""

    aim: Aim
    measured: float | None = None
    worst: float | None = None
    worst_cell: str = ""

    @property
    def met(self) -> bool:
        """Whether the limit is reached. What is not measured is not met."""
        if self.measured is None:
            return False
        return self.measured <= self.aim.limit if self.aim.at_most else self.measured >= self.aim.limit

    @property
    def missed_by(self) -> float:
        """What is wanting, as a part of the limit."""
        return 0.0 if self.measured is None or self.met else abs(self.measured / self.aim.limit - 1)


def judge(aim: Aim, figures: Figures) -> Verdict:
    """Compare what was measured with the limit."""
    ratios = [
        (found.median, above.cell)
        for above, below in aim.pairs
        if (found := ratio(figures, above, below, aim.figure)) is not None
    ]
    if not ratios:
        return Verdict(aim)
    worst, cell = max(ratios) if aim.at_most else min(ratios)
    return Verdict(aim, worst if aim.each else median(ratio for ratio, _ in ratios), worst, cell)


def ratio(figures: Figures, above: Side, below: Side | None, figure: Figure) -> Summary | None:
    """Of all rounds."""
    return figures.of(above, figure) if below is None else figures.ratio(above, below, figure)


# The table; `reasons` says why an aim is missed...


def against(contestant: str, cells: Iterable[Cell]) -> tuple[tuple[Side, Side], ...]:
    """We and they, in the same cells."""
    both = [cell for cell in cells if CONTESTANTS[contestant].takes_part_in(cell)]
    return tuple((Side(cell.name, OURS), Side(cell.name, contestant)) for cell in both)


def ourselves(above: str, below: str) -> tuple[tuple[Side, Side], ...]:
    """We in one cell and in another."""
    return ((Side(above, OURS), Side(below, OURS)),)


def named(*names: str) -> list[Cell]:
    """These cells."""
    return [cell for cell in CELLS if cell.name in names]


THROUGHPUT = [cell for cell in CELLS if cell.measure is Measure.THROUGHPUT]
NO_KEYS = [cell for cell in THROUGHPUT if cell.keys is Keys.NONE and cell.partitions < MANY_PARTITIONS]
HARD = [cell for cell in THROUGHPUT if cell.keys is Keys.UNIQUE or cell.partitions >= MANY_PARTITIONS]


PER_SECOND = "records per second"
LATENCY = "acknowledgement latency, linger 0, 2,000/s"
LINGER_0 = named("latency-linger-0")

AIMS = (
    Aim(
        f"{PER_SECOND}, no keys",
        WITH_CALLBACK,
        1.5,
        against(WITH_CALLBACK, NO_KEYS),
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        f"{PER_SECOND}, no keys",
        FIRE_AND_FORGET,
        0.9,
        against(FIRE_AND_FORGET, NO_KEYS),
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        f"{PER_SECOND}, 10,000 keys",
        WITH_CALLBACK,
        1.0,
        against(WITH_CALLBACK, named("10000-keys")),
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        f"{PER_SECOND}, unique keys; 1,000 partitions",
        WITH_CALLBACK,
        0.6,
        against(WITH_CALLBACK, HARD),
        each=True,
        why_missed=UNIQUE_KEYS,
    ),
    Aim(
        f"{PER_SECOND}, any cell",
        "kafka-python",
        15,
        against("kafka-python", THROUGHPUT),
        each=True,
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        f"{PER_SECOND}, any cell",
        "aiokafka",
        5,
        against("aiokafka", THROUGHPUT),
        each=True,
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        "CPU seconds per million records",
        WITH_CALLBACK,
        0.6,
        against(WITH_CALLBACK, THROUGHPUT),
        cpu,
        at_most=True,
        why_missed=SEND_AND_TURN,
    ),
    Aim(
        f"p50 {LATENCY}", WITH_CALLBACK, 1.2, against(WITH_CALLBACK, LINGER_0), p50, at_most=True, why_missed=ONE_RECORD
    ),
    Aim(f"p99 {LATENCY}", WITH_CALLBACK, 2, against(WITH_CALLBACK, LINGER_0), p99, at_most=True, why_missed=ONE_RECORD),
    Aim(
        "peak memory at 10⁶ records",
        WITH_CALLBACK,
        1.3,
        against(WITH_CALLBACK, named("10^6-records")),
        memory,
        at_most=True,
    ),
    Aim(
        f"{PER_SECOND}, 10⁶ against 10⁵ records",
        "itself",
        0.9,
        ourselves("10^6-records", "10^5-records"),
        why_missed=NOISE,
    ),
    Aim(
        f"{PER_SECOND}, 64 against 6 partitions",
        "itself",
        0.9,
        ourselves("64-partitions", "base"),
    ),
    Aim("spans unwatched", "`@span` marks deleted", 0.99, ((Side("marks", OURS), None),), left_by_marks),
    Aim(
        f"{PER_SECOND}, each traced",
        "kafka-python",
        5,
        against("kafka-python", named("traced")),
        why_missed=TRACED,
    ),
    Aim(
        f"{PER_SECOND}, each traced",
        "aiokafka",
        5,
        against("aiokafka", named("traced")),
        why_missed=TRACED,
    ),
)
