"""Everything about one step: its lines with how often they ran, decisions, state, bytes, and what it goes on from.

Java: no counterpart.
"""

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

import kafka_nio
from kafka_nio.cli.picture import COLOURS, decision_text
from kafka_nio.cli.short import cut, few, listed, more, short_step
from kafka_nio.spans import RETURN
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.source import Source, functions_in
from kafka_nio.tracing.step import Field, Frame

BYTES_A_ROW = 8
"""Of a long field; what is longer is cut after `MOST_ROWS`."""

MOST_ROWS = 4

US = 1000
"""Nanoseconds."""


def print_step(console: Console, recording: Recording, step: Step) -> None:
    """Print all that the recording knows of a step."""
    brief = short_step(step)
    _print_head(console, recording, brief)
    links, left_out = few(_links(recording, step))
    for text in [*links, more(left_out, "links")] if left_out else links:
        console.print(Text(text))
    _print_source(console, step)
    _print_list(console, "Decisions", [decision_text(one) for one in brief.decisions])
    _print_state(console, recording, step)
    if step.frame is not None:
        console.print(frame_table(recording, step))


def _print_head(console: Console, recording: Recording, step: Step) -> None:
    begin_ns = recording.steps[0].start_ns
    times = f", {step.count} times" if step.count > 1 else ""
    console.print(Text.assemble(f"Step {step.seq}: ", (step.name, f"bold {COLOURS[step.stage]}"), times))
    took = f"{(step.end_ns - step.start_ns) / US:,.0f} µs, from {(step.start_ns - begin_ns) / US:,.0f} µs on"
    clipped = "; was under way already, or still is at the end" if step.clipped else ""
    console.print(Text(f"on {step.thread}, stage {step.stage}, took {took}{clipped}"))
    for name, value in step.shown.items():
        console.print(Text(f"  → {value}" if name == RETURN else f"  {name}: {value}"))
    if step.error is not None:
        console.print(Text(f"  ✗ {step.error_type}: {step.error}", style="red"))
    if step.about:
        console.print(Text(f"about {listed(step.about)}"))


def _links(recording: Recording, step: Step) -> Iterator[str]:
    """What it was called by, what it goes on from, and what goes on from it."""
    if step.parent is not None:
        yield f"called by {_named(recording, step.parent)}"
    for link in step.links:
        yield f"goes on from {_named(recording, link.to)}: {cut(link.why)}"
    for other in recording.steps:
        for link in other.links:
            if link.to == step.seq:
                yield f"leads to {_named(recording, other.seq)}: {cut(link.why)}"
    if step.moved is not None:
        yield _moved(recording, step)


def _named(recording: Recording, seq: int) -> str:
    try:
        step = recording.step(seq)
    except LookupError:
        return f"step {seq}, which is not in the recording"
    return f"step {seq}, {cut(step.name)} on {cut(step.thread)}"


def _moved(recording: Recording, step: Step) -> str:
    moved = step.moved
    assert moved is not None, "asked only of steps that moved bytes"
    frames = [
        f"{cut(one.frame.api)} (step {one.seq})"
        for one in recording.steps
        if one.frame is not None and moved.overlaps(one.frame)
    ]
    of = f" of {listed(frames)}" if frames else ""
    first, last = moved.start, moved.start + moved.length - 1
    return f"moved bytes {first} to {last}, {cut(moved.direction)}, {cut(moved.connection)}{of}"


# Its lines...


def _print_source(console: Console, step: Step) -> None:
    source = _source(step)
    console.print()
    if source is None:
        lines = listed(f"{line}{f' ({hits} times)' if hits > 1 else ''}" for line, hits in step.lines.items())
        place = f"{cut(step.file)}:{step.line}"
        console.print(Text(f"{place}, not the code that is installed here; lines that ran: {lines}"))
        return
    console.print(Text(f"{step.file}:{step.line}", style="bold"))
    for number, text in enumerate(source.text.splitlines(), start=source.first_line):
        hits = step.lines.get(number)
        ran = f"{hits}x" if hits else ""
        console.print(Text(f"{ran:>5} {number:>4} │ {text}", style="" if hits else "bright_black"), soft_wrap=True)


def _source(step: Step) -> Source | None:
    """The function's text, if it is here and still the one that ran."""
    root = Path(kafka_nio.__file__).parent.parent
    file = root / step.file
    module = step.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    try:
        if not file.resolve().is_relative_to(root.resolve()):
            return None  # a recording may name any file, also a device without an end
        source = functions_in(file)[step.function.removeprefix(f"{module}.")]
    except (OSError, LookupError, SyntaxError, ValueError):
        return None
    return source if source.digest == step.source else None


# State...


def _print_list(console: Console, title: str, lines: list[str]) -> None:
    if lines:
        console.print(Text(f"\n{title}", style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"))


def _print_state(console: Console, recording: Recording, step: Step) -> None:
    """The state before, and beside it what is different after."""
    before, after = recording.state_at(step.seq), recording.state_after(step.seq)
    if not before and not after:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="State", title_justify="left", title_style="bold")
    for title in ("", "before", "after"):
        table.add_column(title)
    paths, left_out = few(sorted({*before, *after}))
    for path in paths:
        is_changed = before.get(path) != after.get(path)
        cells = (path, before.get(path, ""), after.get(path, "gone") if is_changed else "")
        table.add_row(*_texts(*cells), style="" if is_changed else "bright_black")
    if left_out:
        table.add_row(more(left_out, "paths"))
    console.print(table)


def _texts(*cells: object) -> Iterator[Text]:
    """Cells of a table as they are. Plain strings would be read as rich's markup, in which `[a]` is a style."""
    return (Text(cut(cell)) for cell in cells)


# Bytes...


def frame_table(recording: Recording, step: Step) -> Table:
    """A message's bytes in hexadecimal, field by field, with who wrote each and which step moved it."""
    frame = step.frame
    assert frame is not None, "asked only of steps with a message"
    where = ", ".join(map(cut, (frame.api, frame.direction, frame.connection)))
    title = Text(f"Step {step.seq}: {where}, {len(frame.data)} bytes", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name in ("byte", "hexadecimal", "field", "value", "by", "moved by step"):
        table.add_column(name, no_wrap=name in ("byte", "hexadecimal"))
    movers = recording.moved_by(frame)
    fields, left_out = few(frame.fields)
    for field in fields:
        value = "" if field.value is None else field.value
        writer = ".".join(field.writer.split(".")[-2:])
        moved_by = listed(_movers(movers, frame, field))
        table.add_row(*_texts(field.offset, _hex(frame, field), field.name, value, writer, moved_by))
    if left_out:
        table.add_row("", "", more(left_out, "fields"))
    return table


def _hex(frame: Frame, field: Field) -> str:
    data = frame.data[field.offset : field.offset + field.length]
    most = BYTES_A_ROW * MOST_ROWS
    rows = [data[at : at + BYTES_A_ROW].hex(" ") for at in range(0, len(data[:most]), BYTES_A_ROW)]
    return "\n".join(rows + (["…"] if len(data) > most else []))


def _movers(movers: tuple[Step, ...], frame: Frame, field: Field) -> Iterator[int]:
    """Those of the system calls that moved the message that moved the field's bytes."""
    first, end = frame.start + field.offset, frame.start + field.offset + field.length
    for step in movers:
        if step.moved is not None and step.moved.start < end and first < step.moved.start + step.moved.length:
            yield step.seq
