"""`kafka-nio export`: a recording in the form that another viewer opens.

Java: no counterpart.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kafka_nio.cli.problem import Problem
from kafka_nio.cli.show import load
from kafka_nio.tracing import Recording
from kafka_nio.tracing.export_perfetto import perfetto_text
from kafka_nio.tracing.recording import SUFFIX


class Viewer(StrEnum):
    """Who is to open it."""

    JAEGER = "jaeger"
    PERFETTO = "perfetto"


HOW_TO_OPEN = {
    Viewer.JAEGER: "in Jaeger: Search, Upload",
    Viewer.PERFETTO: "at https://ui.perfetto.dev: Open trace file",
}


def export(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    to: Annotated[Viewer, typer.Option(help="Who is to open it.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; beside the recording if not given.")] = None,
) -> None:
    """Write a recording for Jaeger or Perfetto."""
    recording = load(file)
    text = perfetto_text(recording) if to is Viewer.PERFETTO else _jaeger_text(recording)
    path = out or file.with_name(f"{file.name.removesuffix(SUFFIX)}.{to}.json")
    path.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"{path}: {len(text.encode()):,} bytes; open it {HOW_TO_OPEN[to]}")


def _jaeger_text(recording: Recording) -> str:
    try:
        from kafka_nio.tracing.export_jaeger import jaeger_text
    except ModuleNotFoundError as missing:
        raise Problem("--to jaeger needs OpenTelemetry's SDK: pip install 'kafka-nio[tracing]'") from missing
    return jaeger_text(recording)
