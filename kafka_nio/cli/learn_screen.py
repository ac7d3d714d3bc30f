"""What `kafka-nio learn` prints: an exercise, how it went, how far one is.

Java: no counterpart.
"""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.failure import Failure
from kafka_nio.exercises.progress import Progress
from kafka_nio.exercises.runner import Verdict
from kafka_nio.exercises.text import HINTS, NOT_WRITTEN
from kafka_nio.exercises.workspace import Workspace

BAR = 30


def print_head(console: Console, workspace: Workspace, exercise: Exercise, progress: Progress) -> None:
    """The exercise, its file, and how many are done."""
    console.print(Text(_bar(progress), style="bright_black"))
    console.print(Text(f"{exercise.id}: {exercise.title}", style="bold"))
    console.print(Text(f"{workspace.file_of(exercise)}", style="cyan"), soft_wrap=True)
    console.print()


def _bar(progress: Progress) -> str:
    done = len(progress.passed)
    filled = BAR * done // len(EXERCISES)
    return f"{'█' * filled}{'░' * (BAR - filled)} {done} of {len(EXERCISES)} done"


def print_verdict(console: Console, exercise: Exercise, verdict: Verdict, progress: Progress) -> None:
    """How it went, and how many are done by now."""
    if verdict.failure is not None:
        _print_failure(console, verdict.failure, verdict.passed)
        return
    number = f"{verdict.passed} test{'' if verdict.passed == 1 else 's'}"
    console.print(Text(f"✓ {exercise.id} passes: {number}.", style="bold green"))
    if verdict.score is not None and (cost := verdict.score.text()):
        console.print(f"It costs {'no more than the reference' if verdict.score.is_as_good else 'more'}: {cost}.")
    console.print(Text(_bar(progress), style="green"))


def print_next(console: Console, following: Exercise | None, go_on: str) -> None:
    """What comes next, and how to go on to it."""
    console.print()
    if following is None:
        console.print(Text("That was the last one. All are done.", style="bold"))
    else:
        title = following.title[0].lower() + following.title[1:]
        console.print(f"Next: {following.id}, {title}.", markup=False)
        console.print(f"Go on to it: {go_on}")


def _print_failure(console: Console, failure: Failure, passed: int) -> None:
    if NOT_WRITTEN in failure.found:
        console.print(Text("○ There is something to write.", style="bold yellow"))
    else:
        before = f" after {passed} that pass{'es' if passed == 1 else ''}" if passed else ""
        console.print(Text(f"✗ A test fails{before}.", style="bold red"))
    console.print()
    console.print(failure.text(console.width), markup=False)


def print_list(console: Console, progress: Progress) -> None:
    """All exercises."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "", "kind", "task", "hints"):
        table.add_column(title)
    for one in EXERCISES:
        mark = "✓" if one.id in progress.passed else "→" if one.id == progress.current else ""
        hints = progress.hints.get(one.id, 0)
        table.add_row(mark, one.id, one.kind.value, one.title, str(hints) if hints else "")
    console.print(table)
    console.print(f"{len(progress.passed)} of {len(EXERCISES)} done. Any may be taken: kafka-nio learn e07")


def print_hint(console: Console, exercise: Exercise, number: int) -> None:
    """One of the three hints, counted from 1."""
    console.print(Text(f"{exercise.id}, hint {number} of {len(exercise.hints)}: {HINTS[number - 1]}", style="bold"))
    console.print(exercise.hints[number - 1], markup=False)
