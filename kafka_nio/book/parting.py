"""Where two runs part: the first step that only one of them takes, or that saw other values in one than in the other.

Java: no counterpart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from kafka_nio.spans import RETURN
from kafka_nio.tracing.compare import Stretch, aligned
from kafka_nio.tracing.recording import Recording, Step

NOTHING = "-"
"""Stands in the place of a value that one of them has and the other has not."""


@dataclass(frozen=True, slots=True)
class Parting:
    """What each run does where they part; None if it does nothing more on this thread.

    `values` are what they saw differently in the same step, as (name, yours, reference); empty if the steps are
    different ones.
    """

    yours: Step | None
    reference: Step | None
    values: tuple[tuple[str, str, str], ...] = ()


def parting(yours: Recording, reference: Recording) -> Parting | None:
    """The first one, of all threads; None if both runs took the same steps and saw the same values."""
    found: list[Parting] = []
    for _, stretches in groupby(aligned(yours, reference), key=lambda stretch: stretch.thread):
        found.extend(_on_thread(list(stretches)))
    return min(found, key=_place, default=None)


def _on_thread(stretches: Sequence[Stretch]) -> Iterator[Parting]:
    for number, stretch in enumerate(stretches):
        if not stretch.is_equal:
            yield Parting(*_next_steps(stretches[number:]))
            return
        for one, other in zip(stretch.before, stretch.after, strict=True):
            if values := tuple(_differing(one, other)):
                yield Parting(one, other, values)
                return


def _differing(yours: Step, reference: Step) -> Iterator[tuple[str, str, str]]:
    for name, one in (seen := _seen(yours)).items():
        if (other := _seen(reference).get(name, NOTHING)) != one:
            yield name, one, other
    for name, other in _seen(reference).items():
        if name not in seen:
            yield name, NOTHING, other


def _seen(step: Step) -> dict[str, str]:
    """What a step was given, gave back or raised, and how often it happened."""
    seen = {"result" if name == RETURN else name: str(value) for name, value in step.shown.items()}
    raised = {} if step.error is None else {"raised": f"{step.error_type}: {step.error}"}
    return {**seen, **raised, "times": str(step.count)}


def _next_steps(stretches: Sequence[Stretch]) -> tuple[Step | None, Step | None]:
    yours = next((step for stretch in stretches for step in stretch.before), None)
    reference = next((step for stretch in stretches for step in stretch.after), None)
    return yours, reference


def _place(found: Parting) -> int:
    return min(step.seq for step in (found.yours, found.reference) if step is not None)
