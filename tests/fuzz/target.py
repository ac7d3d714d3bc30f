"""What a target is, and the list of them."""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.support.cost import KIB

Run = Callable[[bytes], None]
Seeds = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Target:
    """Something that takes bytes from strangers.

    Args:
        name: by which the command knows it; its corpus is the folder of that name.
        run: gives it the bytes.
        seeds: makes inputs to begin with.
        refusals: the errors that it may raise.
        memory_bytes: how much memory it may take whatever the input; see `judge`.
    """

    name: str
    run: Run
    seeds: Seeds
    refusals: tuple[type[Exception], ...]
    memory_bytes: int

    @property
    def sentence(self) -> str:
        """What it is, in a line."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


TARGETS: dict[str, Target] = {}


def target(*refusals: type[Exception], seeds: Seeds, memory_bytes: int = 256 * KIB) -> Callable[[Run], Run]:
    """Make a target of a function; its name is the function's."""

    def note(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        TARGETS[name] = Target(name, run, seeds, refusals, memory_bytes)
        return run

    return note


# Inputs of several parts...

SIZE = struct.Struct(">H")


def parts_of(data: bytes) -> Iterator[bytes]:
    """Cut an input into parts, each with its size in two bytes in front; the last one may be shorter than it says."""
    at = 0
    while at + SIZE.size <= len(data):
        (size,) = SIZE.unpack_from(data, at)
        at += SIZE.size
        yield data[at : at + size]
        at += size


def joined(*parts: bytes) -> bytes:
    """The input that is cut into these parts."""
    return b"".join(SIZE.pack(len(part)) + part for part in parts)
