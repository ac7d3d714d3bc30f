"""`kafka-nio diff`: two recordings compared by what happened in them.

Java: no counterpart.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kafka_nio.cli.picture import COLOURS, NAMES
from kafka_nio.cli.short import cut, listed
from kafka_nio.cli.show import load
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.compare import Row, Stretch, Totals, aligned, difference_in_values, rows, totals

NS_PER_MS = 1_000_000

MOST_EQUAL = 3
"""Of a stretch that both have, so many steps are printed at each end at most."""


def diff(
    before: Annotated[Path, typer.Argument(help="A recording.")],
    after: Annotated[Path, typer.Argument(help="Another one, to be compared with it.")],
    steps: Annotated[bool, typer.Option(help="Also the steps that only one of them has.")] = True,
    all_: Annotated[bool, typer.Option("--all", help="Also what is the same in both.")] = False,
) -> None:
    """Compare two recordings: which steps, how often, how long."""
    one, other = load(before), load(after)
    console = Console(highlight=False)
    if steps:
        _print_steps(console, one, other, is_complete=all_)
    _print_costs(console, one, other, is_complete=all_)
    _print_totals(console, one, other)


# Step by step...


def _print_steps(console: Console, before: Recording, after: Recording, *, is_complete: bool) -> None:
    thread = ""
    for stretch in aligned(before, after):
        if stretch.thread != thread:
            thread = stretch.thread
            console.print(Text(NAMES.get(thread, cut(thread)), style="bold underline"))
        if stretch.is_equal:
            _print_equal(console, stretch, is_complete=is_complete)
        for step in () if stretch.is_equal else stretch.before:
            console.print(_line("-", step, "red"))
        for step in () if stretch.is_equal else stretch.after:
            console.print(_line("+", step, "green"))
    console.print()


def _print_equal(console: Console, stretch: Stretch, *, is_complete: bool) -> None:
    pairs = list(zip(stretch.before, stretch.after, strict=True))
    changed = [(one, other) for one, other in pairs if difference_in_values(one, other)]
    if is_complete:
        for one, other in pairs:
            console.print(_line(" ", one, "", listed(difference_in_values(one, other), "; ")))
        return
    if changed:
        one, other = changed[0]
        console.print(_line("~", one, "yellow", listed(difference_in_values(one, other), "; ")))
    more = f", {len(changed)} of them with other values" if changed else ""
    number = len(pairs)
    console.print(Text(f"  {number} step{'' if number == 1 else 's'} in both{more}", style="bright_black"))


def _line(sign: str, step: Step, style: str, remark: str = "") -> Text:
    name = Text(cut(step.name), style=style or COLOURS[step.stage])
    times = f" ({step.count} times)" if step.count > 1 else ""
    return Text.assemble((f"{sign} ", style), " " * step.depth, name, times, (f"  {remark}" if remark else ""))


# What it cost...


def _print_costs(console: Console, before: Recording, after: Recording, *, is_complete: bool) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("step")
    for title in ("times", "", "", "own time", "", ""):
        table.add_column(title, justify="right")
    compared = rows(before, after)
    for row in compared:
        if is_complete or row.before.count != row.after.count:
            table.add_row(Text(cut(row.name)), *_cells(row))
    console.print(Text("What differs in number:" if not is_complete else "All steps:", style="bold"))
    console.print(table)


def _cells(row: Row) -> tuple[str, ...]:
    change, more_ns = row.after.count - row.before.count, row.after.own_ns - row.before.own_ns
    return (
        str(row.before.count),
        str(row.after.count),
        f"{change:+d}" if change else "",
        _ms(row.before.own_ns),
        _ms(row.after.own_ns),
        f"{more_ns / NS_PER_MS:+.3f}" if more_ns else "",
    )


def _ms(duration_ns: int) -> str:
    return f"{duration_ns / NS_PER_MS:.3f}"


def _print_totals(console: Console, before: Recording, after: Recording) -> None:
    one, other = totals(before), totals(after)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for recording in (before, after):
        table.add_column(Text(cut(recording.name)), justify="right")
    table.add_row("records", str(one.records), str(other.records))
    for name in ("wakeups", "selects", "system calls"):
        table.add_row(f"{name} per record", _per_record(one, name), _per_record(other, name))
    table.add_row("time, ms", _ms(one.duration_ns), _ms(other.duration_ns))
    console.print(table)


def _per_record(total: Totals, name: str) -> str:
    number = int(getattr(total, name.replace(" ", "_")))
    share = total.per_record(number)
    return f"{number} in all" if share is None else f"{share:.2f}"
