"""A connection that was silent for too long is closed, one a poll, and never one that has just been of use."""

import selectors
import socket
from collections.abc import Callable

import pytest

from kafka_nio.network import ChannelState, Selector
from tests.network.peers import HeldClock, Peer, frame, message_for, receives

Join = Callable[[Selector, str], socket.socket]

MAX_IDLE_MS = 1000


@pytest.fixture
def selector(make_selector: Callable[..., Selector]) -> Selector:
    return make_selector(connections_max_idle_ms=MAX_IDLE_MS)


@pytest.mark.behaviour(42)
def test_a_silent_connection_expires(selector: Selector, clock: HeldClock, join: Join) -> None:
    theirs = join(selector, "0")
    clock.advance(MAX_IDLE_MS)
    selector.poll(0)
    assert not selector.disconnected
    clock.advance(1)
    selector.poll(0)
    assert selector.disconnected["0"].state is ChannelState.EXPIRED
    assert selector.disconnected["0"].error is None
    assert theirs.recv(1) == b""


@pytest.mark.behaviour(43)
def test_a_connection_that_never_had_anything_to_do_expires_too(
    selector: Selector, clock: HeldClock, peer: Peer
) -> None:
    """Not even the end of its connection attempt was seen."""
    selector.connect("0", peer.address)
    selector.mute("0")
    (key,) = selector._nio_selector.keys
    key.interest_ops = 0
    clock.advance(MAX_IDLE_MS + 1)
    selector.poll(0)
    assert selector.disconnected["0"].state is ChannelState.EXPIRED


@pytest.mark.behaviour(41)
def test_a_poll_closes_one_expired_connection_the_oldest_first(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    for id in ("0", "1", "2"):
        join(selector, id)
        clock.advance(1)
    clock.advance(2 * MAX_IDLE_MS)
    expired = []
    for _ in range(4):
        selector.poll(0)
        expired.append(list(selector.disconnected))
    assert expired == [["0"], ["1"], ["2"], []]


def test_reading_and_writing_keep_a_connection_alive(selector: Selector, clock: HeldClock, join: Join) -> None:
    peers = {id: join(selector, id) for id in ("reading", "writing", "silent")}
    clock.advance(MAX_IDLE_MS - 1)
    peers["reading"].send(frame(b"hello"))
    selector.send(message_for("writing"))
    selector.poll(0)
    clock.advance(2)
    for _ in range(3):
        selector.poll(0)
        if selector.disconnected:
            assert list(selector.disconnected) == ["silent"]
    assert set(selector.channels) == {"reading", "writing"}


@pytest.mark.behaviour(41)
def test_a_connection_used_in_this_poll_does_not_expire_in_it(selector: Selector, clock: HeldClock, join: Join) -> None:
    theirs = join(selector, "0")
    clock.advance(10 * MAX_IDLE_MS)
    theirs.send(frame(b"just in time"))
    selector.poll(0)
    assert receives(selector) == [("0", b"just in time")]
    assert not selector.disconnected


def test_others_that_are_busy_do_not_keep_a_silent_connection_alive(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    join(selector, "silent")
    busy = join(selector, "busy")
    clock.advance(MAX_IDLE_MS + 1)
    busy.send(frame(b"hello"))
    selector.poll(0)
    assert receives(selector) == [("busy", b"hello")]
    assert list(selector.disconnected) == ["silent"]


@pytest.mark.behaviour(41)
def test_time_is_told_when_the_sleep_is_over(
    selector: Selector, clock: HeldClock, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sleep longer than the idle time must end in the expiry, though the connection was young when it began."""
    join(selector, "0")

    def sleep(poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        clock.advance(int(timeout_ms))
        return poller.select(0)

    monkeypatch.setattr(clock, "select", sleep)
    selector.poll(MAX_IDLE_MS + 1)
    assert list(selector.disconnected) == ["0"]


@pytest.mark.behaviour(8)
def test_a_poll_in_which_nothing_was_ready_looks_for_silent_connections(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    join(selector, "0")
    clock.advance(MAX_IDLE_MS + 1)
    selector.wakeup()
    selector.poll(1500)
    assert list(selector.disconnected) == ["0"]


@pytest.mark.behaviour(45)
def test_messages_of_an_expired_connection_are_handed_over_before_its_end(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two") + frame(b"three"))
    polls = []
    for _ in range(5):
        selector.poll(0)
        polls.append(([message for _, message in receives(selector)], list(selector.disconnected)))
        clock.advance(MAX_IDLE_MS + 1)
    assert [messages for messages, _ in polls] == [[b"one"], [b"two"], [b"three"], [], []]
    assert [ended for _, ended in polls].count(["0"]) == 1
    assert not any(ended for messages, ended in polls if messages)


@pytest.mark.behaviour(39, 42)
def test_an_expired_connection_with_staged_messages_still_ends_as_expired(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two") + frame(b"three"))
    selector.poll(0)
    clock.advance(MAX_IDLE_MS + 1)
    ends = {}
    for _ in range(4):
        selector.poll(0)
        ends.update(selector.disconnected)
    assert ends["0"].state is ChannelState.EXPIRED


def test_a_connection_closed_by_its_owner_does_not_expire(selector: Selector, clock: HeldClock, join: Join) -> None:
    join(selector, "0")
    selector.close("0")
    clock.advance(MAX_IDLE_MS + 1)
    selector.poll(0)
    assert not selector.disconnected


def test_without_a_limit_nothing_expires(make_selector: Callable[..., Selector], clock: HeldClock, join: Join) -> None:
    selector = make_selector()
    join(selector, "0")
    clock.advance(10**12)
    selector.poll(0)
    assert set(selector.channels) == {"0"}
