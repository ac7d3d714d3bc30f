"""Two clocks: the machine's, and one that moves only when it is told to or when somebody waits."""

import selectors
import socket
import threading

import pytest

from kafka_nio.clock import NEVER, Clock, MockClock, SystemClock


@pytest.fixture(params=[SystemClock, MockClock])
def any_clock(request: pytest.FixtureRequest) -> Clock:
    clock: Clock = request.param()
    return clock


@pytest.fixture
def condition() -> threading.Condition:
    return threading.Condition()


# Both clocks...


def test_both_times_move_forward(any_clock: Clock) -> None:
    before = any_clock.now_ms(), any_clock.time_ms()
    any_clock.sleep(2)
    after = any_clock.now_ms(), any_clock.time_ms()
    assert before[0] < after[0]
    assert before[1] < after[1]


def test_milliseconds_and_nanoseconds_count_from_the_same_moment(any_clock: Clock) -> None:
    before_ms, ns, after_ms = any_clock.now_ms(), any_clock.now_ns(), any_clock.now_ms()
    assert before_ms <= ns // 1_000_000 <= after_ms


def test_a_wait_ends_at_once_when_its_condition_holds(any_clock: Clock, condition: threading.Condition) -> None:
    with condition:
        assert any_clock.wait(condition, lambda: True, NEVER)


def test_a_wait_ends_when_its_time_is_over(any_clock: Clock, condition: threading.Condition) -> None:
    before_ms = any_clock.now_ms()
    with condition:
        assert not any_clock.wait(condition, lambda: False, 3)
    assert any_clock.now_ms() - before_ms >= 3


def test_a_select_ends_with_what_is_ready(any_clock: Clock) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, selectors.DefaultSelector() as poller:
        poller.register(ours, selectors.EVENT_READ)
        theirs.send(b"!")
        assert [key.fileobj for key, _ in any_clock.select(poller, NEVER)] == [ours]


def test_a_select_ends_when_its_time_is_over(any_clock: Clock) -> None:
    before_ms = any_clock.now_ms()
    with selectors.DefaultSelector() as poller:
        assert any_clock.select(poller, 3) == []
    assert any_clock.now_ms() - before_ms >= 3


def test_a_thread_is_started_and_joined(any_clock: Clock) -> None:
    ran = threading.Event()
    thread = threading.Thread(target=ran.set)
    any_clock.start(thread)
    assert any_clock.join(thread, NEVER)
    assert ran.is_set()


def test_a_join_says_that_the_thread_has_not_ended(any_clock: Clock) -> None:
    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait)
    any_clock.start(thread)
    assert not any_clock.join(thread, 1)
    may_end.set()
    assert any_clock.join(thread, NEVER)


# The machine's...


def test_a_wait_ends_when_another_thread_makes_its_condition_true(condition: threading.Condition) -> None:
    arrived: list[str] = []

    def arrive() -> None:
        with condition:
            arrived.append("news")
            condition.notify_all()

    with condition:
        thread = threading.Thread(target=arrive)
        thread.start()
        assert SystemClock().wait(condition, lambda: bool(arrived), NEVER)
    thread.join()


# The one for tests...


def test_a_mock_clock_stands_still() -> None:
    clock = MockClock(now_ms=5, time_ms=1_000)
    assert [(clock.now_ms(), clock.time_ms()) for _ in range(2)] == [(5, 1_000)] * 2


def test_a_sleep_moves_both_times_of_a_mock_clock() -> None:
    clock = MockClock(now_ms=5, time_ms=1_000)
    clock.sleep(7)
    assert (clock.now_ms(), clock.now_ns(), clock.time_ms()) == (12, 12_000_000, 1_007)


def test_fractions_of_a_millisecond_add_up() -> None:
    clock = MockClock()
    for _ in range(4):
        clock.sleep(0.25)
    assert clock.now_ms() == 1


def test_while_somebody_waits_the_others_act_one_by_one(condition: threading.Condition) -> None:
    clock = MockClock()
    done: list[str] = []
    clock.while_waiting += [lambda: done.append("first"), lambda: done.append("second"), lambda: done.append("third")]
    with condition:
        assert clock.wait(condition, lambda: "second" in done, 100)
    assert done == ["first", "second"]
    assert clock.now_ms() == 0


def test_a_mock_clock_refuses_to_wait_for_ever_for_nobody(condition: threading.Condition) -> None:
    with condition, pytest.raises(AssertionError, match="would wait for ever"):
        MockClock().wait(condition, lambda: False, NEVER)
