"""`kafka-nio record`: write the recordings that the site shows, or check that the kept ones are those of today's code.

Java: no counterpart.
"""

from pathlib import Path
from typing import Annotated

import typer

from kafka_nio.cli.demo import find
from kafka_nio.cli.problem import Problem
from kafka_nio.demos import DEMOS, Demo, record_demo
from kafka_nio.tracing.recording import SUFFIX, Recording, RecordingError
from kafka_nio.tracing.stale import REFERENCE_PYTHON, difference, is_reference_python

COMMAND = "kafka-nio record --all"


def record(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which demos: {', '.join(DEMOS)}.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a kept recording is stale.")] = False,
    to: Annotated[Path, typer.Option(help="The folder of the recordings.")] = Path("traces"),
) -> None:
    """Record demos: the same code gives the same bytes.

    Threads take turns, and time is virtual.
    """
    demos = [find(name) for name in names or []] or (list(DEMOS.values()) if all or check else [])
    if not demos:
        raise Problem(f"which demo? Name one of {', '.join(DEMOS)}, or say --all")
    if check:
        _check(demos, to)
    else:
        to.mkdir(parents=True, exist_ok=True)
        for number, demo in enumerate(demos, start=1):
            _write(demo, to, f"[{number}/{len(demos)}] " if len(demos) > 1 else "")


def path_of(demo: Demo, folder: Path) -> Path:
    """Where a demo's recording is kept."""
    return folder / f"{demo.name}{SUFFIX}"


def text_of(recording: Recording) -> str:
    """A recording as the text of its file."""
    try:
        from kafka_nio.tracing import otlp
    except ModuleNotFoundError as missing:
        raise Problem("recordings need OpenTelemetry's SDK: pip install 'kafka-nio[tracing]'") from missing
    return otlp.text_of(recording)


def _write(demo: Demo, folder: Path, place: str) -> None:
    path = path_of(demo, folder)
    text = text_of(record_demo(demo).recording)
    is_same = path.exists() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"{place}{path}: {'as it was' if is_same else 'written'}, {len(text.encode()):,} bytes")
    if not is_reference_python():
        reference = ".".join(map(str, REFERENCE_PYTHON))
        typer.echo(
            f"{path}: do not keep it. Which lines count as executed differs from Python {reference}, the reference"
        )


def _check(demos: list[Demo], folder: Path) -> None:
    stale = [problem for demo in demos if (problem := staleness(demo, folder)) is not None]
    if stale:
        raise Problem(f"{'; '.join(stale)}. Record again: {COMMAND}")
    for demo in demos:
        typer.echo(f"{path_of(demo, folder)}: up to date")


def staleness(demo: Demo, folder: Path) -> str | None:
    """What is wrong with a demo's kept recording, or None if recording it again gives the same."""
    path = path_of(demo, folder)
    try:
        kept = path.read_text(encoding="utf-8")
        kept_recording = Recording.parse(kept, str(path))
    except FileNotFoundError:
        return f"{path} is missing"
    except RecordingError as error:
        return str(error)
    fresh = record_demo(demo).recording
    what = difference(kept_recording, fresh, compare_lines=is_reference_python())
    if what is not None:
        return f"{path} is stale: {what}"
    if kept != text_of(kept_recording):
        return f"{path} holds the same steps as today, but is not written in the same way"
    return None
