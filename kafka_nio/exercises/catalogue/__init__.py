"""All exercises, in the order in which they build on each other.

Each is a folder in here, `e03_frames_in_pieces`; a new folder is a new exercise. `Exercise` says what it holds.

Java: no counterpart.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator

from kafka_nio.exercises.exercise import Exercise

_FOLDER = re.compile(r"e\d\d_\w+")


def _found() -> Iterator[Exercise]:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.ispkg and _FOLDER.fullmatch(module.name):
            exercise = importlib.import_module(f"{__name__}.{module.name}").EXERCISE
            assert isinstance(exercise, Exercise), f"EXERCISE of {module.name} is none"
            assert exercise.stem == module.name, f"{exercise.stem} stands in {module.name}"
            yield exercise


EXERCISES: tuple[Exercise, ...] = tuple(_found())
"""All of them, e01 first."""


def find(id: str) -> Exercise | None:
    """The exercise that is called so: `e03`, `3`, or its file's name."""
    wanted = f"e{int(id):02}" if id.isdecimal() else id.lower().removesuffix(".py")
    return next((one for one in EXERCISES if wanted in (one.id, one.stem, one.name)), None)
