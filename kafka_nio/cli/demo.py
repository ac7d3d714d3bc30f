"""`kafka-nio demo`: run a demo here and now, and print what each thread did.

Java: no counterpart.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kafka_nio.cli.picture import legend, picture
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import first_failure_told
from kafka_nio.demos import DEMOS, Demo, Outcome, play
from kafka_nio.tracing import Recording


def demo(
    name: Annotated[str, typer.Argument(help=f"Which one: {', '.join(DEMOS)}.")] = next(iter(DEMOS)),
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="A cluster to write to, as host:port. Without it, a broker in this process.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Where the records go, if not to the demo's own topic.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the recording in this file (OTLP JSON Lines).")] = None,
    timeout: Annotated[float, typer.Option(help="Give up after so many seconds.", min=0.1)] = 10,
) -> None:
    """Run a demo on real threads and print what each of them did."""
    chosen = find(name)
    writes = _writer() if save is not None else None
    if save is not None:
        _make_sure_it_can_be_kept(save)
    with first_failure_told():
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


def print_demo(console: Console, demo: Demo, outcome: Outcome) -> None:
    """What one sees, the picture, and what came of it."""
    console.print(Text(demo.sentence, style="bold"))
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
    """Where the record is now, and what it took."""
    metadata, leader = outcome.metadata, outcome.leader
    when = datetime.fromtimestamp(metadata.timestamp_ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")
    place = f"topic {metadata.topic}, partition {metadata.partition}, offset {metadata.offset}"
    broker = f", broker {leader.host}:{leader.port}" if leader is not None else ""
    return f"Written: {place},\ntimestamp {when.removesuffix('+00:00')} UTC{broker}.\n{counts(outcome.recording)}"


def counts(recording: Recording) -> str:
    """How many steps, selects and wakeups there were."""
    names = [step.name for step in recording.steps]
    counted = {"step": len(names), "select": names.count("Selector.select"), "wakeup": names.count("Selector.wakeup")}
    return ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in counted.items()) + "."


def _make_sure_it_can_be_kept(save: Path) -> None:
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
