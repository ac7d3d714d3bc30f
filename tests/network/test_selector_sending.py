"""A message is handed over at once and leaves in the polls that follow, as fast as the kernel takes it."""

import os
import socket
from collections.abc import Callable

import pytest

from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.network import ChannelState, NetworkSend, Selector
from kafka_nio.nio import OP_READ, OP_WRITE, SelectionKey
from tests.network.peers import HeldClock, Peer, frame, message_for, poll_until, read_available, read_exactly, receives

Join = Callable[[Selector, str], socket.socket]


def key_of(selector: Selector) -> SelectionKey:
    (key,) = selector._nio_selector.keys
    return key


def fill(selector: Selector, id: str) -> NetworkSend:
    """Send more than the kernel takes while nobody reads."""
    send = NetworkSend(id, [bytes(16 * 1024 * 1024)])
    selector.send(send)
    selector.poll(0)
    assert 0 < send.remaining < send.size
    return send


# From hand to hand...


def test_a_message_is_written_by_the_poll_and_not_by_send(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.setblocking(False)
    send = message_for("0")
    selector.send(send)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    selector.poll(0)
    assert selector.completed_sends == [send]
    assert theirs.recv(100) == frame(b"hello")


@pytest.mark.behaviour(18)
def test_nothing_to_send_means_no_interest_in_writing(selector: Selector, clock: HeldClock, join: Join) -> None:
    theirs = join(selector, "0")
    key = key_of(selector)
    assert key.interest_ops == OP_READ
    selector.send(message_for("0"))
    assert key.interest_ops == OP_READ | OP_WRITE
    selector.poll(0)
    assert key.interest_ops == OP_READ
    assert read_exactly(theirs, 9)


def test_a_message_handed_over_before_the_connection_stands_leaves_with_it(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address)
    selector.send(message_for("0"))
    poll_until(selector, lambda: selector.completed_sends)
    assert read_exactly(peer.accept(), 9) == frame(b"hello")


def test_each_connection_has_a_message_of_its_own_under_way(selector: Selector, join: Join) -> None:
    peers = [join(selector, id) for id in ("0", "1", "2")]
    for id in ("0", "1", "2"):
        selector.send(message_for(id, id.encode()))
    selector.poll(0)
    assert [send.destination for send in selector.completed_sends] == ["0", "1", "2"]
    assert [read_exactly(theirs, 5) for theirs in peers] == [frame(b"0"), frame(b"1"), frame(b"2")]


# More than the kernel takes...


@pytest.mark.behaviour(18)
def test_a_message_larger_than_the_kernels_buffer_leaves_piece_by_piece(selector: Selector, peer: Peer) -> None:
    payload = os.urandom(500_000)
    selector.connect("0", peer.address, send_buffer_bytes=4096)
    theirs = peer.accept()
    poll_until(selector, lambda: selector.connected)
    key = key_of(selector)
    send = NetworkSend("0", [payload[:200_000], payload[200_000:]])
    selector.send(send)
    arrived = bytearray()
    pieces = 0
    while not send.is_completed:
        pieces += 1
        assert key.interest_ops == OP_READ | OP_WRITE, "the rest must leave as well"
        arrived += read_available(theirs)  # which makes room
        selector.poll(10_000)
    assert selector.completed_sends == [send]
    assert key.interest_ops == OP_READ
    assert arrived + read_exactly(theirs, send.size - len(arrived)) == frame(payload)
    assert pieces > 1, "it was meant to be more than the kernel takes at once"


def test_a_large_message_is_complete_in_one_poll_only(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    send = fill(selector, "0")
    completions = 0
    left = send.size
    while left:
        left -= len(theirs.recv(min(left, 1024 * 1024)))
        selector.poll(0)
        completions += selector.completed_sends.count(send)
    assert completions == 1


def test_a_full_connection_is_not_polled_in_vain(selector: Selector, clock: HeldClock, join: Join) -> None:
    theirs = join(selector, "0")
    send = fill(selector, "0")
    before = send.remaining
    selector.wakeup()
    selector.poll(1500)
    assert send.remaining == before
    theirs.recv(1024 * 1024)
    selector.poll(1500)
    assert send.remaining < before


def test_a_full_connection_is_still_read(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    fill(selector, "0")
    theirs.send(frame(b"enough!"))
    selector.poll(0)
    assert receives(selector) == [("0", b"enough!")]


@pytest.mark.behaviour(21)
def test_bytes_of_a_message_under_way_are_not_counted_yet(selector: Selector, metrics: Metrics, join: Join) -> None:
    join(selector, "0")
    fill(selector, "0")
    assert metrics.snapshot()["request-total"] == 0


# Sends that cannot be...


@pytest.mark.behaviour(31)
def test_sending_to_somebody_unknown_is_an_error(selector: Selector) -> None:
    with pytest.raises(IllegalStateError, match="no connection 0"):
        selector.send(message_for("0"))
    selector.poll(0)
    assert not selector.disconnected


@pytest.mark.behaviour(33)
def test_a_second_message_before_the_first_has_left_is_an_error_and_ends_the_connection(
    selector: Selector, join: Join
) -> None:
    theirs = join(selector, "0")
    selector.send(message_for("0"))
    with pytest.raises(IllegalStateError, match="cannot take another message"):
        selector.send(message_for("0"))
    assert not selector.channels
    assert not selector.disconnected, "it belongs to the next poll"
    selector.poll(0)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.FAILED_SEND
    assert isinstance(end.error, IllegalStateError)
    assert end.remote_address == "peer-0"
    assert theirs.recv(1) == b""
    selector.poll(0)
    assert not selector.disconnected, "once is enough"


def test_a_failed_send_is_reported_without_sleep(selector: Selector, clock: HeldClock, join: Join) -> None:
    join(selector, "0")
    selector.send(message_for("0"))
    with pytest.raises(IllegalStateError):
        selector.send(message_for("0"))
    selector.poll(1500)
    assert list(selector.disconnected) == ["0"]
    assert clock.select_timeouts_ms == [0]


@pytest.mark.behaviour(32)
def test_sending_to_a_connection_that_is_being_closed_raises_nothing_and_ends_it(
    selector: Selector, join: Join
) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two") + frame(b"three"))
    theirs.close()
    selector.poll(0)
    assert receives(selector) == [("0", b"one")]
    selector.send(message_for("0"))
    selector.poll(0)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.FAILED_SEND
    assert isinstance(end.error, EOFError), "the reason is still that the peer closed"
    assert not selector.completed_receives
    assert not selector.completed_sends
    with pytest.raises(IllegalStateError, match="no connection 0"):
        selector.send(message_for("0"))


@pytest.mark.behaviour(34)
def test_sending_through_a_socket_that_was_closed_meanwhile_is_only_a_lost_connection(
    selector: Selector, join: Join
) -> None:
    join(selector, "0")
    key_of(selector).channel.close()
    selector.send(message_for("0"))
    selector.poll(0)
    assert selector.disconnected["0"].state is ChannelState.FAILED_SEND


def test_a_name_is_free_after_a_failed_send(selector: Selector, join: Join) -> None:
    join(selector, "0")
    selector.send(message_for("0"))
    with pytest.raises(IllegalStateError):
        selector.send(message_for("0"))
    selector.poll(0)
    theirs = join(selector, "0")
    theirs.send(frame(b"hello again"))
    selector.poll(0)
    assert receives(selector) == [("0", b"hello again")]
    assert not selector.disconnected


# Writes that fail...


def test_a_write_that_fails_ends_the_connection_and_says_why(selector: Selector, metrics: Metrics, join: Join) -> None:
    theirs = join(selector, "0")
    selector.mute("0")  # otherwise reading would find it out first
    theirs.close()
    selector.send(message_for("0"))
    selector.poll(0)
    end = selector.disconnected["0"]
    assert isinstance(end.error, BrokenPipeError)
    assert end.state is ChannelState.READY
    assert not selector.completed_sends
    assert not selector.channels
    assert metrics.snapshot()["connection-close-total"] == 1


@pytest.mark.behaviour(36)
def test_a_write_that_fails_drops_what_was_read_and_not_handed_over(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two") + frame(b"three"))
    selector.poll(0)
    assert receives(selector) == [("0", b"one")]
    theirs.close()
    selector.send(message_for("0"))
    selector.poll(0)
    assert list(selector.disconnected) == ["0"]
    assert not selector.completed_receives
    selector.poll(0)
    assert not selector.completed_receives


@pytest.mark.behaviour(23)
def test_one_connections_failed_write_does_not_stop_the_others(selector: Selector, join: Join) -> None:
    gone, there = join(selector, "0"), join(selector, "1")
    selector.mute("0")
    gone.close()
    selector.send(message_for("0"))
    selector.send(message_for("1"))
    selector.poll(0)
    assert list(selector.disconnected) == ["0"]
    assert [send.destination for send in selector.completed_sends] == ["1"]
    assert read_exactly(there, 9) == frame(b"hello")
