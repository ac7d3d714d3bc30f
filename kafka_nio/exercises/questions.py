"""What the exercises share that ask: the learner's sheet of answers, and the step that refutes a wrong one.

The learner's file names the answers, blank ones are there to be filled in:

    LINGER_5 = ""

A test takes an answer from the sheet, and says of a wrong one which step of which recording it cannot be reconciled
with. The right answer stands nowhere: each test works it out from a run.

    said = answered(sheet, "LINGER_5", choices=("a", "b", "c"))
    if said == "b":
        raise WrongAnswer("LINGER_5 is 'b'", write, "begins 0.1 ms after the first send()", path)

Each test is about one belief, and a wrong answer fails the test of the belief that it comes from.

Java: no counterpart.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from types import ModuleType
from typing import TypeVar

from kafka_nio.exercises.difference import Row, in_words
from kafka_nio.tracing import Step

EMPTY = "is still empty"

BLANK: tuple[object, ...] = ("", None, ..., [], {})
"""What stands where nobody has answered yet."""

A = TypeVar("A", bound=Hashable)


class NotAnswered(Exception):
    """The sheet has no answer there, or one that cannot be meant; the message says so in a sentence.

    It says nothing about right and wrong, so the learner is not told what the test expects.
    """


class WrongAnswer(AssertionError):
    """What was answered cannot be, because of a step.

    `row` has the answer beside that step, `look` the command that shows it.

    Args:
        said: what was answered.
        step: the step that refutes it.
        what: what it does there, as in "sleeps for 5 ms".
        path: the recording's file in the learner's folder.
    """

    def __init__(self, said: str, step: Step, what: str, path: str) -> None:
        super().__init__(f"{said}, but {step.name} in step {step.seq} {what}")
        self.row = Row(said, f"step {step.seq}: {in_words(step)}", differs=True)
        self.look = f"kafka-nio show {path} --step {step.seq}"


def answered(sheet: ModuleType, name: str, choices: Collection[A], *, case: str = "") -> A:
    """An answer of the sheet.

    Args:
        sheet: the learner's file.
        name: what the answer is called there.
        choices: what may be answered.
        case: which of the answers, if there are several under this name.

    Raises:
        NotAnswered: there is none yet, or it is none of the choices.
    """
    called = f"{name}[{case!r}]" if case else name
    said = getattr(sheet, name, None)
    if case:
        said = said.get(case) if isinstance(said, Mapping) else None
    if said in BLANK:
        raise NotAnswered(f"{called} {EMPTY}: answer with {_listed(choices)}")
    for choice in choices:
        if said == choice:
            return choice
    raise NotAnswered(f"{called} is {said!r}, and should be {_listed(choices)}")


def ordered(sheet: ModuleType, name: str, choices: Sequence[str]) -> list[str]:
    """The choices in the order in which the sheet has them.

    Raises:
        NotAnswered: they are not there yet, or not each of them once.
    """
    said = getattr(sheet, name, None)
    if said in BLANK or not isinstance(said, list | tuple):
        raise NotAnswered(f"{name} {EMPTY}: put in the {len(choices)} names, in order")
    strange = [one for one in said if one not in choices]
    if strange:
        raise NotAnswered(f"{name} has {strange[0]!r} in it, which is none of {', '.join(choices)}")
    for choice in choices:
        if said.count(choice) != 1:
            how_often = "is missing" if choice not in said else "is there twice"
            raise NotAnswered(f"{choice!r} {how_often} in {name}, and each of the {len(choices)} happens once")
    return list(said)


def reference_run(id: str) -> str:
    """Where the run is kept that an exercise's tests looked at, once one of them has failed."""
    return f"runs/{id}.reference.otlp.jsonl"


def _listed(choices: Collection[Hashable]) -> str:
    *others, last = map(repr, choices)
    return f"{', '.join(others)} or {last}" if others else last
