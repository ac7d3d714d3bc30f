"""What happens when, to one record.

Java: no counterpart.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

from kafka_nio.exercises.marks import misconception
from kafka_nio.exercises.questions import WrongAnswer, ordered, reference_run
from kafka_nio.exercises.world import Play
from kafka_nio.tracing import Recording, Step

SEND_SENDS = "send() writes to the socket"
ENDS_FIRST = "a wakeup comes after the select that it ends"
WAKES_LATER = "send() leaves the record and the sender finds it"
CONNECTED = "a producer is connected before it has anything to send"
WAITS = "a request waits in its channel until there is a connection"
IS_GONE = "what is handed to a channel is written"

NAMES = ("connect", "select", "send", "set_send", "wakeup", "write")


class Moment(NamedTuple):
    """The beginning or the end of a step."""

    step: Step
    at_ns: int

    @property
    def what(self) -> str:
        """Which of the two."""
        return "begins" if self.at_ns == self.step.start_ns else "comes back"

    def __str__(self) -> str:
        has = {"begins": "has begun", "comes back": "has come back"}[self.what]
        return f"{self.step.name} (step {self.step.seq}) {has}"


def moments(recording: Recording) -> Mapping[str, Moment]:
    """When each of the six happened."""
    steps = recording.steps
    first = {step.name: step for step in reversed(steps)}
    send, slept = first["KafkaProducer.send"], first["nio.Selector.select"]
    handed = [step for step in steps if step.name == "KafkaChannel.set_send"][-1]  # the one before is ApiVersions
    written = next(step for step in steps if step.name == "nio.SocketChannel.write" and step.seq > handed.seq)
    beginnings = {
        "connect": first["nio.SocketChannel.connect"],
        "set_send": handed,
        "wakeup": first["nio.Selector.wakeup"],
        "write": written,
    }
    return {
        **{name: Moment(step, step.start_ns) for name, step in beginnings.items()},
        "select": Moment(slept, slept.end_ns),
        "send": Moment(send, send.end_ns),
    }


def check(play: Play, answers: ModuleType, *pairs: tuple[str, str]) -> None:
    """Compare the order of pairs on the sheet with the order in which they happened."""
    order = ordered(answers, "ORDER", NAMES)
    happened = moments(play("one-record").recording)
    for pair in pairs:
        said, right = sorted(pair, key=order.index), sorted(pair, key=lambda name: happened[name].at_ns)
        if said != right:
            earlier, later = (happened[name] for name in right)
            answer = f"{said[0]!r} stands before {said[1]!r} in ORDER"
            raise WrongAnswer(answer, later.step, f"{later.what} after {earlier}", reference_run("e01"))


@misconception(SEND_SENDS, "send() puts the record into a batch and wakes the other thread. That one does the rest.")
def test_send_is_over_before_anything_is_written(play: Play, answers: ModuleType) -> None:
    """send() comes back long before the record's request is handed over, let alone written."""
    check(play, answers, ("send", "write"), ("send", "set_send"))


@misconception(ENDS_FIRST, "The sender had gone to sleep for 30 s. What has ended its sleep early?")
def test_a_wakeup_comes_before_the_end_of_the_sleep(play: Play, answers: ModuleType) -> None:
    """The select that was asleep comes back because of the wakeup, and so after it."""
    check(play, answers, ("wakeup", "select"))


@misconception(WAKES_LATER, "Nobody but send() knows that there is a record. Who else could wake the sender?")
def test_send_itself_wakes_the_sender(play: Play, answers: ModuleType) -> None:
    """The wakeup is a part of send(), and so happens before send() comes back."""
    check(play, answers, ("wakeup", "send"))


@misconception(CONNECTED, "The sender was asleep until now, and nobody else opens connections.")
def test_a_connection_is_begun_when_there_is_something_to_send(play: Play, answers: ModuleType) -> None:
    """The connection to a leader is begun by the sender once it is awake and has found a batch for that leader."""
    check(play, answers, ("select", "connect"), ("wakeup", "connect"))


@misconception(
    WAITS, "A channel takes a request only when its connection stands. Where does the record wait until then?"
)
def test_a_record_waits_in_its_batch_for_the_connection(play: Play, answers: ModuleType) -> None:
    """The record waits in the accumulator until there is a connection, and becomes a request only then."""
    check(play, answers, ("connect", "set_send"), ("connect", "write"))


@misconception(IS_GONE, "set_send only asks to be told when there is room: it adds OP_WRITE to the key's interest.")
def test_what_was_handed_over_is_written_later(play: Play, answers: ModuleType) -> None:
    """Handing a request to its channel writes nothing; a poll writes it when the kernel has room."""
    check(play, answers, ("set_send", "write"))
