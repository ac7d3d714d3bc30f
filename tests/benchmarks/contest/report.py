"""The page docs/performance.md, and the lines on the terminal, from the results.

Run it by ``python -m tests.benchmarks.contest --page``.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.contest.aims import AIMS, Verdict, cpu, judge, memory, p50, p99, per_second
from tests.benchmarks.contest.brokers import ROOT
from tests.benchmarks.contest.cells import CELLS, Cell, Measure
from tests.benchmarks.contest.chart import chart, thousands
from tests.benchmarks.contest.contestants import BY_NAME, CONTESTANTS, OURS
from tests.benchmarks.contest.figures import TIMES, Figure, Figures, Side
from tests.benchmarks.contest.job import BUFFER_BYTES, IN_FLIGHT, LARGEST_REQUEST_BYTES
from tests.benchmarks.contest.one_run import WARM_UP
from tests.benchmarks.contest.results import Results, Run

PAGE = ROOT / "docs" / "performance.md"
COMMAND = "python -m tests.benchmarks.contest"

BROKERS = {"mock": "librdkafka's mock cluster", "apache": "Apache Kafka"}
NAMES = tuple(contestant.name for contestant in CONTESTANTS)
FIRST_COLUMN = "| cell |" + "".join(f" {name} |" for name in NAMES) + "\n| --- |" + " --: |" * len(NAMES)

HEAD = """\
# Performance

{trial}kafka-nio beside other clients of Kafka for Python, on one machine: {machine}. This page is written by
`{command} --page`, from what `{command}` measured.

## How it is measured

- Each run is a process of its own, and sends to a topic that nobody has used before. {warm_up} records warm it up. Then
  the clock runs from the first `send` until `flush` is done. CPU seconds are those of the client's process, all threads
  together; peak memory is that of the same process.
- Afterwards the broker is asked how many records it has. Where that is not the number sent, the run does not count.
- A round goes through all cells, a cell through all clients, each time from another on. A ratio is taken between two
  runs of the same round; the tables show the median of these ratios, and of everything else the median too.
- The percentage behind a figure is its spread: from the least to the most of the rounds, as a part of the median.
- All have the same settings, as far as they know them: {in_flight} requests in flight, {buffer} MiB for batches,
  requests of up to {request} MiB. kafka-python has no limit to the memory of its batches; aiokafka has one request in
  flight and one open batch a partition. Levels of compression are each client's own.
- The fast send more records than the slow, so that their runs take long enough: {times}. In the cells named for a
  number of records, all send that number.
- confluent-kafka takes part in two ways: fire and forget; and, as its documentation shows it, with a delivery callback
  and `poll(0)` after each record. The others give a future for each record in every cell. What takes a callback for
  each record is left out for fire and forget.
- kafka-python cannot ask the mock cluster for its versions; there it is told `api_version=(2, 3)`.

{versions}.
"""

TRIAL = "**These figures are from a trial, with a hundredth of the records.** "

AIMS_HEAD = """
## The aims

Each is a ratio: kafka-nio's figure over the other's.

| what | against | aim |{brokers}
| --- | --- | --- |{dashes}
"""


def page(results: Results) -> str:
    """The text of the page as it should be."""
    brokers = {name: Figures(results.good, name) for name in BROKERS}
    brokers = {name: figures for name, figures in brokers.items() if figures.rounds}
    sections = [section for name, figures in brokers.items() for section in _sections(name, figures, results.good)]
    return "".join([_head(results), _aims(brokers), *sections, _failures(results.failed)])


def write(results: Results, target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(results), encoding="utf-8")


def _head(results: Results) -> str:
    return HEAD.format(
        trial=TRIAL if results.quick else "",
        machine=results.machine,
        command=COMMAND,
        warm_up=WARM_UP,
        in_flight=IN_FLIGHT,
        buffer=BUFFER_BYTES // 2**20,
        request=LARGEST_REQUEST_BYTES // 2**20,
        times="; ".join(f"{one.times}{TIMES} for {one.name}" for one in CONTESTANTS),
        versions=", ".join(f"{name} {version}" for name, version in results.versions.items()),
    )


# The aims...


def _aims(brokers: dict[str, Figures]) -> str:
    columns = "".join(f" {BROKERS[name]} |" for name in brokers)
    lines = [
        f"| {aim.what} | {aim.against} | {aim.wanted} |"
        + "".join(f" {verdict(judge(aim, figures))} |" for figures in brokers.values())
        for aim in AIMS
    ]
    return AIMS_HEAD.format(brokers=columns, dashes=" --- |" * len(brokers)) + "\n".join(lines) + "\n"


def verdict(found: Verdict) -> str:
    """What was measured, and whether that is enough."""
    aim = found.aim
    if aim.elsewhere:
        return f"not part of the contest: `{aim.elsewhere}`"
    if found.measured is None or found.worst is None:
        return "not measured"
    said = times(found.measured)
    if len(aim.pairs) > 1:
        said += f" (in {found.worst_cell})" if aim.each else f" ({times(found.worst)} in {found.worst_cell})"
    if found.met:
        return f"{said}, met"
    return f"{said}, **missed by {found.missed_by:.0%}**" + (f": {aim.why_missed}" if aim.why_missed else "")


def times(ratio: float) -> str:
    """A ratio; from ten on without decimals."""
    return f"{ratio:.2f}{TIMES}" if ratio < 10 else f"{ratio:.0f}{TIMES}"


# A broker's tables...


def _sections(broker: str, figures: Figures, runs: Sequence[Run]) -> list[str]:
    throughput = _cells(figures, Measure.THROUGHPUT)
    return [
        f"\n## Against {BROKERS[broker]}\n\n{_rounds(figures)}{_work_of_broker(broker, runs)}\n",
        _chart(broker, throughput, figures),
        _table(
            "Records per second",
            "Below the figure of another: how many times as many kafka-nio sends.",
            throughput,
            lambda side: _value(figures, side, per_second, thousands) + _ours_over(figures, side, per_second),
        ),
        _table(
            "CPU seconds per million records",
            "Below the figure of another: kafka-nio's over it.",
            throughput,
            lambda side: _value(figures, side, cpu, "{:.2f}".format) + _ours_over(figures, side, cpu),
        ),
        _table(
            "Peak memory in MiB",
            "",
            throughput,
            lambda side: _value(figures, side, memory, lambda size: f"{size / 2**20:.0f}"),
        ),
        _table(
            "Milliseconds from `send` until the acknowledgement: p50, p99",
            "",
            _cells(figures, Measure.LATENCY),
            lambda side: ", ".join(filter(None, (_value(figures, side, one, "{:.2f}".format) for one in (p50, p99)))),
        ),
        _table(
            "Milliseconds until the import is done, until the first record is acknowledged",
            "",
            _cells(figures, Measure.START_UP),
            lambda side: ", ".join(filter(None, (_value(figures, side, one, _ms) for one in (_import, _first_ack)))),
        ),
    ]


def _cells(figures: Figures, measure: Measure) -> list[Cell]:
    return [cell for cell in CELLS if cell.name in figures.cells and cell.measure is measure]


def _rounds(figures: Figures) -> str:
    return f"{len(figures.rounds)} round{'s' if len(figures.rounds) != 1 else ''}."


def _work_of_broker(broker: str, runs: Sequence[Run]) -> str:
    """Whether the clients were measured, or the broker."""
    shares = [
        (run.broker_cpu_s / run.seconds, run.cell, run.contestant)
        for run in runs
        if run.broker == broker and run.broker_cpu_s is not None and run.p50_ms is None and run.first_ack_s is None
    ]
    if not shares:
        return ""
    share, cell, contestant = max(shares)
    return (
        f" The broker's process was at work for {share:.0%} of a run's time at most, its warm-up included"
        f" ({contestant} in {cell})."
    )


def _chart(broker: str, cells: Sequence[Cell], figures: Figures) -> str:
    groups = {}
    for cell in cells:
        found = {name: figures.of(Side(cell.name, name), per_second) for name in NAMES}
        groups[cell.name] = {name: one.median for name, one in found.items() if one is not None}
    return f"\n<figure>\n{chart(f'Records per second against {BROKERS[broker]}', groups, NAMES)}\n</figure>\n"


def _table(title: str, note: str, cells: Sequence[Cell], entry: Callable[[Side], str]) -> str:
    if not cells:
        return ""
    rows = [
        f"| **{cell.name}**<br>{cell.differs_by} |" + "".join(f" {_entry(cell, name, entry)} |" for name in NAMES)
        for cell in cells
    ]
    note = f"\n{note}\n" if note else ""
    return "\n".join([f"\n### {title}\n{note}", FIRST_COLUMN, *rows, ""])


def _entry(cell: Cell, name: str, entry: Callable[[Side], str]) -> str:
    if not BY_NAME[name].takes_part_in(cell):
        return "-"
    return entry(Side(cell.name, name)) or "not measured"


def _value(figures: Figures, side: Side, figure: Figure, form: Callable[[float], str]) -> str:
    found = figures.of(side, figure)
    return "" if found is None else f"{form(found.median)} ({found.spread:.0%})"


def _ours_over(figures: Figures, side: Side, figure: Figure, between: str = "<br>") -> str:
    if side.contestant == OURS:
        return ""
    found = figures.ratio(Side(side.cell, OURS), side, figure)
    return "" if found is None else f"{between}{times(found.median)}"


def _import(run: Run) -> float | None:
    return run.import_s


def _first_ack(run: Run) -> float | None:
    return run.first_ack_s


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.0f}"


def _failures(runs: Sequence[Run]) -> str:
    if not runs:
        return ""
    lines = [
        f"- round {run.round}, {BROKERS[run.broker]}, {run.cell}, {run.contestant}: `{one_line(run)}`" for run in runs
    ]
    return "\n".join(["\n## Runs that do not count\n", *lines, ""])


def one_line(run: Run) -> str:
    """What went wrong."""
    return " ".join((run.failure or "").split()).replace("`", "'")


# On the terminal...


def said_of(run: Run) -> str:
    """One run in a few words."""
    if run.failure is not None:
        return f"FAILED: {run.failure}"
    if run.first_ack_s is not None:
        return f"first acknowledgement after {run.first_ack_s * 1e3:.0f} ms"
    if run.p50_ms is not None:
        return f"p50 {run.p50_ms:.2f} ms, p99 {run.p99_ms:.2f} ms"
    return f"{run.records_per_s:,.0f} records/s, {run.cpu_s_per_million:.2f} CPU s a million, {run.peak_mib:.0f} MiB"


def lines(results: Results, broker: str) -> list[str]:
    """A line for each cell: the medians of all, and by how many times ours is ahead."""
    figures = Figures(results.good, broker)
    said = []
    for cell in _cells(figures, Measure.THROUGHPUT):
        sides = [Side(cell.name, name) for name in NAMES]
        entries = [
            f"{side.contestant} {thousands(found.median)}{_ours_over(figures, side, per_second, ', ours ')}"
            for side in sides
            if (found := figures.of(side, per_second)) is not None
        ]
        said.append(f"{cell.name}: {'; '.join(entries)}")
    return said
