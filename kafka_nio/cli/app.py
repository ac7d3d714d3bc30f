"""The command and its subcommands, and what becomes of every way in which one can end.

Java: no counterpart.
"""

import logging
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from kafka_nio.cli import (
    INTERRUPTED,
    broker,
    demo,
    diff,
    export,
    learn,
    lint,
    perf,
    produce,
    record,
    show,
    simulate,
    tour,
)
from kafka_nio.cli.problem import Problem
from kafka_nio.errors import KafkaError
from kafka_nio.version import VERSION

DEBUG = "--debug"

app = typer.Typer(
    name="kafka-nio",
    help="Read Kafka's producer while it runs. Begin with: kafka-nio tour",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command(no_args_is_help=False)(tour.tour)
app.command(no_args_is_help=False)(demo.demo)
app.command(no_args_is_help=False)(record.record)
app.command(no_args_is_help=False)(show.show)
app.command(no_args_is_help=False)(diff.diff)
app.command("lint", no_args_is_help=False)(lint.lint_files)
app.command(no_args_is_help=False)(export.export)
app.command(no_args_is_help=False)(broker.broker)
app.command(no_args_is_help=False)(produce.produce)
app.command(no_args_is_help=False)(perf.perf)
app.command(no_args_is_help=False)(simulate.simulate)
app.add_typer(learn.learn, name="learn")


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show where an error comes from, and the log.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"kafka-nio {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit status."""
    is_debugging = DEBUG in arguments  # also behind the subcommand, where one thinks of it
    level = logging.DEBUG if is_debugging else logging.CRITICAL
    log = logging.StreamHandler()
    log.setLevel(level)  # also for loggers that somebody listens to more closely, as `waiting` does
    logging.basicConfig(level=level, handlers=[log], format="%(threadName)s: %(message)s", force=True)
    _never_fail_to_print()
    command = typer.main.get_command(app)
    rest = [argument for argument in arguments if argument != DEBUG]
    try:
        status = command.main(args=rest, prog_name="kafka-nio", standalone_mode=False)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads any more; do not complain to nobody about it
        return 1
    except Exception as error:
        if is_debugging:
            traceback.print_exception(error)
        return _tell(error)
    if status == INTERRUPTED:
        _say("interrupted")
    return status if isinstance(status, int) else 0


def _tell(error: Exception) -> int:
    """Print an error as one line, and return the status to exit with."""
    if type(error).__name__ == "Abort":  # what some versions of typer make of Ctrl-C
        _say("interrupted")
        return INTERRUPTED
    if hasattr(error, "format_message"):  # typer's own: the arguments make no sense
        context = getattr(error, "ctx", None)
        asked = context.command_path if context is not None else "kafka-nio"
        _say(f"{error.format_message().rstrip('.')}. See: {asked} --help")
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.filename is not None:
        _say(f"{error.filename}: {error.strerror}")
    elif isinstance(error, Problem | KafkaError | OSError):
        _say(str(error) or type(error).__name__)
    else:
        _say(f"{type(error).__name__}: {error} (a fault of kafka-nio itself; {DEBUG} shows where)")
    return error.status if isinstance(error, Problem) else 1


def _say(sentence: str) -> None:
    line = " ".join(sentence.split())
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"kafka-nio: {line}", style="red", markup=False)


def _never_fail_to_print() -> None:
    """A terminal that cannot show an arrow shows a question mark, and the command goes on."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
