"""One byte that ends a sleep, however often and by whomever it is asked for.

Java: no counterpart.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio import nio
from kafka_nio.clock import MockClock
from kafka_nio.demos import DEMOS, Scene
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.nio.selector import _Waker
from kafka_nio.producer import RecordMetadata

FLAG = "a flag wakes whoever sleeps"
FORGETS = "the kernel forgets what it has reported"
ONCE = "a wakeup is heard only while somebody sleeps"
EACH = "one byte per wakeup is fine"
UNDISTURBED = "two lines follow each other at once"
CLOSED = "nobody wakes a selector that is closed"

SECOND_MS = 1000


@contextmanager
def a_selector() -> Iterator[tuple[nio.Selector, MockClock]]:
    """A selector that watches nothing, and whose sleeps only move a clock."""
    clock = MockClock()
    with closing(nio.Selector(clock)) as selector:
        yield selector, clock


def slept_ms(selector: nio.Selector, clock: MockClock) -> int:
    """Select for a second; how long did it really sleep?"""
    before_ms = clock.now_ms()
    selector.select(SECOND_MS)
    return clock.now_ms() - before_ms


def bytes_under_way(waker: _Waker) -> int:
    """How many have been written and not read."""
    with suppress(BlockingIOError):
        return len(waker._reader.recv(1_000_000, socket.MSG_PEEK))
    return 0


@misconception(
    FLAG, "The sleeping thread is inside the kernel, which cannot see Python's variables. What does it watch?"
)
def test_a_wakeup_ends_a_select() -> None:
    """A select after a wakeup comes back at once."""
    with a_selector() as (selector, clock):
        selector.wakeup()
        assert slept_ms(selector, clock) == 0, "it slept for the whole second"


@misconception(FORGETS, "The watched end stays readable until the byte has been read. Who reads it?")
def test_a_wakeup_ends_one_select_only() -> None:
    """The select after the one that was ended sleeps again."""
    with a_selector() as (selector, clock):
        selector.wakeup()
        selector.select(SECOND_MS)
        assert slept_ms(selector, clock) == SECOND_MS, "it came back at once, although nobody had woken it again"


@misconception(ONCE, "After the byte has been read, none is under way. Does `_awake` know?")
def test_a_selector_can_be_woken_again() -> None:
    """Each time that it is woken, the next select comes back at once."""
    with a_selector() as (selector, clock):
        for number in range(1, 4):
            selector.wakeup()
            assert slept_ms(selector, clock) == 0, (
                f"it was not woken the {('first', 'second', 'third')[number - 1]} time"
            )


@misconception(EACH, "The first byte makes the watched end readable. What does a second one change?")
def test_many_wakeups_end_one_select() -> None:
    """Three wakeups count as one: they end one select, and the next one sleeps."""
    with a_selector() as (selector, clock):
        for _ in range(3):
            selector.wakeup()
        selector.select(SECOND_MS)
        assert slept_ms(selector, clock) == SECOND_MS, "it came back at once a second time"


@misconception(EACH, "A socket takes a few hundred bytes that nobody reads, and there may be more wakeups than that.")
def test_three_hundred_wakeups_put_one_byte_under_way() -> None:
    """While the selector's thread is busy elsewhere it may be woken 300 times: one byte is under way then."""
    with a_selector() as (selector, _):
        for _ in range(300):
            selector.wakeup()
        number = bytes_under_way(selector._waker)
        assert number == 1, f"{number} bytes were under way"


@misconception(EACH, "However wakeups and selects follow each other: is there a byte exactly if somebody has to wake?")
@given(calls=st.lists(st.sampled_from(["wakeup", "select"]), max_size=12))
def test_any_order_of_wakeups_and_selects(calls: list[str]) -> None:
    """A select comes back at once if there was a wakeup since the last one, and sleeps if there was none."""
    with a_selector() as (selector, clock):
        was_woken = False
        for number, call in enumerate(calls, 1):
            if call == "wakeup":
                selector.wakeup()
                was_woken = True
            else:
                did_sleep = slept_ms(selector, clock) > 0
                assert did_sleep is not was_woken, (
                    f"call {number} slept, after a wakeup" if did_sleep else f"call {number} did not sleep"
                )
                was_woken = False


class Suspended(_Waker):
    """A thread that uses it is suspended at some moment, and another one runs: `meanwhile`, if the lock lets it.

    A moment is whenever the flag or a socket is touched, which is when it matters what other threads have done.
    """

    moments_left = 0
    meanwhile: Callable[[], object] | None = None

    def _touched(self) -> None:
        self.moments_left -= 1
        if self.moments_left < 0 and self.meanwhile and not self._lock._is_owned():  # type: ignore[attr-defined]
            self._run_the_other()

    def _run_the_other(self) -> None:
        other, self.meanwhile = self.meanwhile, None
        if other is not None:
            other()

    def suspend(self, moment: int, meanwhile: Callable[[], object], doing: Callable[[], object]) -> None:
        """Do this, and at that moment, or as soon as the lock is free, the other."""
        self.moments_left, self.meanwhile = moment, meanwhile
        doing()
        self._run_the_other()

    def read_what_is_there(self) -> None:
        """What the selector's thread does when a select comes back."""
        if bytes_under_way(self):
            self.fall_asleep()

    def __repr__(self) -> str:
        return f"<{'awake' if self._flag else 'asleep'}, {bytes_under_way(self)} bytes under way>"

    @property
    def _awake(self) -> bool:
        self._touched()
        return self._flag

    @_awake.setter
    def _awake(self, awake: bool) -> None:
        self._touched()
        self._flag = awake

    @property
    def _writer(self) -> socket.socket:
        self._touched()
        return self._sending

    @_writer.setter
    def _writer(self, end: socket.socket) -> None:
        self._sending = end


@misconception(
    UNDISTURBED,
    "A thread may be suspended between any two lines. If the byte is read before `_awake` says that there is one, it "
    "says so for ever after. What keeps the others out meanwhile?",
)
@given(
    moment=st.integers(0, 5),
    first=st.sampled_from(["wake", "fall_asleep"]),
    meanwhile=st.sampled_from(["fall_asleep", "wake"]),
)
def test_any_two_threads(moment: int, first: str, meanwhile: str) -> None:
    """If a thread is suspended in the middle, and another runs, `_awake` still says whether a byte is under way."""
    with closing(Suspended()) as waker:
        does = {"wake": waker.wake, "fall_asleep": waker.read_what_is_there}
        if first == "fall_asleep":
            waker.wake()
        waker.suspend(moment, does[meanwhile], does[first])
        number, says = bytes_under_way(waker), waker._flag
        assert number == says, f"{number} bytes were under way, and _awake was {says}"


@misconception(CLOSED, "A thread may come with a wakeup when the selector is closed already. `_closed` says so.")
def test_a_closed_selector_is_woken_in_vain() -> None:
    """A wakeup after the end does nothing, and raises nothing."""
    with a_selector() as (selector, _):
        selector.close()
        selector.wakeup()


WAKEUPS = 40


def wake_again_and_again(scene: Scene) -> None:
    """Have a sender that sleeps woken by calls of flush(), then send a record."""
    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)
        scene.begin()
        for _ in range(WAKEUPS):
            producer.flush()
        scene.pause(1)
        scene.wait_for(producer.send(scene.topic, b"still well", partition=0))
        scene.end(producer)


MANY_WAKEUPS = replace(DEMOS["thousand-wakeups"], name="many-wakeups", run=wake_again_and_again)


@costs
@misconception(EACH, "Forty calls of flush() wake a sender that sleeps. How many bytes does that take?")
def test_many_wakeups_of_a_producer(play: Play) -> None:
    """A sender that is woken forty times comes back from one select, and its next record is written as ever."""
    outcome = play(MANY_WAKEUPS, keeps_all=False)
    assert [type(result) for result in outcome.results] == [RecordMetadata], f"{outcome.results}"
    names = [step.name for step in outcome.recording.steps]
    number = names[: names.index("nio.SocketChannel.write")].count("nio.Selector.select")
    assert number <= 3, f"its select came back {number - 2} times for nothing"
