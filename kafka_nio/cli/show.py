"""`kafka-nio show`: print a kept recording.

Java: no counterpart.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kafka_nio.cli.demo import counts, print_recording
from kafka_nio.tracing import Recording


def show(file: Annotated[Path, typer.Argument(help="A recording, such as traces/one-record.otlp.jsonl.")]) -> None:
    """Print a kept recording as demo does."""
    recording = Recording.load(file)
    console = Console(highlight=False)
    console.print(Text(f"Recording {recording.name}, from {file}\n", style="bold"))
    print_recording(console, recording)
    console.print(Text(counts(recording)))
