"""Threads that take turns: in which order they run, when time moves, and what happens when nothing can."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.errors import IllegalStateError
from kafka_nio.tracing.turns import DeadlockError, VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(time_ms=1_000_000)


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def start(clock: VirtualClock, name: str, work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    clock.start(thread)
    return thread


def test_a_started_thread_does_nothing_before_somebody_waits(clock: VirtualClock) -> None:
    seen: list[str] = []
    thread = start(clock, "a", lambda: seen.append("a"))
    seen.append("app")
    assert clock.join(thread, NEVER)
    assert seen == ["app", "a"]


def test_time_moves_only_when_everybody_waits_and_then_to_the_earliest_deadline(clock: VirtualClock) -> None:
    woke: list[tuple[str, int]] = []

    def sleeper(name: str, duration_ms: float) -> Callable[[], None]:
        def work() -> None:
            clock.sleep(duration_ms)
            woke.append((name, clock.now_ms()))

        return work

    threads = [start(clock, name, sleeper(name, ms)) for name, ms in [("slow", 500), ("quick", 20), ("quick too", 20)]]
    assert clock.now_ms() == 0
    assert all(clock.join(thread, NEVER) for thread in threads)
    assert woke == [("quick", 20), ("quick too", 20), ("slow", 500)]
    assert clock.time_ms() == 1_000_500
    assert clock.now_ns() == 500_000_000


def test_turns_go_round_in_the_order_in_which_threads_were_started(clock: VirtualClock) -> None:
    turns: list[str] = []

    def work(name: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(3):
                turns.append(name)
                clock.sleep(0)

        return run

    threads = [start(clock, name, work(name)) for name in "abc"]
    for thread in threads:
        clock.join(thread, NEVER)
    assert turns == list("abcabcabc")


def test_a_condition_ends_a_wait_without_time_passing(clock: VirtualClock) -> None:
    condition = threading.Condition()
    orders: list[str] = []

    def cook() -> None:
        clock.sleep(10)
        with condition:
            orders.append("soup")
            condition.notify_all()

    start(clock, "cook", cook)
    with condition:
        assert clock.wait(condition, lambda: bool(orders), 60_000)
    assert clock.now_ms() == 10


def test_a_wait_ends_with_its_time(clock: VirtualClock) -> None:
    condition = threading.Condition()
    with condition:
        assert not clock.wait(condition, lambda: False, 250)
    assert clock.now_ms() == 250


def test_a_condition_that_somebody_else_keeps_does_not_hold_yet(clock: VirtualClock) -> None:
    condition = threading.Condition()
    seen: list[str] = []

    def keeper() -> None:
        with condition:
            clock.sleep(5)
            seen.append("keeper done")

    start(clock, "keeper", keeper)
    clock.sleep(0)
    assert not condition.acquire(blocking=False)
    clock.sleep(6)
    with condition:
        assert clock.wait(condition, lambda: seen == ["keeper done"], 0)


def test_bytes_on_a_socket_end_a_select(clock: VirtualClock, sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    heard: list[bytes] = []
    with selectors.DefaultSelector() as poller:
        poller.register(theirs, selectors.EVENT_READ)

        def listener() -> None:
            assert len(clock.select(poller, NEVER)) == 1
            heard.append(theirs.recv(10))

        thread = start(clock, "listener", listener)
        clock.sleep(30)
        ours.send(b"hello")
        assert clock.join(thread, NEVER)
    assert heard == [b"hello"]
    assert clock.now_ms() == 30


def test_a_select_with_nothing_to_report_ends_with_its_time(clock: VirtualClock) -> None:
    with selectors.DefaultSelector() as poller:
        assert clock.select(poller, 100) == []
        assert clock.now_ms() == 100
        assert clock.select(poller, 0) == []
        assert clock.now_ms() == 100


def test_polling_without_waiting_still_lets_the_others_run(clock: VirtualClock) -> None:
    done: list[bool] = []
    start(clock, "worker", lambda: done.append(True))
    with selectors.DefaultSelector() as poller:
        clock.select(poller, 0)
    assert done


def test_a_deadlock_names_who_waits_for_what(clock: VirtualClock) -> None:
    condition = threading.Condition()

    def waiter() -> None:
        with condition:
            clock.wait(condition, lambda: False, NEVER)

    thread = start(clock, "waiter", waiter)
    with pytest.raises(DeadlockError, match="app waits for the end of waiter; waiter waits for the condition"):
        clock.join(thread, NEVER)
    thread.join(5)
    assert not thread.is_alive()


def test_a_deadlock_that_the_last_running_thread_leaves_behind_is_reported_too(clock: VirtualClock) -> None:
    condition = threading.Condition()
    start(clock, "short", lambda: None)
    with condition, pytest.raises(DeadlockError, match="nothing can happen any more: app waits for"):
        clock.wait(condition, lambda: False, NEVER)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_a_thread_lets_the_others_go_on(clock: VirtualClock) -> None:
    def fail() -> None:
        raise RuntimeError("boom")

    thread = start(clock, "failing", fail)
    assert clock.join(thread, NEVER)
    clock.sleep(10)
    assert clock.now_ms() == 10


def test_a_loop_that_survives_every_exception_ends_with_the_clock(clock: VirtualClock) -> None:
    def stubborn() -> None:
        while True:
            try:
                clock.sleep(NEVER)
            except Exception:
                continue

    thread = start(clock, "stubborn", stubborn)
    with pytest.raises(DeadlockError):
        clock.join(thread, NEVER)
    thread.join(5)
    assert not thread.is_alive()


def test_joining_gives_up_after_its_time(clock: VirtualClock) -> None:
    thread = start(clock, "long", lambda: clock.sleep(100))
    assert not clock.join(thread, 40)
    assert clock.now_ms() == 40
    assert clock.join(thread, NEVER)


def test_a_predicate_that_fails_fails_in_its_own_thread(clock: VirtualClock) -> None:
    condition = threading.Condition()
    answers = iter([False])

    with condition, pytest.raises(StopIteration):
        clock.wait(condition, lambda: next(answers), NEVER)


def test_a_thread_from_elsewhere_is_refused(clock: VirtualClock) -> None:
    seen: list[str] = []

    def intruder() -> None:
        try:
            clock.sleep(1)
        except IllegalStateError as error:
            seen.append(str(error))

    thread = threading.Thread(target=intruder, name="intruder")
    thread.start()
    thread.join()
    assert seen == ["intruder takes no turns: it was not started by this clock"]


def test_going_round_for_ever_at_one_instant_is_noticed(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kafka_nio.tracing.turns.MOST_TURNS_WITHOUT_TIME", 50)

    def spin() -> None:
        while True:
            clock.sleep(0)

    start(clock, "spinner", spin)
    with pytest.raises(DeadlockError, match="time stands still at 0 ms"):
        clock.sleep(1)
