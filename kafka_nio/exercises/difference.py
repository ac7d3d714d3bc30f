"""Where two runs first differ: the learner's and the right one, side by side.

Java: no counterpart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from kafka_nio.spans import RETURN
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.compare import Stretch, aligned, difference_in_values
from kafka_nio.tracing.describe import Shown

BEFORE, AFTER = 2, 3
"""How many steps are shown before the difference, which both took, and from it on."""


@dataclass(frozen=True, slots=True)
class Row:
    """A step of each run, in words; empty if a run has none to show there. `differs` where they are not the same."""

    yours: str
    reference: str
    differs: bool


def first_difference(yours: Recording, reference: Recording) -> list[Row]:
    """The steps around the first difference; the last steps, none of which differs, if all are the same."""
    places = sorted(_places(yours, reference), key=lambda place: place[0])
    return places[0][1] if places else _same(list(zip(yours.steps, reference.steps, strict=False)))


def _places(yours: Recording, reference: Recording) -> Iterator[tuple[int, list[Row]]]:
    """On each thread the first differences: when each is there to be seen, and the rows."""
    stretches: dict[str, list[Stretch]] = {}
    for stretch in aligned(yours, reference):
        stretches.setdefault(stretch.thread, []).append(stretch)
    for on_thread in stretches.values():
        yield from _on_thread(on_thread)


def _on_thread(stretches: Sequence[Stretch]) -> Iterator[tuple[int, list[Row]]]:
    common: list[tuple[Step, Step]] = []
    for number, stretch in enumerate(stretches):
        if not stretch.is_equal:
            more, yours, reference = _one_sided(stretches[number:])
            yield _begin_ns(yours or reference), [*_same([*common, *more]), *_differing(yours, reference)]
            return
        for one, other in zip(stretch.before, stretch.after, strict=True):
            if _differ(one, other):
                is_given = _given(one) != _given(other)
                # What a step gave back may come of a difference inside it, which is seen earlier.
                yield one.start_ns if is_given else one.end_ns, [*_same(common), *_differing([one], [other])]
                if is_given:
                    return
            common.append((one, other))


def _one_sided(stretches: Sequence[Stretch]) -> tuple[list[tuple[Step, Step]], list[Step], list[Step]]:
    """What each run does from here on, until both do the same again; before it, steps that are the same after all.

    If one run makes a turn of a loop more, the alignment may say that it is the turn before the one that is different.
    """
    yours: list[Step] = []
    reference: list[Step] = []
    for stretch in stretches:
        if stretch.is_equal:
            break
        yours.extend(stretch.before)
        reference.extend(stretch.after)
    following = next((stretch for stretch in stretches if stretch.is_equal), None)
    if following is None or (yours and reference):
        return [], yours[:AFTER], reference[:AFTER]
    # Of the side that does nothing of its own here, what it does next.
    both = list(zip([*yours, *following.before], [*reference, *following.after], strict=False))
    same = list(takewhile(_are_alike, both))
    count, own = len(same), max(len(yours), len(reference))
    lengths = own if yours else AFTER, own if reference else AFTER
    yours = [*yours, *following.before][count : count + lengths[0]]
    reference = [*reference, *following.after][count : count + lengths[1]]
    return same, yours[:AFTER], reference[:AFTER]


def _are_alike(pair: tuple[Step, Step]) -> bool:
    one, other = pair
    return (one.name, one.depth) == (other.name, other.depth) and not _differ(one, other)


def _differ(one: Step, other: Step) -> bool:
    is_other = (one.error_type, one.error) != (other.error_type, other.error)
    return is_other or bool(difference_in_values(one, other)) or _changed(one) != _changed(other)


def _changed(step: Step) -> dict[str, Shown | None]:
    """What the step itself changed of the watched state."""
    return {path: value for change in step.changes for path, value in change.values.items()}


def _begin_ns(steps: Sequence[Step]) -> int:
    return min(step.start_ns for step in steps)


def _given(step: Step) -> dict[str, Shown]:
    return {name: value for name, value in step.shown.items() if name != RETURN}


def _same(common: Sequence[tuple[Step, Step]]) -> list[Row]:
    return [Row(in_words(one), in_words(other), differs=_differ(one, other)) for one, other in common[-BEFORE:]]


def _differing(yours: Sequence[Step], reference: Sequence[Step]) -> Iterator[Row]:
    for one, other in zip_longest(yours, reference):
        changes = bool(one and other) and not difference_in_values(one, other)
        ours, theirs = (in_words(step, changes=changes) if step else "" for step in (one, other))
        yield Row(ours, theirs, differs=True)


def in_words(step: Step, *, changes: bool = False) -> str:
    """A step in a line: its name, what it was given, what it gave back; and what it changed, if that is wanted."""
    given = [f"{name}={value}" for name, value in step.shown.items() if name not in (RETURN, "self")]
    words = [step.name, *([str(step.shown["self"])] if "self" in step.shown else []), *given]
    if step.error is not None:
        words.append(f"✗ {step.error_type}: {step.error}")
    elif step.result is not None:
        words.append(f"→ {step.result}")
    if step.count > 1:
        words.append(f"({step.count} times)")
    if changes:
        words += [f"• {path}: {'gone' if value is None else value}" for path, value in _changed(step).items()]
    return " ".join(words)
