"""The page docs/performance.md, and the lines on the terminal, from the results.

Run it by ``python -m tests.benchmarks.contest --page``.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.contest.aims import (
    AIMS,
    Aim,
    Verdict,
    cpu,
    judge,
    left_by_marks,
    memory,
    p50,
    p99,
    per_second,
)
from tests.benchmarks.contest.brokers import ROOT
from tests.benchmarks.contest.cells import CELLS, Cell, Measure
from tests.benchmarks.contest.chart import chart, thousands
from tests.benchmarks.contest.contestants import BY_NAME, CONTESTANTS, OURS
from tests.benchmarks.contest.figures import TIMES, Figure, Figures, Side
from tests.benchmarks.contest.job import BUFFER_BYTES, IN_FLIGHT, LARGEST_REQUEST_BYTES
from tests.benchmarks.contest.one_run import WARM_UP
from tests.benchmarks.contest.page_text import AIMS_HEAD, HEAD, MARKS, NO_REASON, TRIAL, WHY_MISSED
from tests.benchmarks.contest.results import Results, Run

PAGE = ROOT / "docs" / "performance.md"
COMMAND = "python -m tests.benchmarks.contest"

BROKERS = {"mock": "librdkafka's mock cluster", "apache": "Apache Kafka"}
NAMES = tuple(contestant.name for contestant in CONTESTANTS)
FIRST_COLUMN = "| cell |" + "".join(f" {name} |" for name in NAMES) + "\n| --- |" + " --: |" * len(NAMES)


def page(results: Results) -> str:
    """The text of the page as it should be."""
    brokers = by_broker(results)
    sections = [section for name, figures in brokers.items() for section in _sections(name, figures, results.good)]
    return "".join([_head(results), _aims(brokers), *sections, _failures(results.failed)])


def by_broker(results: Results) -> dict[str, Figures]:
    """The figures against each broker of which there are any."""
    brokers = {name: Figures(results.good, name) for name in BROKERS}
    return {name: figures for name, figures in brokers.items() if figures.rounds}


def unexplained(results: Results) -> list[Aim]:
    """The aims that are missed, against any broker, without a word why."""
    return [
        aim
        for aim in AIMS
        if not aim.why_missed and any(judge(aim, figures).missed_by for figures in by_broker(results).values())
    ]


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
    rows: list[str] = []
    missed: dict[str, list[str]] = {}
    for aim in AIMS:
        verdicts = [judge(aim, figures) for figures in brokers.values()]
        rows.append(
            f"| {aim.what} | {aim.against} | {aim.wanted} |" + "".join(f" {verdict(one)} |" for one in verdicts)
        )
        if any(one.missed_by for one in verdicts):
            missed.setdefault(aim.why_missed or NO_REASON, []).append(f"{aim.what}, against {aim.against}")
    table = AIMS_HEAD.format(brokers=columns, dashes=" --- |" * len(brokers)) + "\n".join(rows) + "\n"
    reasons = [f"- {'; '.join(aims)}: {reason}" for reason, aims in missed.items()]
    return table + ("\n".join([WHY_MISSED, *reasons, ""]) if reasons else "")


def verdict(found: Verdict) -> str:
    """What was measured, and whether that is enough."""
    aim = found.aim
    if found.measured is None or found.worst is None:
        return "not measured"
    close = abs(found.measured - aim.limit) < 0.01
    said = f"{found.measured:.3f}{TIMES}" if close else times(found.measured)
    if len(aim.pairs) > 1:
        said += f" (in {found.worst_cell})" if aim.each else f" ({times(found.worst)} in {found.worst_cell})"
    if found.met:
        return f"{said}, met"
    return f"{said}, **missed by {found.missed_by:{'.1%' if close else '.0%'}}**"


def times(ratio: float) -> str:
    """A ratio; from ten on without decimals."""
    return f"{ratio:.2f}{TIMES}" if ratio < 10 else f"{ratio:.0f}{TIMES}"


# A broker's tables...


NOT_SEARCHED = "{ data-search-exclude }"
"""Behind a heading. Every page loads the index of the search, and nobody looks for a figure in it."""


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
            "Below the figures of another: kafka-nio's over them.",
            _cells(figures, Measure.LATENCY),
            lambda side: _two(figures, side, (p50, p99), "{:.2f}".format),
        ),
        _table(
            "Milliseconds until the import is done, until the first record is acknowledged",
            "Both from the start of the import on. Below the figures of another: kafka-nio's over them.",
            _cells(figures, Measure.START_UP),
            lambda side: _two(figures, side, (_import, _first_ack), _ms),
        ),
        _table(
            "Records per second, each with a span",
            "Below the figure of another: how many times as many kafka-nio sends. Below that: how much is left of the"
            " client's own figure in the cell base.",
            _cells(figures, Measure.TRACED),
            lambda side: (
                _value(figures, side, per_second, thousands)
                + _ours_over(figures, side, per_second)
                + _left_of_base(figures, side)
            ),
        ),
        _marks(figures),
    ]


def _cells(figures: Figures, measure: Measure) -> list[Cell]:
    return [cell for cell in CELLS if cell.name in figures.cells and cell.measure is measure]


def _rounds(figures: Figures) -> str:
    return f"{len(figures.rounds)} round{'s' if len(figures.rounds) != 1 else ''}."


def _work_of_broker(broker: str, runs: Sequence[Run]) -> str:
    """Whether the clients were measured, or the broker."""
    cells = {cell.name for cell in CELLS if cell.measure in (Measure.THROUGHPUT, Measure.TRACED)}
    shares = [
        (run.broker_cpu_s / run.seconds, run.cell, run.contestant)
        for run in runs
        if run.broker == broker and run.broker_cpu_s is not None and run.cell in cells
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
    return "\n".join([f"\n### {title} {NOT_SEARCHED}\n{note}", FIRST_COLUMN, *rows, ""])


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


def _two(figures: Figures, side: Side, both: tuple[Figure, Figure], form: Callable[[float], str]) -> str:
    values = ", ".join(filter(None, (_value(figures, side, one, form) for one in both)))
    ratios = ", ".join(filter(None, (_ours_over(figures, side, one, "") for one in both)))
    return f"{values}<br>{ratios}" if ratios else values


def _left_of_base(figures: Figures, side: Side) -> str:
    found = figures.ratio(side, Side("base", side.contestant), per_second)
    return "" if found is None else f"<br>{found.median:.0%} left"


def _marks(figures: Figures) -> str:
    side = Side("marks", OURS)
    took = _value(figures, side, lambda run: 1e6 / run.records_per_s, "{:.1f} µs".format)
    left = _value(figures, side, left_by_marks, "{:.1%}".format)
    return MARKS.format(took=took, left=left) if took and left else ""


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
    if run.left_by_marks is not None:
        return f"{1e6 / run.records_per_s:.1f} µs a send, {run.left_by_marks:.1%} of the speed without marks"
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
