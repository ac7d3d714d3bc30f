"""A recording in the terminal: a column per thread, time downwards, calls indented below their callers.

In each row one step begins. What it was shown stands behind its name, or below if there is no room. The colour is the
step's stage, the chapter of the story it belongs to.

With details, each step has its number in front and below it, in grey, what it decided (`?`), what it changed of the
state (`•`) and which earlier step it goes on from (`←`).

Java: no counterpart.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kafka_nio.spans import RETURN, Stage
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.step import Decision

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


def picture(recording: Recording, width: int, *, cuts: bool = True, details: bool = False) -> Iterator[Text]:
    """The rows, as rich texts that fit into a terminal of `width` columns.

    What is too long for its column is cut with `…`, or else goes on in the next row, which is for files.
    """
    digits = len(str(recording.steps[-1].seq)) + 1 if details else 0
    width = max(width, NARROWEST)
    columns = _columns(recording, width - digits)
    indent = 2 if width >= WIDE else 1
    titles = {name: Text(NAMES.get(name, name), style="bold underline") for name in columns}
    yield Text.assemble(" " * digits, _row(columns, titles))
    for step in recording.steps:
        number = f"{step.seq:<{digits}}" if details else ""
        for cell in _rows_of(step, columns[step.thread], indent, cuts=cuts, details=details):
            yield Text.assemble((number, "bright_black"), _row(columns, {step.thread: cell}))
            number = " " * digits


def _rows_of(step: Step, width: int, indent: int, *, cuts: bool, details: bool) -> Iterator[Text]:
    margin = min(step.depth * indent, width // 2)
    yield from (_cells if cuts else _whole_cells)(step, width, margin)
    for text in details_of(step) if details else ():
        if cuts:
            text.truncate(width - margin - 2, overflow="ellipsis")
        for line in [text] if cuts else text.wrap(Console(), width - margin - 2):
            yield Text.assemble(" " * (margin + 2), line)


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
    times = f" ({step.count} times)" if step.count > 1 else ""
    name = step.name + times
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


# What happened in it...


def details_of(step: Step) -> list[Text]:
    """One text for each link, decision and change of a step."""
    texts = [f"← step {link.to}: {link.why}" for link in step.links]
    texts += [decision_text(one) for one in step.decisions]
    for change in step.changes:
        texts += [f"• {path}: {'gone' if value is None else value}" for path, value in change.values.items()]
    if step.moved is not None:
        first, last = step.moved.start, step.moved.start + step.moved.length - 1
        texts.append(f"⇄ {step.moved.connection}, {step.moved.direction}: bytes {first} to {last}")
    return [Text(text, style="bright_black") for text in texts]


def decision_text(one: Decision) -> str:
    """A decision with what it was made of: `? sendable = False  (full=False, expired=False)`."""
    operands = ", ".join(f"{name}={value}" for name, value in one.operands.items())
    return f"? {one.name} = {one.result}" + (f"  ({operands})" if operands else "")
