"""The learner's folder: the exercises, their tests, the runs of the last failure, and how far one has come.

    exercises/e03_frames_in_pieces.py       what the learner writes
    tests/test_e03_frames_in_pieces.py      what it is tested with
    recordings/                             what some exercises ask about
    runs/e03.yours.otlp.jsonl               the last failing run, and the right one beside it
    .kafka-nio/                             progress, and what `reset` took away

Nothing that the learner may have written is ever overwritten: `reset` puts it aside first.

Java: no counterpart.
"""

from collections.abc import Iterator
from pathlib import Path

from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.progress import Progress
from kafka_nio.exercises.text import readme_text, start_text, test_text
from kafka_nio.tracing import Recording
from kafka_nio.tracing.recording import SUFFIX

KEPT = ".kafka-nio"

PYTEST_INI = """\
# So that plain pytest tests your functions, and says what is wrong in sentences.
[pytest]
addopts = -p kafka_nio.exercises.plugin -p no:cacheprovider --no-header --quiet --disable-warnings --show-capture=no
testpaths = tests
"""

GITIGNORE = "__pycache__/\nruns/\n"


class WorkspaceError(Exception):
    """There is no workspace, or none can be made; the message says where and what to do."""


class Workspace:
    """A learner's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def around(cls, folder: Path) -> "Workspace":
        """The workspace that this folder is in.

        Raises:
            WorkspaceError: it is in none.
        """
        for root in (folder, *folder.parents):
            if (root / KEPT).is_dir():
                return cls(root)
        raise WorkspaceError(f"{folder} is in no workspace of exercises. Make one: kafka-nio learn start")

    # Its files...

    def file_of(self, exercise: Exercise) -> Path:
        """What the learner writes."""
        return self.root / "exercises" / f"{exercise.stem}.py"

    def test_of(self, exercise: Exercise) -> Path:
        """What it is tested with."""
        return self.root / "tests" / f"test_{exercise.stem}.py"

    def runs_of(self, exercise: Exercise) -> tuple[Path, Path]:
        """The last failing run and the right one."""
        folder = self.root / "runs"
        return folder / f"{exercise.id}.yours{SUFFIX}", folder / f"{exercise.id}.reference{SUFFIX}"

    def page_of(self, exercise: Exercise) -> Path:
        """The page that shows both."""
        return self.root / "runs" / f"{exercise.id}.html"

    @property
    def progress_file(self) -> Path:
        """How far one has come."""
        return self.root / KEPT / "progress.json"

    def exercise_in(self, path: Path) -> Exercise | None:
        """The exercise that a file is the learner's of."""
        return next((one for one in EXERCISES if self.file_of(one) == path), None)

    # Making it...

    def make(self) -> int:
        """Write everything that is not there yet; return how many files those were.

        Raises:
            WorkspaceError: the folder is in use for something else.
            OSError: it cannot be written.
        """
        if self.root.exists() and not (self.root / KEPT).is_dir() and any(self.root.iterdir()):
            raise WorkspaceError(
                f"{self.root} is not empty and no workspace. Name another folder: kafka-nio learn start FOLDER"
            )
        (self.root / KEPT).mkdir(parents=True, exist_ok=True)
        return sum(self._write(path, text) for path, text in self._files()) + sum(
            self._give(exercise) for exercise in EXERCISES
        )

    def _files(self) -> Iterator[tuple[Path, str]]:
        yield self.root / "README.md", readme_text(EXERCISES)
        yield self.root / "pytest.ini", PYTEST_INI
        yield self.root / ".gitignore", GITIGNORE
        for exercise in EXERCISES:
            yield self.file_of(exercise), start_text(exercise)
            yield self.test_of(exercise), test_text(exercise)

    def _write(self, path: Path, text: str) -> bool:
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return True

    def _give(self, exercise: Exercise) -> int:
        """The recordings that the exercise asks about."""
        if exercise.recordings is None or (self.root / KEPT / f"{exercise.id}.given").exists():
            return 0
        given = exercise.recordings()
        for name, recording in given.items():
            _write_recording(self.root / "recordings" / f"{name}{SUFFIX}", recording)
        (self.root / KEPT / f"{exercise.id}.given").write_text("\n".join(given) + "\n", encoding="utf-8")
        return len(given)

    # Keeping it...

    def reset(self, exercise: Exercise) -> Path | None:
        """Write the learner's file and its tests anew; return where the old file is, if there was one."""
        path, kept = self.file_of(exercise), None
        if path.exists():
            folder = self.root / KEPT / "kept"
            folder.mkdir(parents=True, exist_ok=True)
            number = len(list(folder.glob(f"{exercise.stem}.*.py"))) + 1
            kept = path.replace(folder / f"{exercise.stem}.{number}.py")
        self.test_of(exercise).unlink(missing_ok=True)
        self._write(path, start_text(exercise))
        self._write(self.test_of(exercise), test_text(exercise))
        return kept

    def keep_runs(self, exercise: Exercise, yours: Recording, reference: Recording) -> None:
        """Write both runs, for the explorer and for `kafka-nio show`."""
        for path, recording in zip(self.runs_of(exercise), (yours, reference), strict=True):
            _write_recording(path, recording)

    def progress(self) -> Progress:
        """How far one has come.

        Raises:
            ProgressError: the file cannot be read.
        """
        return Progress.load(self.progress_file)


def _write_recording(path: Path, recording: Recording) -> None:
    from kafka_nio.tracing import otlp  # the only part that needs OpenTelemetry

    path.parent.mkdir(parents=True, exist_ok=True)
    otlp.write(recording, path)
