"""A payload that is read from front to back, and the error that says where it stopped making sense.

`Reader` knows two things, how far it has come and where the payload ends; no read goes past that end. A payload of
megabytes is never copied: `take` hands out views of it.

Java: org.apache.kafka.common.protocol.ByteBufferAccessor
"""

from collections.abc import Sequence
from typing import NoReturn


class WireError(Exception):
    """A value cannot be written, or bytes cannot be read.

    `problem` is the sentence, `path` leads to the field: each struct and array on the way out puts its own step in
    front. It never leaves this package: `codec` turns it into the public error that fits.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"{path_of(self.path)}: {self.problem}" if self.path else self.problem


def path_of(steps: Sequence[str]) -> str:
    """`["topics", "[0]", "name"]` as one would write it in Python: `topics[0].name`."""
    return "".join(step if step.startswith("[") else f".{step}" for step in steps).removeprefix(".")


class Reader:
    """A payload that is read from front to back and never past its end."""

    __slots__ = ("end", "offset", "payload")

    def __init__(self, payload: memoryview, offset: int = 0, end: int | None = None) -> None:
        self.payload = payload
        self.offset = offset
        self.end = len(payload) if end is None else end

    def __repr__(self) -> str:
        return f"<Reader at {self.offset} of {self.end}>"

    @property
    def remaining(self) -> int:
        """How many bytes are left."""
        return self.end - self.offset

    def take(self, size: int, what: str) -> memoryview:
        """The next `size` bytes, not copied."""
        if not 0 <= size <= self.end - self.offset:
            self.fail(f"{what} of {size} bytes")
        start = self.offset
        self.offset = start + size
        return self.payload[start : self.offset]

    def narrow(self, size: int, what: str) -> "Reader":
        """A reader for the next `size` bytes alone; this one goes on behind them."""
        start = self.offset
        self.take(size, what)
        return Reader(self.payload, start, self.offset)

    def fail(self, expected: str) -> NoReturn:
        """Say what should have stood here."""
        raise WireError(f"expected {expected} at offset {self.offset}, where {self.remaining} bytes are left")
