"""What ends a select, what it finds, and what its owner has to do about it."""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from kafka_nio.clock import NEVER, MockClock, SystemClock
from kafka_nio.nio import OP_CONNECT, OP_READ, OP_WRITE, CancelledKeyError, Selector, SocketAddress, SocketChannel

Pair = tuple[SocketChannel, socket.socket]

PATIENCE_MS = 10_000


@pytest.fixture
def clock() -> MockClock:
    """Shows whether a select has slept: only then does its time pass."""
    return MockClock()


@pytest.fixture
def selector(clock: MockClock) -> Iterator[Selector]:
    with closing(Selector(clock)) as selector:
        yield selector


@pytest.fixture
def make_pair() -> Iterator[Callable[[], Pair]]:
    """Makes channels, each with the peer's end of it."""
    pairs: list[Pair] = []

    def make_pair() -> Pair:
        ours, theirs = socket.socketpair()
        pairs.append((SocketChannel(ours, SocketAddress(socket.AF_UNIX, f"peer-{len(pairs)}")), theirs))
        return pairs[-1]

    yield make_pair
    for ours, theirs in pairs:
        ours.close()
        theirs.close()


def read(channel: SocketChannel) -> int:
    return channel.read(memoryview(bytearray(100)))


# Sleeping...


def test_select_sleeps_for_its_timeout_when_nothing_happens(selector: Selector, clock: MockClock) -> None:
    assert selector.select(timeout_ms=1500) == 0
    assert clock.now_ms() == 1500


def test_select_does_not_sleep_when_a_key_is_ready(
    selector: Selector, clock: MockClock, make_pair: Callable[[], Pair]
) -> None:
    channel, theirs = make_pair()
    channel.register(selector, OP_READ)
    theirs.send(b"!")
    assert selector.select(timeout_ms=1500) == 1
    assert clock.now_ms() == 0


def test_select_ends_its_sleep_when_bytes_arrive(make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    with closing(Selector(SystemClock())) as selector:
        channel.register(selector, OP_READ)
        sender = threading.Thread(target=theirs.send, args=(b"!",))
        sender.start()
        assert selector.select(PATIENCE_MS) == 1
        sender.join()


@pytest.mark.behaviour(6)
def test_select_now_does_not_sleep(selector: Selector, clock: MockClock) -> None:
    assert selector.select_now() == 0
    assert clock.now_ms() == 0


@pytest.mark.behaviour(1)
def test_a_negative_timeout_is_refused_before_anything_happens(selector: Selector, clock: MockClock) -> None:
    selector.wakeup()
    with pytest.raises(ValueError, match="must not be negative, and is -1 ms"):
        selector.select(timeout_ms=-1)
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 0, "the wakeup was used up by a select that never was"


@pytest.mark.parametrize("timeout_ms", [2**31 - 1, 2**31, 2**40, 2**63 - 1, NEVER])
def test_any_timeout_is_accepted_however_long(timeout_ms: float) -> None:
    with closing(Selector(SystemClock())) as selector:
        selector.wakeup()
        assert selector.select(timeout_ms) == 0


# Waking up...


@pytest.mark.behaviour(7)
def test_a_wakeup_before_select_ends_it_at_once(selector: Selector, clock: MockClock) -> None:
    selector.wakeup()
    assert selector.select(timeout_ms=1500) == 0
    assert clock.now_ms() == 0


@pytest.mark.behaviour(7)
def test_select_uses_up_a_wakeup(selector: Selector, clock: MockClock) -> None:
    selector.wakeup()
    selector.select(timeout_ms=1500)
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 1500


@pytest.mark.behaviour(7)
def test_select_now_uses_up_a_wakeup_too(selector: Selector, clock: MockClock) -> None:
    selector.wakeup()
    selector.select_now()
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 1500


@pytest.mark.behaviour(7)
def test_many_wakeups_end_one_select(selector: Selector, clock: MockClock) -> None:
    for _ in range(3):
        selector.wakeup()
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 0
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 1500


def test_a_hundred_thousand_wakeups_neither_block_nor_fail(selector: Selector, clock: MockClock) -> None:
    for _ in range(100_000):
        selector.wakeup()
    selector.select(timeout_ms=1500)
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 1500


def test_a_wakeup_is_as_good_as_new_after_it_was_used_up(selector: Selector, clock: MockClock) -> None:
    for _ in range(3):
        selector.wakeup()
        selector.select(timeout_ms=1500)
    assert clock.now_ms() == 0


@pytest.mark.behaviour(8)
def test_a_wakeup_makes_no_key_ready_and_hides_none(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    key = channel.register(selector, OP_READ)
    selector.wakeup()
    assert selector.select_now() == 0
    assert not selector.selected_keys
    theirs.send(b"!")
    selector.wakeup()
    assert selector.select_now() == 1
    assert list(selector.selected_keys) == [key]


@pytest.mark.behaviour(7)
def test_another_thread_ends_the_sleep() -> None:
    with closing(Selector(SystemClock())) as selector:
        waker = threading.Thread(target=selector.wakeup)
        waker.start()
        assert selector.select(NEVER) == 0
        waker.join()


class NoOversleeping(SystemClock):
    """A select that sleeps until its time is over has missed a wakeup."""

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(poller, min(timeout_ms, PATIENCE_MS))
        assert events, "select slept although somebody had appended and called wakeup"
        return events


@pytest.mark.behaviour(7)
def test_what_is_appended_before_a_wakeup_is_always_seen() -> None:
    """The schedule that loses one: a wakeup is taken for one already under way while that is being used up."""
    appended: deque[int] = deque()
    with closing(Selector(NoOversleeping())) as selector:

        def append_and_wake() -> None:
            for number in range(2_000):
                appended.append(number)
                selector.wakeup()

        threads = [threading.Thread(target=append_and_wake) for _ in range(4)]
        for thread in threads:
            thread.start()
        seen = 0
        while seen < 8_000:
            selector.select(NEVER)
            while appended:
                appended.popleft()
                seen += 1
        for thread in threads:
            thread.join()


# Selected keys...


def test_selected_keys_stay_until_their_owner_takes_them_out(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    key = channel.register(selector, OP_READ)
    theirs.send(b"!")
    selector.select_now()
    read(channel)
    assert selector.select_now() == 0
    assert list(selector.selected_keys) == [key]
    del selector.selected_keys[key]
    assert not selector.selected_keys


def test_a_key_that_is_ready_again_is_selected_once(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    key = channel.register(selector, OP_READ)
    theirs.send(b"!")
    selector.select_now()
    selector.select_now()
    assert list(selector.selected_keys) == [key]


def test_unread_bytes_end_every_select(selector: Selector, clock: MockClock, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    channel.register(selector, OP_READ)
    theirs.send(b"!")
    assert [selector.select(timeout_ms=1500) for _ in range(3)] == [1, 1, 1]
    read(channel)
    assert selector.select(timeout_ms=1500) == 0
    assert clock.now_ms() == 1500


def test_an_interest_in_writing_that_nobody_needs_ends_every_select(
    selector: Selector, clock: MockClock, make_pair: Callable[[], Pair]
) -> None:
    channel, _ = make_pair()
    key = channel.register(selector, OP_READ | OP_WRITE)
    assert [selector.select(timeout_ms=1500) for _ in range(3)] == [1, 1, 1]
    key.interest_ops &= ~OP_WRITE
    selector.select(timeout_ms=1500)
    assert clock.now_ms() == 1500


def test_ready_keys_come_in_order_of_registration(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    pairs = [make_pair() for _ in range(20)]
    keys = [channel.register(selector, OP_READ) for channel, _ in reversed(pairs)]
    for index in (7, 3, 19, 0, 11):
        pairs[index][1].send(b"!")
    assert selector.select_now() == 5
    assert list(selector.selected_keys) == [keys[19 - index] for index in (19, 11, 7, 3, 0)]


def test_only_what_a_key_waits_for_makes_it_ready(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    key = channel.register(selector, OP_WRITE)
    theirs.send(b"!")
    selector.select_now()
    assert key.ready_ops == OP_WRITE


def test_a_key_without_interest_is_not_disturbed_even_by_the_peers_end(
    selector: Selector, clock: MockClock, make_pair: Callable[[], Pair]
) -> None:
    channel, theirs = make_pair()
    channel.register(selector, 0)
    theirs.send(b"!")
    theirs.close()
    assert selector.select(timeout_ms=1500) == 0
    assert clock.now_ms() == 1500


def test_the_peers_end_makes_a_key_readable(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    key = channel.register(selector, OP_READ)
    theirs.close()
    assert selector.select_now() == 1
    assert key.is_readable


def test_a_refused_connection_is_reported_as_one_that_has_ended() -> None:
    with socket.socket() as nobody, closing(SocketChannel.open()) as channel, closing(Selector()) as selector:
        nobody.bind(("127.0.0.1", 0))
        channel.connect(SocketAddress(socket.AF_INET, nobody.getsockname()))
        key = channel.register(selector, OP_CONNECT)
        assert selector.select(PATIENCE_MS) == 1
        assert key.is_connectable


# Registrations...


def test_a_selector_knows_its_keys(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    keys = {make_pair()[0].register(selector, OP_READ) for _ in range(3)}
    assert selector.keys == keys
    assert repr(selector) == "<nio.Selector: 3 keys, 0 selected>"


def test_closing_a_channel_forgets_its_key_at_once(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, _ = make_pair()
    channel.register(selector, OP_WRITE)
    selector.select_now()
    channel.close()
    assert not selector.keys
    assert not selector.selected_keys
    assert selector.select_now() == 0


def test_the_number_of_a_closed_file_serves_the_next_channel(selector: Selector, make_pair: Callable[[], Pair]) -> None:
    channel, theirs = make_pair()
    channel.register(selector, OP_READ | OP_WRITE, "old")
    number = channel.fileno()
    channel.close()
    with socket.socket() as successor:
        assert successor.fileno() == number, "the kernel gives the lowest free number"
    channel, theirs = make_pair()
    assert channel.fileno() == number
    channel.register(selector, OP_READ, "new")
    theirs.send(b"!")
    assert selector.select_now() == 1
    assert [key.attachment for key in selector.selected_keys] == ["new"]


# The end...


def test_closing_the_selector_cancels_every_key_and_closes_no_channel(
    clock: MockClock, make_pair: Callable[[], Pair]
) -> None:
    pairs = [make_pair() for _ in range(3)]
    selector = Selector(clock)
    keys = [channel.register(selector, OP_READ) for channel, _ in pairs]
    selector.close()
    assert not any(key.is_valid for key in keys)
    assert all(channel.is_open for channel, _ in pairs)
    with pytest.raises(CancelledKeyError):
        keys[0].interest_ops = OP_WRITE


def test_waking_a_closed_selector_does_nothing(clock: MockClock) -> None:
    selector = Selector(clock)
    selector.close()
    selector.wakeup()
    selector.close()
    assert repr(selector) == "<nio.Selector: 0 keys, 0 selected>"


class _InterruptedWriter:
    """Stands for Ctrl-C in the middle of a wakeup."""

    def send(self, data: bytes) -> int:
        raise KeyboardInterrupt


def test_a_wakeup_that_was_interrupted_does_not_silence_the_next_one(selector: Selector, clock: MockClock) -> None:
    waker = selector._waker
    writer, waker._writer = waker._writer, _InterruptedWriter()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        selector.wakeup()
    waker._writer = writer
    selector.wakeup()
    selector.select(PATIENCE_MS)
    assert clock.now_ms() == 0, "the select has slept"
