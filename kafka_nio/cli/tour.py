"""`kafka-nio tour`: the shortest way into this repository. Records a demo, prints it, builds the site and serves it.

Java: no counterpart.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from kafka_nio.cli.demo import print_demo
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.record import COMMAND, path_of, text_of
from kafka_nio.cli.serve import serve
from kafka_nio.cli.waiting import stopped_by_signals
from kafka_nio.demos import DEMOS, Demo, record_demo
from kafka_nio.tracing.recording import Recording, RecordingError
from kafka_nio.tracing.stale import difference, is_reference_python


def tour(
    port: Annotated[int, typer.Option(help="Where to serve the site; 0 takes any free port.", min=0, max=65535)] = 8000,
    serve_it: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the site until Ctrl-C.")] = True,
) -> None:
    """Record a demo, print it, build the site and serve it. Run it in a checkout of the repository."""
    checkout = _checkout(Path.cwd())
    demo = next(iter(DEMOS.values()))
    with stopped_by_signals():
        outcome = record_demo(demo)
        console = Console(highlight=False)
        print_demo(console, demo, outcome)
        console.print()
        typer.echo(_compare(outcome.recording, demo, checkout))
        site = _build(checkout)
        if serve_it:
            serve(site, port)


def _checkout(folder: Path) -> Path:
    """The folder with `mkdocs.yml`: this one, or one above it."""
    for candidate in (folder, *folder.parents):
        if (candidate / "mkdocs.yml").is_file():
            return candidate
    raise Problem(f"there is no mkdocs.yml in {folder}: run the tour in a checkout of the kafka-nio repository")


def _compare(recording: Recording, demo: Demo, checkout: Path) -> str:
    """Record to a file as `record` would, and say how it differs from the kept one."""
    with TemporaryDirectory() as folder:
        fresh = path_of(demo, Path(folder))
        fresh.write_text(text_of(recording), encoding="utf-8", newline="\n")
        kept = path_of(demo, checkout / "traces")
        name = kept.relative_to(checkout)
        if not kept.exists():
            return f"There is no {name} to compare it with; {COMMAND} writes it."
        if fresh.read_bytes() == kept.read_bytes():
            return f"Recorded again just now: identical to {name}, byte for byte."
        try:
            what = difference(Recording.load(kept), recording, compare_lines=is_reference_python())
        except RecordingError as error:
            what = str(error)
    if what is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"Recorded again just now: {name}, but for how Python {version} counts executed lines."
    return f"Recorded again just now: {name} is stale ({what}); {COMMAND} writes it again."


def _build(checkout: Path) -> Path:
    """Build the site with mkdocs; return its folder."""
    for module in ("mkdocs", "material"):
        if find_spec(module) is None:
            raise Problem("the site needs mkdocs and mkdocs-material: pip install 'kafka-nio[site]'")
    typer.echo("Building the site …")
    site = checkout / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"the site could not be built: {_reason(done.stderr + done.stdout)}")
    typer.echo(f"Built in {site}.")
    return site


def _reason(output: str) -> str:
    """What mkdocs' output says is wrong: the text of the exception, its last error, or else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1].partition(": ")[2] or lines[-1]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["mkdocs did not say why"])[-1]
