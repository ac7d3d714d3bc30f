"""Writes `docs/endurance.md` from what the runs left in `results.json`.

Run it by ``python -m tests.endurance.page``.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tests.endurance.chart import chart
from tests.endurance.hour import HANDFUL_S, PARTITIONS, SAMPLE_S, Measured, Sample
from tests.endurance.producers import WARM_UP, Left
from tests.endurance.results import Results, Where
from tests.endurance.verdict import WARM_UP_SHARE, Findings, of_hour, of_producers, title_of
from tests.endurance.wide import Wide

PAGE = Path(__file__).parents[2] / "docs" / "endurance.md"

COMMAND = "python -m tests.endurance.page"

HEAD = """\
# Long runs

A program that sends records may do so for weeks. If each record, or each producer, left something behind, a few
bytes, an open file, a thread, the program would run out of it one day. Most tests are over in seconds and would not
notice. So there are three runs that take longer. They need Linux, and CI has only their short forms.

In all of them the broker is the one of this project. It keeps every record in memory, so it is a process of its own,
and the figures are of the other one, in which there is nothing but the producer and what measures it. *Memory* is
what the process really has of the machine's memory (its resident set). A *descriptor* stands for an open file or
connection. *Objects* are those that Python's garbage collector knows.

This page is written by `{command}`, from what the runs found.
"""

HOUR = """
## An hour

```bash
python -m tests.endurance hour --minutes {minutes:g} --rate {rate}
```

One producer with default options, which means with idempotence, sends {rate:,} records a second with values of
{value_bytes} bytes, a handful every {handful:g} ms, to a topic of {partitions} partitions. Every {sample:g} s the
process is looked at. In the end the broker reads all records. Each carries its number, so that one that is there
twice or comes too early is seen.

{verdict}

The first {warm_up:.0f} minutes are not judged, because something still changes in them. The producer closes a
connection that has been idle for nine minutes (`connections.max.idle.ms`): the one to the address that it was given
to begin with. And Python keeps freed tuples at hand to use them again, up to 2,000 of each length; there is one
length of which it gets three a second here, so that this store is full after ten minutes.

{chart}

{table}

Counted from `send`, half of the records were acknowledged within {p50} ms (p50) and 99 of 100 within {p99} ms (p99);
the slowest took {most:,.0f} ms. In this there are up to 5 ms for which a record waits for others (`linger.ms`), and
whatever else the machine did in that hour. The run took {cpu:,.0f} CPU seconds, which is {share:.0%} of a core. The
broker took {broker_cpu:,.0f}, and its memory came to {broker_mib:,.0f} MiB.
"""

PRODUCERS = """
## {count:,} producers

```bash
python -m tests.endurance producers --count {count}
```

One after the other is opened, sends one record, waits until it is acknowledged, and is closed. {warm_up} go before
them, because the first ones leave what is made once for all, such as the plans by which messages are written. In the
end the garbage is collected, and every object in the process is asked for its class.

{verdict}

It took {seconds:,.0f} s, {each:.0f} ms each. Of these {cpu:.1f} ms were CPU; the rest is waiting, for the broker and
for whatever else the machine did.

{table}
"""

WIDE = """
## Many partitions, many topics

```bash
python -m tests.endurance wide
```

A topic may have many partitions, and a producer many topics. Every partition gets {records} records here, and
afterwards all are read back by another client, librdkafka's consumer. The topics take longer than the partitions
because each costs a question: before the first record to a topic, `send` waits until a broker has told who leads its
partitions.

{table}
"""

INTERRUPTED = "\n**This run was interrupted, after {after}.**\n"

MEASURED = "\nMeasured with {versions}, on {machine}.\n"

NOT_RUN = "\n## {title}\n\nNot run yet.\n"


def page(results: Results) -> str:
    """The text of the page."""
    return "".join([HEAD.format(command=COMMAND), *_hour(results), *_producers(results), *_wide(results)])


def _hour(results: Results) -> Iterator[str]:
    if (measured := results.hour) is None:
        yield NOT_RUN.format(title="An hour")
        return
    first, last = measured.samples[0], measured.samples[-1]
    cpu_s = last.cpu_s - first.cpu_s
    yield HOUR.format(
        minutes=round(measured.seconds / 60, 1),
        rate=measured.rate,
        value_bytes=measured.value_bytes,
        handful=HANDFUL_S * 1000,
        partitions=PARTITIONS,
        sample=SAMPLE_S,
        verdict=as_list(of_hour(measured)),
        warm_up=measured.seconds * WARM_UP_SHARE / 60,
        chart=chart(measured.samples),
        table=table(HOUR_HEADS, map(hour_row, _in_steps(measured))),
        p50=_ms(measured.p50_ms),
        p99=_ms(measured.p99_ms),
        most=measured.max_ms,
        cpu=cpu_s,
        share=cpu_s / max(measured.seconds, 1),
        broker_cpu=last.broker_cpu_s - first.broker_cpu_s,
        broker_mib=last.broker_rss_kib / 1024,
    )
    if measured.interrupted:
        yield INTERRUPTED.format(after=f"{measured.seconds / 60:.1f} minutes")
    yield _measured(results, "hour")


HOUR_HEADS = ("minute", "acknowledged", "failed", "memory in KiB", "descriptors", "threads", "objects", "p50", "p99")


def hour_row(sample: Sample) -> list[str]:
    """A row of the table; the sample is one of those at which objects were counted."""
    return [
        f"{sample.at_s / 60:.0f}",
        f"{sample.acknowledged:,}",
        f"{sample.failed:,}",
        f"{sample.rss_kib:,}",
        str(sample.descriptors),
        str(sample.threads),
        f"{sample.objects:,}",
        f"{_ms(sample.p50_ms)} ms",
        f"{_ms(sample.p99_ms)} ms",
    ]


def _in_steps(measured: Measured) -> list[Sample]:
    """Seven of those at which objects were counted: one at the end of the first minute, and one for each sixth."""
    counted = [sample for sample in measured.samples if sample.objects is not None]
    wanted_s = [60.0, *(measured.samples[-1].at_s * sixth / 6 for sixth in range(1, 7))]
    nearest = [min(counted, key=lambda sample: abs(sample.at_s - at_s)) for at_s in wanted_s]
    return [sample for sample, _ in groupby(nearest)]


def _producers(results: Results) -> Iterator[str]:
    if (left := results.producers) is None:
        yield NOT_RUN.format(title="Many producers")
        return
    count = max(left.producers, 1)
    yield PRODUCERS.format(
        count=left.producers,
        warm_up=WARM_UP,
        verdict=as_list(of_producers(left)),
        seconds=left.seconds,
        each=left.seconds / count * 1000,
        cpu=left.cpu_s / count * 1000,
        table=table(PRODUCERS_HEADS, _producers_rows(left)),
    )
    if left.interrupted:
        yield INTERRUPTED.format(after=f"{left.producers:,} producers")
    yield _measured(results, "producers")


PRODUCERS_HEADS = ("producers so far", "memory in KiB", "peak in KiB", "descriptors", "threads")


def _producers_rows(left: Left) -> Iterator[list[str]]:
    for producers, held in ((look.producers, look.held) for look in left.looks):
        memory = (f"{held.rss_kib:,}", f"{held.peak_rss_kib:,}")
        yield [f"{producers:,}", *memory, str(held.descriptors), str(held.threads)]


def _wide(results: Results) -> Iterator[str]:
    if not results.wide:
        yield NOT_RUN.format(title="Many partitions, many topics")
        return
    yield WIDE.format(records=results.wide[0].records_each, table=table(WIDE_HEADS, map(wide_row, results.wide)))
    yield _measured(results, "wide")


WIDE_HEADS = ("what", "acknowledged", "read back", "wrong partitions", "time", "CPU", "more memory")


def wide_row(run: Wide) -> list[str]:
    """A row of the table."""
    return [
        title_of(run),
        f"{run.acknowledged:,}",
        f"{run.read_back:,}",
        f"{run.wrong:,}",
        f"{run.seconds:.1f} s",
        f"{run.cpu_s:.1f} s",
        f"{run.grown_kib / 1024:.1f} MiB",
    ]


# What they have in common...


def as_list(findings: Findings) -> str:
    """What was found, as the points of a list."""
    return "\n".join(f"- **{finding.what}**: {finding.text}." for finding in findings)


def table(heads: Sequence[str], rows: Iterator[list[str]]) -> str:
    """In Markdown; all columns but a first one of words are numbers."""
    first = "---" if heads[0] == "what" else "--:"
    lines = [heads, [first, *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def _measured(results: Results, run: str) -> str:
    at: Where = (results.measured_at or {})[run]
    versions = ", ".join(f"{name} {version}" for name, version in at.items() if name != "machine")
    return MEASURED.format(versions=versions, machine=at["machine"])


def main(target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(Results.read()), encoding="utf-8")
    print(f"{target.relative_to(PAGE.parents[1])}: written")


if __name__ == "__main__":
    main()
