"""`kafka-nio show`: print a kept recording.

Java: no counterpart.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kafka_nio.cli.demo import counts, print_recording
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.record import path_of
from kafka_nio.demos import DEMOS
from kafka_nio.tracing import Recording


def show(file: Annotated[Path, typer.Argument(help="A recording, such as traces/one-record.otlp.jsonl.")]) -> None:
    """Print a kept recording as demo does."""
    if str(file) in DEMOS and not file.exists():
        kept = path_of(DEMOS[str(file)], Path("traces"))
        raise Problem(f"{file} is a demo; its recording is a file, {kept} in a checkout: kafka-nio show {kept}")
    recording = Recording.load(file)
    console = Console(highlight=False)
    console.print(Text(f"Recording {recording.name}, from {file}\n", style="bold"))
    print_recording(console, recording)
    console.print(Text(counts(recording)))
