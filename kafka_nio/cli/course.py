"""A learner's course through the exercises, as `kafka-nio learn` leads it.

Java: no counterpart.
"""

import webbrowser
from pathlib import Path

import typer
from rich.console import Console
from rich.syntax import Syntax

from kafka_nio.cli.learn_screen import print_head, print_hint, print_list, print_verdict
from kafka_nio.cli.problem import Problem
from kafka_nio.exercises.attempt import PACKAGE
from kafka_nio.exercises.catalogue import EXERCISES, find
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.progress import ProgressError
from kafka_nio.exercises.runner import RunnerError, Verdict, run
from kafka_nio.exercises.text import solution_text
from kafka_nio.exercises.workspace import Workspace, WorkspaceError
from kafka_nio.tracing import Recording
from kafka_nio.tracing.recording import RecordingError


class Course:
    """A learner's workspace, and how far the learner is in it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        try:
            self.progress = workspace.progress()
        except ProgressError as error:
            raise Problem(str(error)) from None
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
        self.progress.current = exercise.id
        self.save()

    def following(self, exercise: Exercise) -> Exercise | None:
        """The next one that has not passed, going round."""
        number = EXERCISES.index(exercise) + 1
        return next(
            (one for one in EXERCISES[number:] + EXERCISES[:number] if one.id not in self.progress.passed), None
        )

    def _first_open(self) -> Exercise | None:
        return next((one for one in EXERCISES if one.id not in self.progress.passed), None)

    def save(self) -> None:
        """Keep how far the learner is."""
        self.progress.save(self.workspace.progress_file)

    # What one can do...

    def run(self, exercise: Exercise) -> Verdict:
        """Test an exercise, print how it went, and keep that it passed."""
        print_head(self.console, self.workspace, exercise, self.progress)
        self.console.print("Testing …", style="bright_black")
        try:
            verdict = run(self.workspace, exercise)
        except RunnerError as error:
            raise Problem(str(error)) from None
        if verdict.is_solved:
            self.progress.passed[exercise.id] = verdict.score.text() if verdict.score else ""
            self.save()
        print_verdict(self.console, exercise, verdict, self.following(exercise))
        return verdict

    def hint(self, exercise: Exercise) -> None:
        """Print the next hint; after the last one, the last one again."""
        number = min(self.progress.hints.get(exercise.id, 0) + 1, len(exercise.hints))
        self.progress.hints[exercise.id] = number
        self.save()
        print_hint(self.console, exercise, number)

    def solution(self, exercise: Exercise) -> None:
        """Print the solution, if the learner has one too, or has asked before."""
        if exercise.id not in self.progress.passed and exercise.id not in self.progress.asked:
            self.progress.asked.append(exercise.id)
            self.save()
            hints = len(exercise.hints) - self.progress.hints.get(exercise.id, 0)
            left = f" There {'is' if hints == 1 else 'are'} still {hints} of its hints to see first." if hints else ""
            self.console.print(f"{exercise.id} does not pass yet.{left} Ask once more, and here is the solution.")
            return
        text = solution_text(exercise)
        if self.console.is_terminal:
            self.console.print(Syntax(text, "python", background_color="default", word_wrap=True))
        else:
            typer.echo(text, nl=False)

    def list(self) -> None:
        """Print all exercises."""
        print_list(self.console, self.progress)

    def open(self, exercise: Exercise) -> None:
        """Show the last failing run beside the right one, in a browser."""
        from kafka_nio.book.standalone import comparison_page  # here, because a page needs much that nothing else does

        paths = self.workspace.runs_of(exercise)
        if not all(path.is_file() for path in paths):
            raise Problem(f"there is nothing to compare: no run of {exercise.id} failed since you began")
        page = self.workspace.page_of(exercise)
        try:
            yours, reference = map(Recording.load, paths)
        except RecordingError as error:
            raise Problem(f"{error}. Run it again: kafka-nio learn run {exercise.id}") from None
        text = comparison_page(
            exercise.title, yours, reference, files=self._files(exercise), hidden=self._hidden(exercise)
        )
        page.write_text(text, encoding="utf-8")
        self.console.print(f"Both runs, side by side: {page.as_uri()}", soft_wrap=True)
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
