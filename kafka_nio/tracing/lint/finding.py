"""What a lint is, and what it finds.

Java: no counterpart.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kafka_nio.tracing.lint.rounds import View


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a recording at which something is wrong: the lint, the step, and what is wrong there."""

    lint: str
    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Lint:
    """One mistake and how it is recognised.

    `sentence` says what it looks for and why that is wrong; `look` yields steps, each with what is wrong there.
    """

    name: str
    sentence: str
    look: "Callable[[View], Iterable[tuple[int, str]]]"
