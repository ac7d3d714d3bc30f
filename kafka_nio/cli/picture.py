"""A recording in the terminal: a column per thread, time downwards, calls indented below their callers.

In each row one step begins. What it was shown stands behind its name, or below if there is no room. The colour is the
step's stage, the chapter of the story it belongs to.

Java: no counterpart.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kafka_nio.spans import RETURN, Stage
from kafka_nio.tracing import Recording, Step

COLOURS: dict[Stage, str] = {
    Stage.SEND: "bright_blue",
    Stage.METADATA: "cyan",
    Stage.ACCUMULATE: "bright_magenta",
    Stage.WAKEUP: "bright_yellow",
    Stage.RUN: "bright_green",
    Stage.CONNECT: "bright_cyan",
    Stage.REQUEST: "blue",
    Stage.POLL: "green",
    Stage.WRITE: "yellow",
    Stage.READ: "magenta",
    Stage.COMPLETE: "bold green",
    Stage.BROKER: "bright_black",
}

NAMES = {"app": "app: your thread", "sender": "sender: the producer's thread"}

GUTTER = " │ "
WIDE = 120
"""From this width on, a level of calls is indented by two blanks, else by one."""

NARROWEST = 40
"""Below this width, a terminal may break the rows as it likes."""

FIRST_COLUMN = 0.43
"""Part of the width that the first of two columns takes. Less happens there, and less deep."""


def picture(recording: Recording, width: int, *, cuts: bool = True) -> Iterator[Text]:
    """The rows, as rich texts that fit into a terminal of `width` columns.

    What is too long for its column is cut with `…`, or else goes on in the next row, which is for files.
    """
    width = max(width, NARROWEST)
    columns = _columns(recording, width)
    indent = 2 if width >= WIDE else 1
    yield _row(columns, {name: Text(NAMES.get(name, name), style="bold underline") for name in columns})
    for step in recording.steps:
        width = columns[step.thread]
        cells = _cells if cuts else _whole_cells
        for cell in cells(step, width, min(step.depth * indent, width // 2)):
            yield _row(columns, {step.thread: cell})


def legend(recording: Recording) -> Text:
    """The stages that occur, each in its colour."""
    stages = {step.stage for step in recording.steps}
    return Text(" ").join(Text(stage.value, style=COLOURS[stage]) for stage in Stage if stage in stages)


def _columns(recording: Recording, width: int) -> dict[str, int]:
    """The width of each thread's column: the application's first, the others in order of appearance."""
    threads = sorted(recording.threads, key=lambda name: name != "app")
    room = width - len(GUTTER) * (len(threads) - 1)
    if len(threads) == 2:
        first = int(room * FIRST_COLUMN)
        return dict(zip(threads, (first, room - first), strict=True))
    return dict.fromkeys(threads, room // len(threads))


def _row(columns: dict[str, int], cells: dict[str, Text]) -> Text:
    row = Text(no_wrap=True, overflow="crop")
    for number, (thread, width) in enumerate(columns.items()):
        if number:
            row.append(GUTTER, style="bright_black")
        cell = cells.get(thread, Text())
        row.append_text(cell)
        row.append(" " * (width - cell.cell_len))
    row.rstrip()
    return row


# One step...


def _cells(step: Step, width: int, indent: int) -> Iterator[Text]:
    """One row for the step, and a second one for what it shows if that does not fit behind its name."""
    name = _name(step, width - indent)
    name.truncate(width - indent, overflow="ellipsis")
    room = width - indent - len(name) - 1
    arguments, result = _arguments(step), _result(step)
    gap = " " if arguments and result else ""
    if arguments.cell_len + len(gap) + result.cell_len <= room:
        yield Text.assemble(" " * indent, name, " ", arguments, gap, result)
    else:
        yield Text.assemble(" " * indent, name)
        room = width - indent - 2 - len(gap)
        # What a step gave back says more than what it was given, so it is cut last.
        arguments.truncate(max(room - result.cell_len, room // 3, 0), overflow="ellipsis")
        result.truncate(max(room - arguments.cell_len, 0), overflow="ellipsis")
        yield Text.assemble(" " * (indent + 2), arguments, gap, result)


def _whole_cells(step: Step, width: int, indent: int) -> Iterator[Text]:
    """As `_cells`, but in as many rows as it takes to cut nothing."""
    name = _name(step, width - indent)
    arguments, result = _arguments(step), _result(step)
    shown = Text(" ").join(text for text in (arguments, result) if text)
    if indent + name.cell_len + 1 + shown.cell_len <= width:
        yield Text.assemble(" " * indent, name, " " if shown else "", shown)
        return
    for text, margin in ((name, indent), (shown, indent + 2)):
        for line in text.wrap(Console(), width - margin) if text else ():
            yield Text.assemble(" " * margin, line)


def _name(step: Step, room: int) -> Text:
    name = step.name
    if len(name) > room:
        name = f".{name.rpartition('.')[2]}"
    return Text(f"…{name}" if step.clipped else name, style=COLOURS[step.stage])


def _arguments(step: Step) -> Text:
    given = {name: value for name, value in step.shown.items() if name != RETURN}
    texts = [str(value) if name == "self" else f"{name}={value}" for name, value in given.items()]
    return Text("  ".join(texts), style="bright_black")


def _result(step: Step) -> Text:
    if step.error is not None:
        return Text(f"✗ {step.error_type}: {step.error}", style="red")
    return Text("" if step.result is None else f"→ {step.result}")
