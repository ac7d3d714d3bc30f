"""How far a learner has come: which exercises passed, which one is next, how many hints were asked for.

Kept as JSON in the workspace. It is written whole and then put in place, so that a crash leaves the old one. Several
terminals may be at work on it: `changing` reads it, has it changed and writes it while the others wait.

Java: no counterpart.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1


class ProgressError(Exception):
    """The file cannot be read; the message says which, why, and where it is now."""


@dataclass(slots=True)
class Progress:
    """`current` is the exercise that `kafka-nio learn` runs, by its id; `hints` how many were shown of which;
    `asked` whose solution was asked for before they passed."""

    current: str = ""
    passed: dict[str, str] = field(default_factory=dict)
    """What each solution costs that passed, in words, by the exercise's id."""
    hints: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> "Progress":
        """Read it; there is none at the beginning.

        Raises:
            ProgressError: it is not what `save` wrote. It has been put aside, so that the next `load` begins anew.
        """
        try:
            return cls._parsed(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            aside = path.with_suffix(".broken.json")
            os.replace(path, aside)
            raise ProgressError(
                f"{path} cannot be read ({error}), so it was put aside as {aside.name}. Your solutions are untouched: "
                "run kafka-nio learn again, and whatever passes counts"
            ) from None

    @classmethod
    def _parsed(cls, found: Any) -> "Progress":
        if found["version"] != VERSION:
            raise ValueError(f"it is of version {found['version']}, and this is version {VERSION}")
        return cls(
            current=str(found["current"]),
            passed={str(id): str(cost) for id, cost in found["passed"].items()},
            hints={str(id): int(number) for id, number in found["hints"].items()},
            asked=[str(id) for id in found["asked"]],
        )

    @classmethod
    @contextmanager
    def changing(cls, path: Path) -> Iterator["Progress"]:
        """Read it, and write it after the block. Whoever else wants to change it waits until then.

        Raises:
            ProgressError: as `load` does.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            progress = cls.load(path)
            yield progress
            progress.save(path)

    def save(self, path: Path) -> None:
        """Write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"version": VERSION, **asdict(self)}, indent=2) + "\n", encoding="utf-8")
        os.replace(new, path)
