"""`kafka-nio show`: print a kept recording, or everything about one of its steps.

Java: no counterpart.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kafka_nio.cli.demo import counts
from kafka_nio.cli.one_step import frame_table, print_step
from kafka_nio.cli.picture import legend, picture
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.record import path_of
from kafka_nio.cli.short import cut, short
from kafka_nio.demos import DEMOS
from kafka_nio.quoting import harmless
from kafka_nio.tracing import Recording, Step

NARROWEST_COLUMN = 15
"""Where a terminal has less room for each thread, rows are longer than it is wide."""

MOST_THREADS = 100


def show(
    file: Annotated[Path, typer.Argument(help="A recording, such as traces/one-record.otlp.jsonl.")],
    step: Annotated[int | None, typer.Option(help="Everything about the step of this number.")] = None,
    grep: Annotated[str | None, typer.Option(help="Only steps in which this text occurs.")] = None,
    frames: Annotated[bool, typer.Option("--frames", help="The messages, byte by byte.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Leave out decisions, state changes and links.")] = False,
) -> None:
    """Print a kept recording, or one of its steps."""
    recording = load(file)
    console = Console(highlight=False)
    if step is not None:
        print_step(console, recording, _step(recording, step))
        return
    chosen = recording if grep is None else _only(recording, grep)
    name = cut(recording.name)
    with_frames = [step for step in chosen.steps if step.frame is not None]
    if frames and not with_frames:
        raise Problem(f"no message was recorded in {name}: it was made without bytes, or nothing was sent")
    title = f"Recording {name}, from {harmless(str(file))}\n"
    console.print(Text(title, style="bold"), soft_wrap=True)
    if frames:
        for one in with_frames:
            console.print(frame_table(recording, one))
        return
    _print(console, short(chosen), details=not brief)
    console.print(Text(counts(chosen)))


def load(file: Path) -> Recording:
    """The recording in a file.

    Raises:
        Problem: it is a demo's name, and what was meant is in another file.
    """
    if str(file) in DEMOS and not file.exists():
        kept = path_of(DEMOS[str(file)], Path("traces"))
        raise Problem(f"{file} is a demo; its recording is a file, {kept} in a checkout: kafka-nio show {kept}")
    return Recording.load(file)


def _print(console: Console, recording: Recording, *, details: bool) -> None:
    threads = len(recording.threads)
    if threads > MOST_THREADS:
        raise Problem(f"{threads:,} threads do not fit into a picture of {MOST_THREADS}; choose with --step or --grep")
    width = max(console.width, threads * NARROWEST_COLUMN)
    for row in picture(recording, width, cuts=console.file.isatty(), details=details):
        console.print(row, soft_wrap=width > console.width)
    console.print()
    if console.color_system is not None and not console.no_color:
        console.print(Text("Colours: ").append_text(legend(recording)))
    if details:
        console.print(Text("? a decision, • a change of state, ← what the step goes on from. More: --step NUMBER"))


def _step(recording: Recording, number: int) -> Step:
    try:
        return recording.step(number)
    except LookupError:
        last = recording.steps[-1].seq
        raise Problem(f"there is no step {number} in {cut(recording.name)}; its steps go from 1 to {last}") from None


def _only(recording: Recording, text: str) -> Recording:
    found = tuple(step for step in recording.steps if text.lower() in _all_texts(step))
    if not found:
        raise Problem(f"{text} occurs in no step of {cut(recording.name)}")
    return replace(recording, steps=found)


def _all_texts(step: Step) -> str:
    """All that is written of a step, in small letters."""
    parts: list[object] = [step.name, step.stage, step.thread, step.error_type, step.error, *step.about]
    parts += [*step.shown.values()]
    parts += [part for one in step.decisions for part in (one.name, one.result)]
    parts += [part for change in step.changes for item in change.values.items() for part in item]
    if step.frame is not None:
        parts += [step.frame.api, *(one.name for one in step.frame.fields)]
    return "\n".join(str(part) for part in parts if part is not None).lower()
