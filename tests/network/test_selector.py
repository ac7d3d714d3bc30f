"""One poll: how long it may sleep, what it does in which order, and what it leaves for its owner."""

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.errors import IllegalStateError, SslAuthenticationError
from kafka_nio.metrics import Metrics
from kafka_nio.network import ChannelState, KafkaChannel, Selector, plaintext_channel
from kafka_nio.nio import SelectionKey
from tests.network.peers import (
    HeldClock,
    Peer,
    connect,
    frame,
    message_for,
    poll_until,
    read_exactly,
    receives,
)
from tests.network.transports import HandshakingTransport, over

Join = Callable[[Selector, str], socket.socket]


# How long a poll may sleep...


@pytest.mark.behaviour(1)
def test_a_negative_timeout_is_refused_before_anything_is_cleared(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"hello"))
    selector.poll(0)
    with pytest.raises(ValueError, match="must not be negative, and is -1 ms"):
        selector.poll(-1)
    assert receives(selector) == [("0", b"hello")]


def test_a_poll_sleeps_for_as_long_as_it_was_told(selector: Selector, clock: HeldClock) -> None:
    selector.wakeup()
    selector.poll(1500)
    assert clock.select_timeouts_ms == [1500]


@pytest.mark.behaviour(4)
def test_a_poll_that_found_nothing_does_not_shorten_the_next(selector: Selector, clock: HeldClock, join: Join) -> None:
    """Java notes that no more can come of what is buffered, and forgets it after an idle poll. Here is no such note."""
    join(selector, "0")
    selector.poll(0)
    selector.wakeup()
    selector.poll(1500)
    assert clock.select_timeouts_ms == [0, 1500]


@pytest.mark.behaviour(5)
def test_a_poll_does_not_sleep_while_there_is_a_message_to_hand_over(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two") + frame(b"three"))
    for _ in range(3):
        selector.poll(1500)
    assert clock.select_timeouts_ms == [1500, 0, 0]
    selector.wakeup()
    selector.poll(1500)
    assert clock.select_timeouts_ms[-1] == 1500


@pytest.mark.behaviour(2)
def test_a_poll_does_not_sleep_before_it_has_reported_an_immediate_connection(
    selector: Selector, clock: HeldClock, unix_peer: Peer
) -> None:
    selector.connect("0", unix_peer.address)
    selector.poll(1500)
    assert clock.select_timeouts_ms == [0]
    assert selector.connected == ["0"]


def test_a_poll_does_not_sleep_when_it_knows_of_a_lost_connection_already(
    selector: Selector, clock: HeldClock, join: Join
) -> None:
    """The peer closed right behind its last message, which was handed over by the poll before."""
    theirs = join(selector, "0")
    theirs.send(frame(b"last"))
    theirs.close()
    selector.poll(1500)
    assert not selector.disconnected
    selector.poll(1500)
    assert list(selector.disconnected) == ["0"]
    assert clock.select_timeouts_ms == [1500, 0]


@pytest.mark.behaviour(8)
def test_a_wakeup_from_another_thread_ends_a_poll_that_has_nothing_to_do(selector: Selector) -> None:
    waker = threading.Thread(target=selector.wakeup)
    waker.start()
    selector.poll(NEVER)
    waker.join()
    assert not selector.completed_receives


# What a poll leaves...


@pytest.mark.behaviour(9)
def test_what_a_poll_brought_is_gone_with_the_next(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    gone = join(selector, "1")
    selector.send(message_for("0"))
    theirs.send(frame(b"hello"))
    gone.close()
    selector.poll(0)
    assert [send.destination for send in selector.completed_sends] == ["0"]
    assert receives(selector) == [("0", b"hello")]
    assert list(selector.disconnected) == ["1"]
    selector.poll(0)
    assert not selector.completed_sends
    assert not selector.completed_receives
    assert not selector.disconnected


@pytest.mark.behaviour(9)
def test_a_connection_is_reported_as_connected_once(selector: Selector, peer: Peer) -> None:
    connect(selector, peer)
    assert selector.connected == ["0"]
    selector.poll(0)
    assert selector.connected == []


def test_connections_are_served_in_the_order_in_which_they_were_made(selector: Selector, join: Join) -> None:
    peers = {id: join(selector, id) for id in ("c", "a", "b")}
    for id in ("b", "c", "a"):
        peers[id].send(frame(id.encode()))
    selector.poll(0)
    assert receives(selector) == [("c", b"c"), ("a", b"a"), ("b", b"b")]


@pytest.mark.behaviour(14)
def test_reading_comes_before_writing(selector: Selector, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    theirs = join(selector, "0")
    channel = selector.channels["0"]
    for step in ("prepare", "read", "write"):
        method = getattr(channel, step)

        def noting(step: str = step, method: Callable[[], object] = method) -> object:
            steps.append(step)
            return method()

        monkeypatch.setattr(channel, step, noting)
    theirs.send(frame(b"hello"))
    selector.send(message_for("0"))
    selector.poll(0)
    assert steps == ["read", "read", "write"], "once for the message, once to find that there is no other"


@pytest.mark.behaviour(10)
def test_ready_connections_come_before_those_that_stood_at_once_and_each_once(
    selector: Selector, join: Join, unix_peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[str] = []
    serve = selector._poll_selection_key

    def noting(key: SelectionKey, channel: KafkaChannel, *more: object) -> None:
        served.append(channel.id)
        serve(key, channel, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(selector, "_poll_selection_key", noting)
    selector.connect("stood at once", unix_peer.address)
    join(selector, "ready").send(frame(b"hello"))
    selector.poll(0)
    assert served == ["ready", "stood at once"]


@pytest.mark.behaviour(11)
def test_no_key_stays_selected_for_the_next_poll(selector: Selector, join: Join) -> None:
    for id in ("0", "1"):
        join(selector, id).send(frame(b"hello"))
    selector.poll(0)
    assert not selector._nio_selector.selected_keys


def test_a_request_and_its_answer_travel_at_the_same_time(selector: Selector, peer: Peer) -> None:
    theirs = connect(selector, peer)
    for number in range(20):
        text = b"request %d" % number
        selector.send(message_for("0", text))
        poll_until(selector, lambda: selector.completed_sends)
        assert read_exactly(theirs, 4 + len(text)) == frame(text)
        theirs.sendall(frame(b"answer to " + text))
        poll_until(selector, lambda: selector.completed_receives)
        assert receives(selector) == [("0", b"answer to " + text)]


# One connection's trouble is not another's...


class Unlucky(KafkaChannel):
    """A channel that meets something nobody thought of."""

    def read(self) -> None:
        raise ZeroDivisionError("nobody thought of it")


def unlucky_first(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
    channel = plaintext_channel(id, key, max_receive_size)
    if id == "0":
        channel.__class__ = Unlucky
    return channel


@pytest.mark.behaviour(23, 24)
def test_one_connections_error_does_not_stop_the_others(
    make_selector: Callable[..., Selector], join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    selector = make_selector(channel_builder=unlucky_first)
    for id in ("0", "1", "2"):
        join(selector, id).send(frame(b"hello"))
    with caplog.at_level(logging.WARNING, logger="kafka_nio"):
        selector.poll(0)
    assert receives(selector) == [("1", b"hello"), ("2", b"hello")]
    end = selector.disconnected["0"]
    assert isinstance(end.error, ZeroDivisionError)
    assert "Unexpected error" in caplog.text, "what nobody thought of must be heard of"


@pytest.mark.behaviour(23)
def test_one_peers_nonsense_does_not_stop_the_others(selector: Selector, join: Join) -> None:
    for id, data in (("0", b"\xff\xff\xff\xff"), ("1", frame(b"hello")), ("2", b"HTTP/1.1"), ("3", frame(b"hello"))):
        join(selector, id).send(data)
    selector.poll(0)
    assert receives(selector) == [("1", b"hello"), ("3", b"hello")]
    assert list(selector.disconnected) == ["0", "2"]


@pytest.mark.behaviour(24)
def test_what_goes_wrong_every_day_is_not_worth_a_warning(
    selector: Selector, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = join(selector, "0")
    theirs.close()
    with caplog.at_level(logging.DEBUG, logger="kafka_nio"):
        selector.poll(0)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "Connection 0 to peer-0 ended: the peer closed the connection" in caplog.text


@pytest.mark.behaviour(24)
def test_a_failed_authentication_is_worth_an_info_line(
    make_selector: Callable[..., Selector], unix_peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    refused = partial(HandshakingTransport, failure=SslAuthenticationError("the certificate has expired"))
    selector = make_selector(channel_builder=over(refused))
    selector.connect("0", unix_peer.address)
    with caplog.at_level(logging.DEBUG, logger="kafka_nio.network.selector"):
        selector.poll(0)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "failed to authenticate: the certificate has expired" in caplog.text


# Looking in from outside...


def test_a_name_nobody_has_is_told_with_those_that_there_are(selector: Selector, join: Join) -> None:
    with pytest.raises(IllegalStateError, match="no connection 7; open are none"):
        selector.mute("7")
    join(selector, "0")
    join(selector, "1")
    with pytest.raises(IllegalStateError, match="no connection 7; open are 0, 1"):
        selector.unmute("7")


def test_a_selector_tells_how_many_connections_it_has(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    join(selector, "1")
    theirs.send(frame(b"last"))
    theirs.close()
    selector.poll(0)
    assert repr(selector) == "<network.Selector: 1 connections, 1 closing>"


def test_a_connection_that_was_registered_is_ready_at_once(selector: Selector, join: Join) -> None:
    join(selector, "0")
    assert selector.is_channel_ready("0")
    assert selector.channels["0"].state is ChannelState.READY
    assert not selector.connected, "its owner has made it, and knows"


# Counting...


@pytest.mark.behaviour(21)
def test_messages_are_counted_when_they_are_complete_and_bytes_with_them(
    selector: Selector, metrics: Metrics, join: Join
) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"hello")[:6])
    selector.poll(0)
    assert metrics.snapshot()["response-total"] == 0
    theirs.send(frame(b"hello")[6:])
    selector.send(message_for("0", b"good day"))
    selector.poll(0)
    counted = metrics.snapshot()
    assert (counted["response-total"], counted["incoming-byte-total"]) == (1, 9)
    assert (counted["request-total"], counted["outgoing-byte-total"]) == (1, 12)
    assert counted["select-total"] == 2


def test_connections_are_counted_when_they_stand_and_when_they_end(
    selector: Selector, metrics: Metrics, peer: Peer, join: Join
) -> None:
    selector.connect("0", peer.address)
    assert metrics.snapshot()["connection-creation-total"] == 0
    poll_until(selector, lambda: selector.connected)
    join(selector, "1")
    assert metrics.snapshot()["connection-creation-total"] == 2
    selector.close("0")
    assert metrics.snapshot()["connection-close-total"] == 1
