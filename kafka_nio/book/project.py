"""Where the source and the recordings are, and the promise that they belong together.

A recording names, for every step, the hash of the function that ran. If the function has changed since, what the
recording shows is no longer what the code does, and no page may show it.

Java: no counterpart.
"""

import os
from functools import cached_property, lru_cache
from pathlib import Path

import kafka_nio
from kafka_nio.book.code import Library
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.tracing.recording import SUFFIX, Recording, RecordingError


class Project:
    """A directory with the package and its `traces/`. Everything is read once; a new look needs a new Project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.library = Library(root)

    @classmethod
    def here(cls) -> "Project":
        """The checkout that the package was imported from; if it was installed elsewhere, the current directory."""
        package = Path(kafka_nio.__file__).resolve().parent
        root = next((root for root in (package.parent, Path.cwd()) if (root / "traces").is_dir()), Path.cwd())
        return _project(root, _versions(root / package.name))

    def recording(self, name: str) -> Recording:
        """The recording of this name, if it still shows what the code does.

        Raises:
            BookError: if there is none, or it is stale.
        """
        path = self.root / "traces" / f"{name}{SUFFIX}"
        if not path.is_file():
            known = [file.name.removesuffix(SUFFIX) for file in path.parent.glob(f"*{SUFFIX}")]
            raise BookError(f"no recording {name} in traces/; {nearest(name, known)}. Run: kafka-nio record {name}")
        recording = _load(path, path.stat().st_mtime_ns)
        self._refuse_if_stale(recording)
        return recording

    @cached_property
    def _today(self) -> dict[str, str]:
        """The hash of each function, as it stands now."""
        return {function.dotted_name: function.digest for function in self.library.functions}

    def _refuse_if_stale(self, recording: Recording) -> None:
        stale = {step.name for step in recording.steps if self._today.get(step.function) != step.source}
        if stale:
            functions = ", ".join(sorted(stale))
            raise BookError(
                f"the recording {recording.name} is stale: {functions} changed since it was made. "
                f"Run: kafka-nio record {recording.name}"
            )


@lru_cache(maxsize=32)
def _load(path: Path, changed_ns: int) -> Recording:
    """A file is read once; `changed_ns` makes a new version a new question for the cache."""
    try:
        return Recording.load(path)
    except RecordingError as error:
        raise BookError(f"{error}. Run: kafka-nio record {path.name.removesuffix(SUFFIX)}") from error


def _versions(package: Path) -> tuple[tuple[str, int], ...]:
    """The files of the package, with when each was changed: as long as this is the same, so is the project."""
    found = ((folder, name) for folder, _, names in os.walk(package) for name in names if name.endswith(".py"))
    paths = sorted(os.path.join(folder, name) for folder, name in found)
    return tuple((path, os.stat(path).st_mtime_ns) for path in paths)


@lru_cache(maxsize=1)
def _project(root: Path, versions: tuple[tuple[str, int], ...]) -> Project:
    """A page has dozens of figures, and all of them look at the same project."""
    return Project(root)
