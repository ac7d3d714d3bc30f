"""A muted connection is neither read nor are its messages handed over; a broker handles one request at a time so."""

import socket
from collections.abc import Callable

import pytest

from kafka_nio.network import ChannelState, Selector
from tests.network.peers import HeldClock, Peer, connect, frame, message_for, poll_until, read_exactly, receives

Join = Callable[[Selector, str], socket.socket]


def test_what_arrives_on_a_muted_connection_waits_in_the_kernel(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    theirs = join(selector, "0")
    selector.mute("0")
    theirs.send(frame(b"hello"))
    selector.wakeup()
    selector.poll(1500)
    assert not selector.completed_receives
    selector.unmute("0")
    selector.poll(1500)
    assert receives(selector) == [("0", b"hello")]


def test_others_are_read_meanwhile(selector: Selector, join: Join) -> None:
    for id in ("0", "1"):
        join(selector, id).send(frame(b"hello"))
    selector.mute("0")
    selector.poll(0)
    assert receives(selector) == [("1", b"hello")]


def test_staged_messages_of_a_muted_connection_stay_staged(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two"))
    selector.poll(0)
    selector.mute("0")
    selector.poll(0)
    assert not selector.completed_receives
    selector.unmute("0")
    selector.poll(0)
    assert receives(selector) == [("0", b"two")]


@pytest.mark.behaviour(5)
def test_a_poll_may_sleep_while_all_staged_messages_are_muted(selector: Selector, clock: HeldClock, join: Join) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two"))
    selector.poll(1500)
    selector.mute("0")
    selector.wakeup()
    selector.poll(1500)
    selector.unmute("0")
    selector.poll(1500)
    assert clock.select_timeouts_ms == [1500, 1500, 0]


def test_a_muted_connection_is_written_to(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    selector.mute("0")
    selector.send(message_for("0"))
    selector.poll(0)
    assert len(selector.completed_sends) == 1
    assert read_exactly(theirs, 9) == frame(b"hello")


def test_a_muted_connection_whose_peer_is_gone_disturbs_nobody_until_it_is_unmuted(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    theirs = join(selector, "0")
    selector.mute("0")
    theirs.close()
    selector.wakeup()
    selector.poll(1500)
    selector.wakeup()
    selector.poll(1500)
    assert not selector.disconnected
    selector.unmute("0")
    selector.poll(1500)
    assert list(selector.disconnected) == ["0"]


def test_muting_and_unmuting_twice_is_once(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"hello"))
    selector.mute("0")
    selector.mute("0")
    selector.unmute("0")
    selector.unmute("0")
    selector.poll(0)
    assert receives(selector) == [("0", b"hello")]


def test_unmuting_does_not_disturb_a_connection_that_is_still_being_made(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address)
    selector.unmute("0")
    poll_until(selector, lambda: selector.connected)
    assert selector.connected == ["0"]


# Muted and closing: a broker is at work on a request of somebody who has hung up...


def hang_up(selector: Selector, join: Join) -> None:
    """A peer that sends three messages and closes; the first of them has been handed over."""
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two") + frame(b"three"))
    theirs.close()
    selector.poll(0)
    assert receives(selector) == [("0", b"one")]


def test_a_closing_connection_can_be_muted_and_unmuted(selector: Selector, join: Join) -> None:
    hang_up(selector, join)
    selector.mute("0")
    selector.poll(0)
    assert not selector.completed_receives
    assert not selector.disconnected
    selector.unmute("0")
    polls = []
    for _ in range(3):
        selector.poll(0)
        polls.append(([message for _, message in receives(selector)], list(selector.disconnected)))
    assert polls == [([b"two"], []), ([b"three"], []), ([], ["0"])]


def test_an_answer_to_a_muted_and_closing_connection_ends_it(selector: Selector, join: Join) -> None:
    hang_up(selector, join)
    selector.mute("0")
    selector.send(message_for("0", b"answer"))
    selector.poll(0)
    assert selector.disconnected["0"].state is ChannelState.FAILED_SEND
    assert not selector.completed_receives


def test_requests_are_handled_one_at_a_time_and_in_order(selector: Selector, peer: Peer) -> None:
    """The broker's loop: mute, answer, unmute when the answer has left."""
    theirs = connect(selector, peer)
    theirs.sendall(b"".join(frame(b"request %d" % number) for number in range(5)))
    for number in range(5):
        poll_until(selector, lambda: selector.completed_receives)
        assert receives(selector) == [("0", b"request %d" % number)]
        selector.mute("0")
        selector.send(message_for("0", b"answer %d" % number))
        poll_until(selector, lambda: selector.completed_sends)
        assert not selector.completed_receives
        selector.unmute("0")
        assert read_exactly(theirs, 12) == frame(b"answer %d" % number)
