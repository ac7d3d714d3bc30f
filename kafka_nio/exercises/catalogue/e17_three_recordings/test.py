"""Which recording is which.

Java: no counterpart.
"""

from pathlib import Path
from types import ModuleType

from kafka_nio.exercises.catalogue.e17_three_recordings.program import recordings
from kafka_nio.exercises.marks import misconception
from kafka_nio.exercises.questions import WrongAnswer, answered
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.recording import SUFFIX

MANY_TURNS = "many turns are a spinning loop"
NOTHING_READY = "a select that found nothing was a turn for nothing"
GOES_ROUND = "a loop that goes round has something to write"
SMALL_WAITS = "a small send buffer keeps requests waiting"
ANY_DELAY = "linger is whatever time a record takes"

QUESTIONS = ("SPINNING", "SMALL_SEND_BUFFER", "LINGER_5")
LETTERS = ("a", "b", "c")

MS = 1_000_000
"""Nanoseconds."""


class Evidence:
    """What a recording shows."""

    def __init__(self, letter: str) -> None:
        self.path = f"recordings/{letter}{SUFFIX}"
        given = Path(__file__).parent.parent / self.path
        self.steps = (Recording.load(given) if given.exists() else recordings()[letter]).steps
        self.writes = self._named("nio.SocketChannel.write")
        self.handed_over = self._named("KafkaChannel.set_send")
        self.selects = self._named("nio.Selector.select")

    def _named(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]

    @property
    def first_write_after_ms(self) -> float:
        """How long after the first send the first byte left."""
        (send, *_) = self._named("KafkaProducer.send")
        return (self.writes[0].start_ns - send.start_ns) / MS

    @property
    def turns_for_nothing(self) -> int:
        """In how many turns select said that something was ready, and nothing was read or written."""
        by_seq = {step.seq: step for step in self.steps}
        moved = {by_seq[step.parent].parent for step in self.steps if "SocketChannel" in step.name and step.parent}
        turns = {step.parent for step in self.selects if isinstance(step.result, int) and step.result > 0}
        return sum(by_seq[turn].count for turn in turns - moved if turn is not None)


ALL = {letter: Evidence(letter) for letter in LETTERS}

SPINS = max(ALL, key=lambda letter: ALL[letter].turns_for_nothing)
IN_PARTS = max(ALL, key=lambda letter: len(ALL[letter].writes) / len(ALL[letter].handed_over))
LINGERS = max(ALL, key=lambda letter: ALL[letter].first_write_after_ms)


def refute(answers: ModuleType, question: str, letter: str, step: Step, what: str) -> None:
    """Say which step of this recording shows that it is not the answer, if it was answered."""
    said = {name: answered(answers, name, LETTERS) for name in QUESTIONS}[question]
    if said == letter:
        raise WrongAnswer(f"{question} is {said!r}", step, what, ALL[letter].path)


@misconception(MANY_TURNS, "Look at what each of these turns has moved. A loop spins if its turns move nothing.")
def test_turns_that_move_bytes_are_work(answers: ModuleType) -> None:
    """A loop that goes round often does not spin if each turn reads or writes something."""
    write = ALL[IN_PARTS].writes[1]
    refute(answers, "SPINNING", IN_PARTS, write, f"writes {write.result:,} bytes, so that turn was needed")


@misconception(
    NOTHING_READY, "A sleep costs nothing, however it ends. A loop spins if select comes back at once each time."
)
def test_a_sleep_is_no_spinning(answers: ModuleType) -> None:
    """A loop whose select sleeps until its time is over does not spin, even if nothing is ready then."""
    sleep = max(ALL[LINGERS].selects, key=lambda select: (select.result == 0, select.end_ns - select.start_ns))
    took_ms = (sleep.end_ns - sleep.start_ns) / MS
    refute(answers, "SPINNING", LINGERS, sleep, f"sleeps for {took_ms:.0f} ms")


@misconception(GOES_ROUND, "How many bytes was set_send given, and how many has the first write taken of them?")
def test_a_whole_request_in_one_write_met_no_small_buffer(answers: ModuleType) -> None:
    """With a small send buffer the kernel takes a part of a request; whoever writes all of it at once has room."""
    write = ALL[SPINS].writes[0]
    what = f"takes all {write.result:,} bytes of the request, and later turns write nothing"
    refute(answers, "SMALL_SEND_BUFFER", SPINS, write, what)


@misconception(SMALL_WAITS, "A full send buffer holds up the rest of a request, and not its first byte.")
def test_a_small_buffer_does_not_keep_a_request_waiting(answers: ModuleType) -> None:
    """A small send buffer cuts requests into parts. It does not keep them from beginning to leave."""
    write = ALL[LINGERS].writes[0]
    refute(answers, "SMALL_SEND_BUFFER", LINGERS, write, f"takes all {write.result:,} bytes of the request at once")


@misconception(ANY_DELAY, "Linger is over when the batch is drained. How long after send() does the first byte leave?")
def test_linger_is_the_time_before_the_first_byte(answers: ModuleType) -> None:
    """Linger keeps a batch open before it leaves. What takes time after its first byte has left is something else."""
    for letter in LETTERS:
        if letter != LINGERS:
            evidence = ALL[letter]
            what = f"begins {evidence.first_write_after_ms:.1f} ms after the first send()"
            refute(answers, "LINGER_5", letter, evidence.writes[0], what)
