"""`kafka-nio demo`: run a demo here and now, and print what each thread did.

Java: no counterpart.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kafka_nio.cli.picture import legend, picture
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import first_failure_told
from kafka_nio.cluster import Node
from kafka_nio.demos import DEMOS, Demo, Outcome, Result, play
from kafka_nio.producer import RecordMetadata
from kafka_nio.producer.producer_record import UNKNOWN_OFFSET
from kafka_nio.tracing import Recording


def demo(
    name: Annotated[str | None, typer.Argument(help="Which one; without a name, all are listed.")] = None,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="A cluster to write to, as host:port. Without it, a broker in this process.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Where the records go, if not to the demo's own topic.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the recording in this file (OTLP JSON Lines).")] = None,
    timeout: Annotated[float, typer.Option(help="Give up after so many seconds.", min=0.1)] = 10,
) -> None:
    """Run a demo on real threads and print it, or list all demos."""
    if name is None:
        print_list(Console(highlight=False))
        return
    chosen = find(name)
    writes = _writer() if save is not None else None
    if save is not None:
        make_sure_it_can_be_kept(save)
    # Where a demo orders faults, failures are what one wants to see, and not what keeps one waiting.
    with first_failure_told(unless=lambda: bool(chosen.own_broker)):
        outcome = play(
            chosen, bootstrap_servers=bootstrap_servers, topic=topic, timeout_s=timeout, lines=save is not None
        )
    console = Console(highlight=False)
    print_demo(console, chosen, outcome)
    if save is not None and writes is not None:
        writes(outcome.recording, save)
        console.print(f"Kept in {save}; kafka-nio show {save} prints it again.", soft_wrap=True, markup=False)


def find(name: str) -> Demo:
    """The demo of this name."""
    if name not in DEMOS:
        raise Problem(f"there is no demo {name}; there are: {', '.join(DEMOS)}")
    return DEMOS[name]


def print_list(console: Console) -> None:
    """All demos, each with what one sees."""
    width = max(map(len, DEMOS)) + 1
    for demo in DEMOS.values():
        row = Table.grid(padding=(0, 1))
        row.add_column(min_width=3)
        row.add_column(min_width=width)
        row.add_column()
        row.add_row(demo.id, Text(demo.name, style="bold"), Text(demo.sentence))
        console.print(row)
    console.print(Text("\nRun one with: kafka-nio demo NAME. Two with the same number are to be compared."))


def print_demo(console: Console, demo: Demo, outcome: Outcome) -> None:
    """What one sees, the picture, and what came of it."""
    console.print(Text(demo.sentence, style="bold"))
    for other in demo.pair:
        if other != demo.name:
            console.print(Text(f"Compare it with: kafka-nio demo {other}"))
    for sentence in demo.watch_for:
        console.print(Text(f"· {sentence}"))
    console.print(Text("Rows are calls, indented below their callers; → is a result."))
    if any(step.clipped for step in outcome.recording.steps):
        console.print(Text("A call with … was under way already, or still is at the end."))
    console.print()
    print_recording(console, outcome.recording)
    console.print(Text(summary(outcome)))


def print_recording(console: Console, recording: Recording) -> None:
    """The picture and, where there are colours, what they mean."""
    for row in picture(recording, console.width, cuts=console.file.isatty()):
        console.print(row)
    console.print()
    if console.color_system is not None and not console.no_color:
        console.print(Text("Colours: ").append_text(legend(recording)))


def summary(outcome: Outcome) -> str:
    """What became of each record, and what it took."""
    match outcome.results:
        case ():
            told = "No record was sent."
        case (RecordMetadata() as metadata,):
            told = _place_and_time(metadata, outcome.leader)
        case results:
            told = "\n".join(f"Record {number}: {_told(result)}." for number, result in enumerate(results, start=1))
    return f"{told}\n{counts(outcome.recording)}"


def _place_and_time(metadata: RecordMetadata, leader: Node | None) -> str:
    when = datetime.fromtimestamp(metadata.timestamp_ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")
    broker = f", broker {leader.host}:{leader.port}" if leader is not None else ""
    place = f"topic {metadata.topic}, partition {metadata.partition}, {_offset(metadata)}"
    return f"Written: {place},\ntimestamp {when.removesuffix('+00:00')} UTC{broker}."


def _told(result: Result) -> str:
    if isinstance(result, RecordMetadata):
        return f"written, partition {result.partition}, {_offset(result)}"
    return f"not written, {str(result).rstrip('.')}"


def _offset(metadata: RecordMetadata) -> str:
    return "offset unknown" if metadata.offset == UNKNOWN_OFFSET else f"offset {metadata.offset}"


def counts(recording: Recording) -> str:
    """How many steps, selects and wakeups there were."""
    times = Counter[str]()
    within: dict[int, int] = {}
    for step in recording.steps:
        # A step that is kept once for several alike stands for as many, and so does what it called.
        within[step.seq] = step.count * within.get(step.parent or 0, 1)
        times[step.name] += within[step.seq]
    selects = times["nio.Selector.select"] + times["nio.Selector.select_now"]
    counted = {"step": len(recording.steps), "select": selects, "wakeup": times["nio.Selector.wakeup"]}
    return ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in counted.items()) + "."


def make_sure_it_can_be_kept(save: Path) -> None:
    """Open the file before the demo runs, so that a folder that is not there costs nobody a run.

    Raises:
        OSError: the file cannot be written.
    """
    was_there = save.exists()
    save.open("a").close()
    if not was_there:
        save.unlink()


def _writer() -> Callable[[Recording, Path], None]:
    """What writes recordings. Asked for before the demo runs, so that a missing package costs nobody a run."""
    try:
        from kafka_nio.tracing.otlp import write
    except ModuleNotFoundError as missing:
        raise Problem("--save needs OpenTelemetry's SDK: pip install 'kafka-nio[tracing]'") from missing
    return write
