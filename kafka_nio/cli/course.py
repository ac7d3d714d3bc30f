"""A learner's course through the exercises, as `kafka-nio learn` leads it.

Java: no counterpart.
"""

import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.syntax import Syntax

from kafka_nio.cli.learn_screen import print_head, print_hint, print_list, print_next, print_verdict
from kafka_nio.cli.problem import Problem
from kafka_nio.exercises.attempt import PACKAGE
from kafka_nio.exercises.catalogue import EXERCISES, find
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.progress import Progress, ProgressError
from kafka_nio.exercises.runner import RunnerError, Verdict, run
from kafka_nio.exercises.text import solution_text
from kafka_nio.exercises.workspace import Workspace, WorkspaceError
from kafka_nio.tracing import Recording
from kafka_nio.tracing.recording import RecordingError


class Course:
    """A learner's workspace, and how far the learner is in it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.progress = self._progress_now()
        self.console = Console(highlight=False)

    @classmethod
    def here(cls) -> "Course":
        """The one in the current folder, or in one above it."""
        try:
            return cls(Workspace.around(Path.cwd()))
        except WorkspaceError as error:
            raise Problem(str(error)) from None

    def chosen(self, id: str | None) -> Exercise:
        """The exercise of this name, or else the current one."""
        if id is None:
            return find(self.progress.current) or self._first_open() or EXERCISES[-1]
        exercise = find(id)
        if exercise is None:
            span = f"{EXERCISES[0].id} to {EXERCISES[-1].id}"
            raise Problem(f"there is no exercise {id}; kafka-nio learn list shows all, {span}")
        return exercise

    def take(self, exercise: Exercise) -> None:
        """From now on this is the current exercise."""
        with self._changing() as progress:
            progress.current = exercise.id

    def following(self, exercise: Exercise) -> Exercise | None:
        """The next one that has not passed, going round."""
        number = EXERCISES.index(exercise) + 1
        return next(
            (one for one in EXERCISES[number:] + EXERCISES[:number] if one.id not in self.progress.passed), None
        )

    def _first_open(self) -> Exercise | None:
        return next((one for one in EXERCISES if one.id not in self.progress.passed), None)

    def _progress_now(self) -> Progress:
        try:
            return self.workspace.progress()
        except ProgressError as error:
            raise Problem(str(error)) from None

    @contextmanager
    def _changing(self) -> Iterator[Progress]:
        """How far the learner is by now, for in another terminal more may have passed; kept after the block."""
        try:
            with Progress.changing(self.workspace.progress_file) as self.progress:
                yield self.progress
        except ProgressError as error:
            raise Problem(str(error)) from None

    # What one can do...

    def run(self, exercise: Exercise, *, go_on: str = "kafka-nio learn next") -> Verdict:
        """Test an exercise, print how it went, and keep that it passed. `go_on` says how to go on from there."""
        print_head(self.console, self.workspace, exercise, self.progress)
        self.console.print("Testing …", style="bright_black")
        try:
            verdict = run(self.workspace, exercise)
        except RunnerError as error:
            raise Problem(str(error)) from None
        if verdict.is_solved:
            with self._changing() as progress:
                progress.passed[exercise.id] = verdict.score.text() if verdict.score else ""
        print_verdict(self.console, exercise, verdict, self.progress)
        if verdict.is_solved:
            print_next(self.console, self.following(exercise), go_on)
        return verdict

    def hint(self, exercise: Exercise) -> None:
        """Print the next hint; after the last one, the last one again."""
        with self._changing() as progress:
            number = min(progress.hints.get(exercise.id, 0) + 1, len(exercise.hints))
            progress.hints[exercise.id] = number
        print_hint(self.console, exercise, number)

    def solution(self, exercise: Exercise) -> None:
        """Print the solution, if the learner has one too, or has asked before."""
        with self._changing() as progress:
            is_shown = exercise.id in progress.passed or exercise.id in progress.asked
            if not is_shown:
                progress.asked.append(exercise.id)
        if not is_shown:
            hints = len(exercise.hints) - self.progress.hints.get(exercise.id, 0)
            left = f" There {'is' if hints == 1 else 'are'} still {hints} of its hints to see first." if hints else ""
            self.console.print(f"{exercise.id} does not pass yet.{left} Ask once more to see the solution.")
            return
        text = solution_text(exercise)
        if self.console.is_terminal:
            self.console.print(Syntax(text, "python", background_color="default", word_wrap=True))
        else:
            typer.echo(text, nl=False)

    def reset(self, exercise: Exercise) -> Path | None:
        """Write a fresh file, which has not passed; return where the old one is kept, if there was one."""
        kept = self.workspace.reset(exercise)
        with self._changing() as progress:
            progress.passed.pop(exercise.id, None)
        return kept

    def list(self) -> None:
        """Print all exercises."""
        self.progress = self._progress_now()
        print_list(self.console, self.progress)

    def open(self, exercise: Exercise) -> None:
        """Show the last failing run beside the right one, in a browser; of a question, the run it is about."""
        from kafka_nio.book.standalone import comparison_page, run_page  # here, because a page needs much else

        if exercise.recordings is not None:
            raise Problem(f"{exercise.id} asks about recordings that you have: its file says how to read them")
        paths = self.workspace.runs_of(exercise)
        if not all(path.is_file() for path in paths):
            raise Problem(f"there is nothing to compare: no run of {exercise.id} failed since you began")
        page = self.workspace.page_of(exercise)
        try:
            yours, reference = map(Recording.load, paths)
        except RecordingError as error:
            raise Problem(f"{error}. Run it again: kafka-nio learn run {exercise.id}") from None
        files, hidden = self._files(exercise), self._hidden(exercise)
        if exercise.targets:
            what = "Both runs, side by side"
            text = comparison_page(exercise.title, yours, reference, files=files, hidden=hidden)
        else:
            what, text = "The run it asks about", run_page(exercise.title, reference, files=files)
        page.write_text(text, encoding="utf-8")
        self.console.print(f"{what}: {page.as_uri()}", soft_wrap=True)
        webbrowser.open(page.as_uri())

    def _files(self, exercise: Exercise) -> dict[str, Path]:
        """Where the files are whose functions ran in the place of the package's, by what recordings call them."""
        solution = exercise.file("solution.py")
        files = {f"{PACKAGE}/{exercise.stem}.py": self.workspace.file_of(exercise)}
        return files if solution is None else {**files, f"{PACKAGE}/{solution.name}": solution}

    def _hidden(self, exercise: Exercise) -> dict[str, str]:
        """The solution's functions, as long as `solution` would not print them, and what to say in their place."""
        if exercise.id in self.progress.passed or exercise.id in self.progress.asked:
            return {}
        how = f"`kafka-nio learn solution {exercise.id}` shows it, once yours passes or when asked twice."
        said = f"This is the solution. {how}"
        names = [name for target in exercise.targets for name in (target.symbol, f"{PACKAGE}.solution.{target.name}")]
        return dict.fromkeys(names, said)
