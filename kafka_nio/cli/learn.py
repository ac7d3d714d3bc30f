"""`kafka-nio learn`: the exercises, one failing test at a time.

Java: no counterpart.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kafka_nio.cli import INTERRUPTED
from kafka_nio.cli.course import Course
from kafka_nio.cli.learn_screen import print_head
from kafka_nio.cli.problem import Problem
from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.workspace import Workspace, WorkspaceError

FOLDER = Path("kafka-nio-exercises")

NEEDED = ("pytest", "hypothesis", "watchfiles", "opentelemetry.sdk")

Which = Annotated[str | None, typer.Argument(help="An exercise, such as e07; the current one if left out.")]


def _require(*modules: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise Problem(f"the exercises need {', '.join(missing)}: pip install 'kafka-nio[learn]'")


class RunByDefault(TyperGroup):
    """`learn e07` and `learn` alone mean `learn run e07` and `learn run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the `run` that was left out."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


# The commands...

learn = typer.Typer(
    cls=RunByDefault,
    help="Write the hard parts yourself, one failing test at a time.",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
)


@learn.command()
def start(
    folder: Annotated[Path, typer.Argument(help="Where to; it is made.", metavar="[FOLDER]")] = FOLDER,
) -> None:
    """Make a workspace: the exercises, their tests and a README. What is there already is left as it is."""
    _require(*NEEDED)
    workspace = Workspace(folder.resolve())
    typer.echo("Writing the exercises, and recording what some of them ask about …")
    try:
        written = workspace.make()
    except WorkspaceError as error:
        raise Problem(str(error)) from None
    if not written:
        typer.echo(f"{workspace.root} is complete already; nothing was changed.")
    first = Course(workspace).chosen(None)
    typer.echo(f"{len(EXERCISES)} exercises are in {workspace.root}. Go on with:\n")
    typer.echo(f"    cd {folder}\n    kafka-nio learn\n")
    typer.echo(f"and open exercises/{first.stem}.py in your editor beside it.")


@learn.command("run")
def run(
    exercise: Which = None,
    once: Annotated[bool, typer.Option("--once", help="Run it once, instead of whenever it is saved.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="When it fails, show both runs in a browser.")] = False,
) -> None:
    """Run an exercise, and again whenever it is saved. `run` may be left out."""
    _require(*NEEDED)
    course = Course.here()
    chosen = course.chosen(exercise)
    course.take(chosen)
    if once:
        verdict = course.run(chosen)
        if open_ and not verdict.is_solved:
            course.open(chosen)
        raise typer.Exit(0 if verdict.is_solved else 1)
    from kafka_nio.cli.learn_watch import Watcher

    try:
        Watcher(course, chosen, opens=open_).watch()
    except KeyboardInterrupt:
        here = course.progress.current
        raise Problem(f"stopped at {here}; your work is saved. Go on with: kafka-nio learn", INTERRUPTED) from None


@learn.command("list")
def list_() -> None:
    """Show all exercises, and which are done."""
    Course.here().list()


@learn.command()
def hint(exercise: Which = None) -> None:
    """Give the next hint: a question, the place, the answer's shape."""
    course = Course.here()
    course.hint(course.chosen(exercise))


@learn.command()
def solution(exercise: Which = None) -> None:
    """Show the solution, once yours passes, or when asked twice."""
    course = Course.here()
    course.solution(course.chosen(exercise))


@learn.command("next")
def next_() -> None:
    """Go on to the next exercise that is not done."""
    course = Course.here()
    following = course.following(course.chosen(None))
    if following is None:
        typer.echo("All exercises are done.")
        return
    course.take(following)
    print_head(course.console, course.workspace, following, course.progress)
    typer.echo("Run it with: kafka-nio learn")


@learn.command()
def reset(exercise: Which = None) -> None:
    """Write a fresh file; the old one is kept."""
    course = Course.here()
    chosen = course.chosen(exercise)
    kept = course.reset(chosen)
    typer.echo(f"{course.workspace.file_of(chosen)} is as it was at the beginning.")
    if kept is not None:
        typer.echo(f"What you had is kept in {kept}.")
