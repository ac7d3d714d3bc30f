"""Every connection ends once, whoever ends it, and not before what it has brought has been handed over."""

import socket
from collections.abc import Callable

import pytest

from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.network import ChannelState, Selector
from tests.network.peers import Peer, connect, frame, message_for, poll_until, receives
from tests.network.transports import StubbornTransport, over

Join = Callable[[Selector, str], socket.socket]


def last_words(selector: Selector, join: Join, *messages: bytes) -> None:
    """A peer "0" that says something and closes, all of it before the first poll."""
    theirs = join(selector, "0")
    theirs.sendall(b"".join(map(frame, messages)))
    theirs.close()


# The peer closes...


def test_the_peers_end_is_reported(selector: Selector, peer: Peer) -> None:
    connect(selector, peer).close()
    poll_until(selector, lambda: selector.disconnected)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.READY
    assert isinstance(end.error, EOFError)
    assert end.remote_address == str(peer.address)
    assert not selector.channels
    assert not selector.is_channel_ready("0")


@pytest.mark.behaviour(9)
def test_the_peers_end_is_reported_once(selector: Selector, join: Join) -> None:
    last_words(selector, join)
    selector.poll(0)
    assert list(selector.disconnected) == ["0"]
    selector.poll(0)
    assert not selector.disconnected


def test_a_broken_connection_is_reported_with_its_error(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    selector.send(message_for("0"))
    selector.poll(0)
    theirs.close()  # without having read: that breaks a connection rather than ending it
    selector.poll(0)
    assert isinstance(selector.disconnected["0"].error, ConnectionResetError)


@pytest.mark.behaviour(50)
def test_the_end_in_the_middle_of_a_message_is_an_end_like_any_other(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"hello")[:7])
    theirs.close()
    poll_until(selector, lambda: selector.disconnected)
    assert isinstance(selector.disconnected["0"].error, EOFError)
    assert not selector.completed_receives


# A graceful end...


@pytest.mark.behaviour(37)
def test_messages_that_arrived_before_the_end_are_handed_over_one_a_poll_then_the_end(
    selector: Selector, join: Join
) -> None:
    last_words(selector, join, b"one", b"two", b"three")
    polls = []
    for _ in range(5):
        selector.poll(0)
        polls.append(([message for _, message in receives(selector)], list(selector.disconnected)))
    assert polls == [([b"one"], []), ([b"two"], []), ([b"three"], []), ([], ["0"]), ([], [])]


def test_a_gracefully_closing_connection_keeps_its_error_and_state(selector: Selector, join: Join) -> None:
    last_words(selector, join, b"one", b"two")
    poll_until(selector, lambda: selector.disconnected)
    end = selector.disconnected["0"]
    assert isinstance(end.error, EOFError)
    assert end.state is ChannelState.READY
    assert end.remote_address == "peer-0"


@pytest.mark.behaviour(38)
def test_half_a_message_does_not_delay_the_end(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"whole") + frame(b"half")[:6])
    theirs.close()
    selector.poll(0)
    assert receives(selector) == [("0", b"whole")]
    selector.poll(0)
    assert list(selector.disconnected) == ["0"]


def test_a_closing_connection_is_not_open(selector: Selector, join: Join) -> None:
    last_words(selector, join, b"one", b"two")
    selector.poll(0)
    assert not selector.channels
    assert not selector.is_channel_ready("0")


def test_others_are_served_while_one_is_closing(selector: Selector, join: Join) -> None:
    last_words(selector, join, b"one", b"two")
    other = join(selector, "1")
    selector.poll(0)
    other.send(frame(b"hello"))
    selector.poll(0)
    assert sorted(receives(selector)) == [("0", b"two"), ("1", b"hello")]


def test_a_closing_connection_is_counted_when_it_is_closed(selector: Selector, metrics: Metrics, join: Join) -> None:
    last_words(selector, join, b"one")
    selector.poll(0)
    assert metrics.snapshot()["connection-close-total"] == 0
    selector.poll(0)
    assert metrics.snapshot()["connection-close-total"] == 1


# The owner closes...


@pytest.mark.behaviour(35)
def test_a_connection_closed_by_its_owner_is_not_reported(selector: Selector, metrics: Metrics, join: Join) -> None:
    theirs = join(selector, "0")
    channel = selector.channels["0"]
    selector.close("0")
    assert theirs.recv(1) == b""
    assert channel.state is ChannelState.LOCAL_CLOSE
    assert not selector.channels
    assert not selector.disconnected
    selector.poll(0)
    assert not selector.disconnected
    assert metrics.snapshot()["connection-close-total"] == 1


def test_closing_what_is_closed_or_was_never_open_does_nothing(
    selector: Selector, metrics: Metrics, join: Join
) -> None:
    join(selector, "0")
    selector.close("0")
    selector.close("0")
    selector.close("7")
    selector.poll(0)
    assert not selector.disconnected
    assert metrics.snapshot()["connection-close-total"] == 1


def test_a_connection_closed_by_its_owner_hands_nothing_over_any_more(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two"))
    selector.poll(0)
    selector.close("0")
    selector.poll(0)
    assert not selector.completed_receives
    assert not selector.disconnected


def test_the_owner_may_end_a_graceful_end(selector: Selector, metrics: Metrics, join: Join) -> None:
    last_words(selector, join, b"one", b"two", b"three")
    selector.poll(0)
    selector.close("0")
    assert not selector.disconnected
    selector.poll(0)
    assert not selector.completed_receives
    assert not selector.disconnected
    assert metrics.snapshot()["connection-close-total"] == 1


@pytest.mark.behaviour(47)
def test_connections_may_be_closed_while_what_a_poll_brought_is_gone_through(selector: Selector, join: Join) -> None:
    for id in ("0", "1", "2"):
        join(selector, id).send(frame(b"one") + frame(b"two"))
    selector.poll(0)
    seen = []
    for receive in selector.completed_receives:
        selector.close(receive.source)
        seen.append(receive.source)
    assert seen == ["0", "1", "2"]
    assert not selector.channels
    selector.poll(0)
    assert not selector.completed_receives


def test_a_connection_being_made_can_be_closed(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address)
    selector.close("0")
    selector.poll(0)
    assert not selector.connected
    assert not selector.disconnected


def test_the_same_name_begins_anew(selector: Selector, join: Join) -> None:
    """Nothing of the old connection, not even half a message, shows up in the new one."""
    theirs = join(selector, "0")
    theirs.send(frame(b"old") + frame(b"old too") + frame(b"half")[:6])
    selector.poll(0)
    selector.close("0")
    theirs = join(selector, "0")
    theirs.send(frame(b"new"))
    selector.poll(0)
    assert receives(selector) == [("0", b"new")]


# All at once...


@pytest.mark.behaviour(46)
def test_closing_the_selector_closes_every_connection(
    make_selector: Callable[..., Selector], metrics: Metrics, join: Join, peer: Peer, unix_peer: Peer
) -> None:
    selector = make_selector(metrics=metrics)
    theirs = [join(selector, id) for id in ("0", "1")]
    last = join(selector, "2")
    last.send(frame(b"one") + frame(b"two"))
    last.close()
    selector.poll(0)
    selector.connect("3", peer.address)
    selector.connect("4", unix_peer.address)
    selector.close()
    assert [end.recv(1) for end in (*theirs, peer.accept(), unix_peer.accept())] == [b""] * 4
    assert not selector.channels
    assert metrics.snapshot()["connection-close-total"] == 5
    assert repr(selector) == "<network.Selector: 0 connections, 0 closing>"


def test_closing_a_selector_twice_does_nothing_more(selector: Selector, join: Join) -> None:
    join(selector, "0")
    selector.close()
    selector.close()
    assert not selector.channels


@pytest.fixture
def stubborn(make_selector: Callable[..., Selector]) -> Selector:
    """A selector whose connections raise when they are closed."""
    return make_selector(channel_builder=over(StubbornTransport))


@pytest.mark.behaviour(46)
def test_a_connection_that_fails_to_close_does_not_keep_the_others_open(stubborn: Selector, join: Join) -> None:
    theirs = [join(stubborn, id) for id in ("0", "1", "2")]
    stubborn.close()
    assert [end.recv(1) for end in theirs] == [b""] * 3
    assert not stubborn.channels


@pytest.mark.behaviour(40)
def test_a_connection_that_fails_to_close_is_gone_all_the_same(stubborn: Selector, join: Join) -> None:
    join(stubborn, "0").close()
    join(stubborn, "1").send(frame(b"hello"))
    stubborn.poll(0)
    assert isinstance(stubborn.disconnected["0"].error, EOFError)
    assert receives(stubborn) == [("1", b"hello")]
    with pytest.raises(IllegalStateError, match="no connection 0"):
        stubborn.send(message_for("0"))
