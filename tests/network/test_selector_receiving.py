"""What has arrived is read, within limits; a poll hands over one message of each connection, the rest is staged."""

import socket
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.errors import InvalidReceiveError
from kafka_nio.metrics import Metrics
from kafka_nio.network import ChannelState, Selector
from kafka_nio.nio import SocketAddress, SocketChannel
from tests.network.peers import HeldClock, Peer, connect, frame, message_for, poll_until, receives

Join = Callable[[Selector, str], socket.socket]


@pytest.mark.behaviour(22, 52)
def test_a_message_arrives_without_its_length(selector: Selector, peer: Peer) -> None:
    theirs = connect(selector, peer)
    theirs.sendall(frame(b"hello"))
    poll_until(selector, lambda: selector.completed_receives)
    (receive,) = selector.completed_receives
    assert (receive.source, bytes(receive.payload), receive.size) == ("0", b"hello", 9)


@pytest.mark.behaviour(49)
def test_an_empty_message_is_a_message(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"") + frame(b"after"))
    selector.poll(0)
    assert receives(selector) == [("0", b"")]
    selector.poll(0)
    assert receives(selector) == [("0", b"after")]


@pytest.mark.behaviour(51)
def test_a_message_in_pieces_is_handed_over_with_its_last_byte(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    data = frame(b"hello")
    for byte in data[:-1]:
        theirs.send(bytes([byte]))
        selector.poll(0)
        assert not selector.completed_receives
    theirs.send(data[-1:])
    selector.poll(0)
    assert receives(selector) == [("0", b"hello")]


def test_a_message_larger_than_the_kernels_buffers_arrives_whole(selector: Selector, peer: Peer) -> None:
    message = bytes(range(256)) * 8192
    selector.connect("0", peer.address, receive_buffer_bytes=4096)
    theirs = peer.accept()
    theirs.setblocking(False)
    unsent = memoryview(frame(message))
    while not selector.completed_receives:
        if unsent:
            with suppress(BlockingIOError):  # only reading makes room
                unsent = unsent[theirs.send(unsent) :]
        selector.poll(0 if unsent else 10_000)
    assert receives(selector) == [("0", message)]


# Staged receives...


def test_a_peer_that_never_stops_talking_keeps_no_poll_busy(selector: Selector, join: Join) -> None:
    """What is beyond the hundredth message stays with the kernel until those have been handed over."""
    theirs = join(selector, "0")
    theirs.sendall(frame(b"") * 250)
    selector.poll(0)
    assert "{'0': 99}" in repr(selector._staged_receives)
    handed_over = len(selector.completed_receives)
    while handed_over < 250:
        selector.poll(1000)
        assert len(selector.completed_receives) == 1
        handed_over += 1


@pytest.mark.behaviour(12)
def test_a_poll_hands_over_one_message_of_a_connection(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two") + frame(b"three"))
    handed_over = []
    for _ in range(4):
        selector.poll(0)
        handed_over.append(receives(selector))
    assert handed_over == [[("0", b"one")], [("0", b"two")], [("0", b"three")], []]


@pytest.mark.behaviour(12)
def test_every_connection_has_its_turn_in_every_poll(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"0: one") + frame(b"0: two"))
    join(selector, "1").send(frame(b"1: one"))
    selector.poll(0)
    assert receives(selector) == [("0", b"0: one"), ("1", b"1: one")]
    selector.poll(0)
    assert receives(selector) == [("0", b"0: two")]


@pytest.mark.behaviour(3)
def test_a_connection_is_read_empty_at_once(selector: Selector, metrics: Metrics, join: Join) -> None:
    """The bytes have left the kernel, though only one message has been handed over."""
    join(selector, "0").send(frame(b"one") + frame(b"two"))
    selector.poll(0)
    (key,) = selector._nio_selector.keys
    assert key.channel.read(memoryview(bytearray(100))) == 0  # type: ignore[union-attr]
    assert metrics.snapshot()["response-total"] == 1, "counted when handed over"


@pytest.mark.behaviour(13)
def test_a_connection_with_staged_messages_is_not_read_further(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two") + frame(b"three"))
    selector.poll(0)
    theirs.send(frame(b"four"))
    handed_over = []
    for _ in range(2):
        selector.poll(0)
        (key,) = selector._nio_selector.keys
        buffer = bytearray(4)
        with socket.socket(fileno=key.channel.fileno()) as connection:
            connection.recv_into(buffer, 4, socket.MSG_PEEK)
            connection.detach()
        assert buffer == b"\0\0\0\x04", "the fourth message still waits in the kernel"
        handed_over += receives(selector)
    selector.poll(0)
    handed_over += receives(selector)
    assert handed_over == [("0", b"two"), ("0", b"three"), ("0", b"four")]


def test_a_connection_with_staged_messages_is_still_written_to(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two") + frame(b"three"))
    selector.poll(0)
    selector.send(message_for("0"))
    selector.poll(0)
    assert len(selector.completed_sends) == 1
    assert receives(selector) == [("0", b"two")]


def test_half_a_message_behind_a_whole_one_is_kept_for_later(selector: Selector, clock: HeldClock, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"whole") + frame(b"half")[:6])
    selector.poll(0)
    assert receives(selector) == [("0", b"whole")]
    selector.wakeup()
    selector.poll(1500)
    assert not selector.completed_receives
    assert clock.select_timeouts_ms[-1] == 1500, "half a message is no reason to stay awake"
    theirs.send(frame(b"half")[6:])
    selector.poll(0)
    assert receives(selector) == [("0", b"half")]


# What is no message...


@pytest.mark.behaviour(49)
@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"HTTP"])
def test_an_impossible_length_ends_the_connection(selector: Selector, join: Join, length: bytes) -> None:
    theirs = join(selector, "0")
    theirs.send(length + b"and more")
    selector.poll(0)
    end = selector.disconnected["0"]
    assert isinstance(end.error, InvalidReceiveError)
    assert end.state is ChannelState.READY
    assert not selector.completed_receives
    with pytest.raises(ConnectionResetError):
        theirs.recv(1)


@pytest.mark.behaviour(49)
def test_the_largest_message_accepted_is_the_one_asked_for(make_selector: Callable[..., Selector], join: Join) -> None:
    selector = make_selector(max_receive_size=5)
    join(selector, "0").send(frame(b"12345"))
    join(selector, "1").send(frame(b"123456"))
    selector.poll(0)
    assert receives(selector) == [("0", b"12345")]
    assert "0 to 5 are accepted" in str(selector.disconnected["1"].error)


@pytest.mark.behaviour(36)
def test_messages_before_the_impossible_one_are_handed_over(selector: Selector, join: Join) -> None:
    join(selector, "0").send(frame(b"one") + frame(b"two") + b"\xff\xff\xff\xff")
    selector.poll(0)
    assert receives(selector) == [("0", b"one")]
    assert not selector.disconnected
    selector.poll(0)
    assert receives(selector) == [("0", b"two")]
    selector.poll(0)
    assert isinstance(selector.disconnected["0"].error, InvalidReceiveError)


# Whatever the network does...


@pytest.mark.behaviour(12, 51)
@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.binary(max_size=40), max_size=6), min_size=1, max_size=3), st.data())
def test_any_cutting_of_any_messages_arrives_whole_and_in_order(
    conversations: list[list[bytes]], data: st.DataObject
) -> None:
    with ExitStack() as stack:
        selector = stack.enter_context(closing(Selector(clock=HeldClock())))
        peers: dict[str, socket.socket] = {}
        unsent: dict[str, bytes] = {}
        for number, messages in enumerate(conversations):
            ours, theirs = socket.socketpair()
            peers[str(number)] = stack.enter_context(theirs)
            selector.register(str(number), SocketChannel(ours, SocketAddress(socket.AF_UNIX, f"peer-{number}")))
            unsent[str(number)] = b"".join(map(frame, messages))
        arrived: dict[str, list[bytes]] = {id: [] for id in peers}

        def poll() -> None:
            selector.poll(0)
            sources = [source for source, _ in receives(selector)]
            assert len(sources) == len(set(sources)), "at most one message of each connection"
            for source, message in receives(selector):
                arrived[source].append(message)

        while any(unsent.values()):
            id = data.draw(st.sampled_from([id for id in unsent if unsent[id]]))
            size = data.draw(st.integers(1, len(unsent[id])))
            peers[id].send(unsent[id][:size])
            unsent[id] = unsent[id][size:]
            if data.draw(st.booleans()):
                poll()
        for theirs in peers.values():
            theirs.close()
        for _ in range(10):
            poll()
        assert [arrived[str(number)] for number in range(len(conversations))] == conversations
        assert not selector.channels
