"""`kafka-nio lint`: look for the mistakes that select loops invite, in recordings from anywhere.

Java: no counterpart.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kafka_nio.cli.problem import Problem
from kafka_nio.cli.short import cut
from kafka_nio.cli.show import load
from kafka_nio.quoting import harmless
from kafka_nio.tracing.lint import LINTS, lint

FOUND_SOME = 1
"""The exit status if there is a finding."""


def lint_files(
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Explain all lints.")] = False,
) -> None:
    """Look for mistakes in recordings. Exit status 1 if there is one."""
    console = Console(highlight=False)
    if list_:
        for name, one in LINTS.items():
            console.print(Text.assemble((name, "bold"), f": {one.sentence}"), soft_wrap=True)
    elif not files:
        raise Problem("which recording? Name a file, or say --list")
    elif sum([_print_findings(console, file) for file in files]):
        raise typer.Exit(FOUND_SOME)


def _print_findings(console: Console, file: Path) -> int:
    """One line for each finding; return how many there are."""
    findings, name = lint(load(file)), harmless(str(file))
    for finding in findings:
        place, sentence = f"{name}: step {finding.seq}: ", f": {cut(finding.sentence)}"
        console.print(Text.assemble(place, (finding.lint, "bold red"), sentence), soft_wrap=True)
    if not findings:
        console.print(f"{name}: nothing found", soft_wrap=True, markup=False)
    return len(findings)
