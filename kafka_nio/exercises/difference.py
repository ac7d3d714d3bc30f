"""Where two runs first differ: the learner's and the right one, side by side.

Java: no counterpart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from kafka_nio.spans import RETURN
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.compare import Stretch, aligned, difference_in_values

BEFORE, AFTER = 2, 3
"""How many steps are shown before the difference, which both took, and from it on."""


@dataclass(frozen=True, slots=True)
class Row:
    """A step of each run, in words; empty if a run has none to show there. `differs` where they are not the same."""

    yours: str
    reference: str
    differs: bool


def first_difference(yours: Recording, reference: Recording) -> list[Row]:
    """The steps around the first difference; empty if the runs took the same steps and saw the same values."""
    places = sorted(_places(yours, reference), key=lambda place: place[0])
    return places[0][1] if places else []


def _places(yours: Recording, reference: Recording) -> Iterator[tuple[int, list[Row]]]:
    """On each thread the first difference: which step of the learner's run it is at, and the rows."""
    stretches: dict[str, list[Stretch]] = {}
    for stretch in aligned(yours, reference):
        stretches.setdefault(stretch.thread, []).append(stretch)
    for on_thread in stretches.values():
        yield from _on_thread(on_thread)


def _on_thread(stretches: Sequence[Stretch]) -> Iterator[tuple[int, list[Row]]]:
    common: list[tuple[Step, Step]] = []
    for number, stretch in enumerate(stretches):
        if not stretch.is_equal:
            yours, reference = _one_sided(stretches[number:])
            yield _seq([*yours, *reference]), [*_same(common), *_differing(yours, reference)]
            return
        for one, other in zip(stretch.before, stretch.after, strict=True):
            if difference_in_values(one, other):
                yield one.seq, [*_same(common), *_differing([one], [other])]
                return
            common.append((one, other))


def _one_sided(stretches: Sequence[Stretch]) -> tuple[list[Step], list[Step]]:
    """What each run does from here on, until both do the same again."""
    yours: list[Step] = []
    reference: list[Step] = []
    for stretch in stretches:
        if stretch.is_equal:
            break
        yours.extend(stretch.before)
        reference.extend(stretch.after)
    # Of a side that does nothing of its own here, what it does next.
    following = next((stretch for stretch in stretches if stretch.is_equal), None)
    if following is not None:
        yours = yours or list(following.before)
        reference = reference or list(following.after)
    return yours[:AFTER], reference[:AFTER]


def _seq(steps: Sequence[Step]) -> int:
    return min(step.seq for step in steps)


def _same(common: Sequence[tuple[Step, Step]]) -> list[Row]:
    return [Row(in_words(one), in_words(other), differs=False) for one, other in common[-BEFORE:]]


def _differing(yours: Sequence[Step], reference: Sequence[Step]) -> Iterator[Row]:
    for one, other in zip_longest(yours, reference):
        yield Row(in_words(one) if one else "", in_words(other) if other else "", differs=True)


def in_words(step: Step) -> str:
    """A step in a line: its name, what it was given, what it gave back."""
    given = [f"{name}={value}" for name, value in step.shown.items() if name not in (RETURN, "self")]
    words = [step.name, *([str(step.shown["self"])] if "self" in step.shown else []), *given]
    if step.error is not None:
        words.append(f"✗ {step.error_type}: {step.error}")
    elif step.result is not None:
        words.append(f"→ {step.result}")
    if step.count > 1:
        words.append(f"({step.count} times)")
    return " ".join(words)
