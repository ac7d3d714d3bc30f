"""Watches a workspace: an exercise that was saved is run at once; keys do what the subcommands do.

Java: no counterpart.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import watchfiles

from kafka_nio.cli.course import Course
from kafka_nio.cli.keys import keys
from kafka_nio.cli.problem import Problem
from kafka_nio.exercises.exercise import Exercise

LOOK_MS = 200
"""How often to look for a key that was pressed."""

KEYS = """\
h  a hint            n  the next exercise     r  run it again
o  open both runs    s  the solution          l  the list of all
q  leave"""

WATCHING = "\nWatching for changes: save to run it. h hint, n next, o open, ? all, q leave"


class Watcher:
    """Runs the current exercise whenever it is saved."""

    def __init__(self, course: Course, exercise: Exercise, *, opens: bool) -> None:
        self._course = course
        self._exercise = exercise
        self._opens = opens
        self._is_over = False
        self._actions: dict[str, Callable[[], object]] = {
            "h": lambda: course.hint(self._exercise),
            "n": self._go_on,
            "r": self._run,
            "o": lambda: course.open(self._exercise),
            "s": lambda: course.solution(self._exercise),
            "l": course.list,
            "q": self._leave,
            "?": lambda: course.console.print(KEYS),
        }

    def watch(self) -> None:
        """Go on until `q` or Ctrl-C."""
        folder = self._course.workspace.file_of(self._exercise).parent
        folder.mkdir(exist_ok=True)  # somebody may have deleted it; that is no reason not to watch for it
        rounds = watchfiles.watch(folder, rust_timeout=LOOK_MS, yield_on_timeout=True, raise_interrupt=True)
        with keys() as pressed:
            next(rounds)  # from here on no save is missed, so the first run may take as long as it likes
            self._run()
            for changes in rounds:
                self._saved({Path(path) for _, path in changes})
                self._act(pressed())
                if self._is_over:
                    return

    def _saved(self, paths: set[Path]) -> None:
        found = [one for path in sorted(paths) if (one := self._course.workspace.exercise_in(path)) is not None]
        if found:
            # Who saves another exercise wants to see that one.
            self._exercise = self._exercise if self._exercise in found else found[0]
            self._run()

    def _act(self, key: str) -> None:
        if key:
            with self._telling_problems():
                self._actions.get(key.lower(), self._actions["?"])()

    @contextmanager
    def _telling_problems(self) -> Iterator[None]:
        """What cannot be done now may be possible after the next save, so it does not end the watch."""
        try:
            yield
        except Problem as problem:
            self._course.console.print(f"{problem}.", style="red", markup=False)

    def _run(self) -> None:
        course = self._course
        if course.console.is_terminal:
            course.console.clear()
        with self._telling_problems():
            course.take(self._exercise)
            verdict = course.run(self._exercise, go_on="press n")
            if self._opens and not verdict.is_solved:
                course.open(self._exercise)
        course.console.print(WATCHING, style="bright_black")

    def _go_on(self) -> None:
        following = self._course.following(self._exercise)
        if following is None:
            self._course.console.print("All exercises are done.")
        else:
            self._exercise = following
            self._run()

    def _leave(self) -> None:
        self._is_over = True
