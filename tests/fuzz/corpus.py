"""The inputs that are kept: read, added to, and cut down to those that reach something."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.judge import arcs_of
from tests.fuzz.target import Target

CORPUS = Path(__file__).parent / "corpus"

LARGEST_INPUT = 4096
LARGEST_CORPUS = 8192
"""Bytes of one input that is kept, and of all inputs of a target."""


def folder_of(target: Target, corpus: Path = CORPUS) -> Path:
    """Where its inputs are."""
    return corpus / target.name


def load(target: Target, corpus: Path = CORPUS) -> dict[str, bytes]:
    """The kept inputs by the names of their files."""
    folder = folder_of(target, corpus)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def name_of(data: bytes) -> str:
    """What an input's file is called."""
    return hashlib.sha256(data).hexdigest()[:12]


def minimised(target: Target, found: Iterable[bytes]) -> list[bytes]:
    """The smallest inputs that reach what the seeds do not; no two reach the same."""
    reached: set[tuple[str, int, int]] = set()
    for seed in (b"", *target.seeds()):
        reached |= arcs_of(target, seed)
    kept: list[bytes] = []
    left = LARGEST_CORPUS
    for data in sorted(set(found), key=lambda data: (len(data), data)):
        arcs = arcs_of(target, data)
        if not arcs <= reached and len(data) <= min(left, LARGEST_INPUT):
            reached |= arcs
            left -= len(data)
            kept.append(data)
    return kept


def keep(target: Target, inputs: Iterable[bytes], corpus: Path = CORPUS) -> None:
    """Make these the target's corpus, next to the inputs that once were a fault: their names begin with `fault-`."""
    folder = folder_of(target, corpus)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name_of(data): data for data in inputs}
    for path in folder.iterdir():
        if path.name not in wanted and not path.name.startswith("fault-"):
            path.unlink()
    for name, data in wanted.items():
        (folder / name).write_bytes(data)
