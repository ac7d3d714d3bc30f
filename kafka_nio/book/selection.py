"""Which steps of a recording a page means.

    Sender.run_once                       the only step of that name; an error if there are several
    Sender.run_once[2]                    the second one; [-1] is the last
    Sender.run_once[2] > Selector.poll    the one inside another step

Steps are named by what they are, never by number: a recording made again may count differently, and the page still says
what it said.

Java: no counterpart.
"""

import re
from collections.abc import Sequence

from kafka_nio.book.problem import BookError, nearest
from kafka_nio.tracing.recording import Recording, Step

_NAME_AND_POSITION = re.compile(r"(?P<name>[\w.]+)\s*(?:\[\s*(?P<position>-?\d+)\s*\])?")


class Selection:
    """Finds steps of one recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._by_seq = {step.seq: step for step in recording.steps}

    def named(self, name: str) -> list[Step]:
        """Every step of this name, in order; there may be none."""
        return [step for step in self.recording.steps if step.name == name]

    def step(self, path: str) -> Step:
        """The one step that `path` names.

        Raises:
            BookError: if there is no such step, or several and the path does not say which.
        """
        steps: Sequence[Step] = self.recording.steps
        found = None
        for part in path.split(">"):
            found = self._one(part.strip(), steps)
            steps = self.below(found)
        assert found is not None, "split gives at least one part"
        return found

    def _one(self, text: str, steps: Sequence[Step]) -> Step:
        match = _NAME_AND_POSITION.fullmatch(text)
        if match is None:
            raise BookError(f"cannot read the step {text!r}: write Class.method or Class.method[2]")
        name, position = match["name"], match["position"]
        found = [step for step in steps if step.name == name]
        if not found:
            names = {step.name for step in steps}
            raise BookError(f"no step {name} in {self.recording.name}; {nearest(name, names)}. {self._how_to_renew()}")
        if position is None and len(found) > 1:
            raise BookError(f"{name} happens {len(found)} times in {self.recording.name}: say which, {name}[1]")
        return self._at(found, int(position or 1), name)

    def _at(self, found: Sequence[Step], position: int, name: str) -> Step:
        index = position - 1 if position > 0 else position
        if position == 0 or not -len(found) <= index < len(found):
            times = f"{len(found)} time{'s' * (len(found) != 1)}"
            raise BookError(f"no step {name}[{position}]: it happens {times}. {self._how_to_renew()}")
        return found[index]

    def _how_to_renew(self) -> str:
        return f"If the code has changed, run: kafka-nio record {self.recording.name}"

    def below(self, step: Step, levels: int | None = None) -> list[Step]:
        """The steps inside a step, in order, down to so many levels below it."""
        deepest = len(self._by_seq) if levels is None else levels
        return [other for other in self.recording.steps if 0 < self._distance(other, step) <= deepest]

    def _distance(self, step: Step, ancestor: Step) -> int:
        """How many levels `step` lies below `ancestor`; 0 if it does not."""
        levels, parent = 1, step.parent
        while parent is not None and parent != ancestor.seq:
            levels, parent = levels + 1, self._by_seq[parent].parent if parent in self._by_seq else None
        return levels if parent is not None else 0

    def callers(self, step: Step) -> list[Step]:
        """The steps that a step lies in, the nearest first."""
        callers = []
        parent = step.parent
        while parent is not None and parent in self._by_seq:
            callers.append(self._by_seq[parent])
            parent = callers[-1].parent
        return callers
