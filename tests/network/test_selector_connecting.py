"""Connections begin in `connect` or `register`; whether they stand is the business of the polls that follow."""

import gc
import socket
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.network import ChannelState, KafkaChannel, Selector
from kafka_nio.nio import OP_CONNECT, OP_READ, SelectionKey, SocketAddress, SocketChannel
from tests.network.peers import Peer, connect, frame, message_for, poll_until, read_available, read_exactly, receives
from tests.network.transports import HandshakingTransport, SlowToConnectTransport, over

MakeSelector = Callable[..., Selector]
Join = Callable[[Selector, str], socket.socket]


def refuse(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
    """A channel builder that cannot build."""
    raise ValueError("the certificate cannot be read")


# Connecting...


def test_a_tcp_connection_stands_only_after_a_poll(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address)
    assert selector.channels["0"].state is ChannelState.NOT_CONNECTED
    assert selector.connected == []
    poll_until(selector, lambda: selector.connected)
    assert selector.connected == ["0"]
    assert selector.channels["0"].state is ChannelState.READY
    assert selector.disconnected == {}


@pytest.mark.behaviour(53)
def test_a_plain_channel_is_ready_before_it_is_connected(selector: Selector, peer: Peer) -> None:
    """So being ready proves nothing about being connected: the client keeps a table of its own for that."""
    selector.connect("0", peer.address)
    assert selector.is_channel_ready("0")
    assert not selector.channels["0"].is_connected
    assert not selector.is_channel_ready("1")


def test_several_connections_are_made_at_the_same_time(selector: Selector, peer: Peer) -> None:
    standing: set[str] = set()
    for id in ("0", "1", "2"):
        selector.connect(id, peer.address)
    while len(standing) < 3:
        poll_until(selector, lambda: selector.connected)
        standing.update(selector.connected)
    assert standing == {"0", "1", "2"}


@pytest.mark.behaviour(27)
def test_a_connection_has_the_options_asked_for(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address, send_buffer_bytes=20_000, receive_buffer_bytes=30_000)
    (key,) = selector._nio_selector.keys
    with socket.socket(fileno=key.channel.fileno()) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) in (20_000, 40_000)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) in (30_000, 60_000)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.detach()


@pytest.mark.behaviour(15)
def test_an_attempt_still_under_way_is_asked_again_and_nothing_else_is_done(
    make_selector: MakeSelector, peer: Peer
) -> None:
    selector = make_selector(channel_builder=over(SlowToConnectTransport))
    selector.connect("0", peer.address)
    theirs = peer.accept()
    selector.send(message_for("0"))
    selector.poll(10_000)
    assert not selector.connected
    assert not selector.completed_sends, "it must not write before it is connected"
    selector.poll(10_000)
    assert selector.connected == ["0"]
    if not selector.completed_sends:
        poll_until(selector, lambda: selector.completed_sends)
    assert read_exactly(theirs, 9) == frame(b"hello")


def test_a_handshake_that_takes_several_polls_is_gone_on_with(make_selector: MakeSelector, peer: Peer) -> None:
    selector = make_selector(channel_builder=over(partial(HandshakingTransport, steps=3)))
    theirs = connect(selector, peer)
    channel = selector.channels["0"]
    assert channel.state is ChannelState.AUTHENTICATE
    assert not selector.is_channel_ready("0")
    theirs.send(frame(b"hello"))
    selector.poll(10_000)
    assert channel.state is ChannelState.AUTHENTICATE
    assert not selector.completed_receives, "these bytes are the handshake's until it is over"
    selector.poll(10_000)
    assert channel.state is ChannelState.READY
    assert receives(selector) == [("0", b"hello")]


@pytest.mark.behaviour(17)
def test_a_message_does_not_leave_before_the_handshake_is_over(make_selector: MakeSelector, peer: Peer) -> None:
    selector = make_selector(channel_builder=over(partial(HandshakingTransport, steps=3)))
    theirs = connect(selector, peer)
    selector.send(message_for("0"))
    selector.poll(10_000)
    assert not selector.completed_sends
    assert read_available(theirs) == b""
    selector.poll(10_000)
    assert len(selector.completed_sends) == 1
    assert read_exactly(theirs, 9) == frame(b"hello")


@pytest.mark.behaviour(14)
def test_a_connection_is_finished_then_prepared_then_written_to(
    make_selector: MakeSelector, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    selector = make_selector(channel_builder=over(HandshakingTransport))
    selector.connect("0", peer.address)
    channel = selector.channels["0"]
    for step in ("finish_connect", "prepare", "read", "write"):
        method = getattr(channel, step)
        monkeypatch.setattr(channel, step, lambda step=step, method=method: (steps.append(step), method())[1])
    peer.accept()
    selector.send(message_for("0"))
    poll_until(selector, lambda: selector.completed_sends)
    assert steps == ["finish_connect", "prepare", "write"]


@pytest.mark.behaviour(39)
def test_a_connection_that_fails_before_it_is_ready_ends_at_once_whatever_has_arrived(
    make_selector: MakeSelector, peer: Peer
) -> None:
    selector = make_selector(channel_builder=over(partial(HandshakingTransport, failure=ConnectionResetError("no"))))
    selector.connect("0", peer.address)
    peer.accept().sendall(frame(b"one") + frame(b"two"))
    poll_until(selector, lambda: selector.disconnected)
    assert not selector.completed_receives
    selector.poll(0)
    assert not selector.completed_receives


# A connection that stands at once...


@pytest.mark.behaviour(28)
def test_an_immediate_connection_waits_for_nothing_until_poll_has_reported_it(
    selector: Selector, unix_peer: Peer
) -> None:
    selector.connect("0", unix_peer.address)
    (key,) = selector._nio_selector.keys
    assert key.interest_ops == 0
    assert selector.connected == []
    selector.poll(0)
    assert selector.connected == ["0"]
    assert key.interest_ops == OP_READ
    selector.poll(0)
    assert selector.connected == []


def test_an_immediate_connection_carries_messages(selector: Selector, unix_peer: Peer) -> None:
    theirs = connect(selector, unix_peer)
    selector.send(message_for("0"))
    theirs.send(frame(b"hello yourself"))
    selector.poll(0)
    assert len(selector.completed_sends) == 1
    assert receives(selector) == [("0", b"hello yourself")]
    assert read_exactly(theirs, 9) == frame(b"hello")


@pytest.mark.behaviour(40)
def test_an_immediate_connection_closed_before_the_poll_is_never_reported(selector: Selector, unix_peer: Peer) -> None:
    selector.connect("0", unix_peer.address)
    selector.close("0")
    selector.poll(0)
    assert not selector.connected
    assert not selector.disconnected


@pytest.mark.behaviour(16)
def test_an_immediate_connection_that_fails_at_once_is_only_disconnected(
    make_selector: MakeSelector, unix_peer: Peer
) -> None:
    failing = partial(HandshakingTransport, failure=ConnectionResetError("no"))
    selector = make_selector(channel_builder=over(failing))
    selector.connect("0", unix_peer.address)
    selector.poll(0)
    assert not selector.connected
    assert list(selector.disconnected) == ["0"]


# Attempts that fail...


@pytest.mark.behaviour(29, 30)
def test_a_refused_connection_is_reported_and_not_raised(selector: Selector, peer: Peer) -> None:
    peer.stop_listening()
    selector.connect("0", peer.address)
    poll_until(selector, lambda: selector.disconnected)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.NOT_CONNECTED
    assert isinstance(end.error, ConnectionRefusedError)
    assert end.remote_address == str(peer.address)
    assert not selector.connected
    assert not selector.channels


@pytest.mark.behaviour(16)
def test_a_connection_that_stands_and_fails_in_one_poll_is_only_disconnected(
    make_selector: MakeSelector, peer: Peer
) -> None:
    failure = ConnectionResetError("the handshake went wrong")
    selector = make_selector(channel_builder=over(partial(HandshakingTransport, failure=failure)))
    selector.connect("0", peer.address)
    poll_until(selector, lambda: selector.connected or selector.disconnected)
    assert selector.connected == []
    assert selector.disconnected["0"].error is failure
    assert selector.disconnected["0"].state is ChannelState.AUTHENTICATE


def test_a_name_is_free_again_after_a_refusal(selector: Selector, peer: Peer, unix_peer: Peer) -> None:
    peer.stop_listening()
    selector.connect("0", peer.address)
    poll_until(selector, lambda: selector.disconnected)
    selector.connect("0", unix_peer.address)
    selector.poll(0)
    assert selector.connected == ["0"]


@pytest.mark.behaviour(26)
@pytest.mark.parametrize(
    "address",
    [
        SocketAddress(socket.AF_UNIX, "/there/is/nothing/here"),
        SocketAddress(socket.AF_INET, ("127.0.0.1", 70_000)),  # what a broker's answer may well contain
    ],
)
def test_an_attempt_that_fails_at_once_raises_and_leaves_nothing(selector: Selector, address: SocketAddress) -> None:
    with pytest.raises((OSError, OverflowError)):
        selector.connect("0", address)
    assert_nothing_is_left(selector)


@pytest.mark.behaviour(26)
def test_a_channel_that_cannot_be_built_leaves_nothing(make_selector: MakeSelector, peer: Peer) -> None:
    selector = make_selector(channel_builder=refuse)
    with pytest.raises(ValueError, match="certificate"):
        selector.connect("0", peer.address)
    assert_nothing_is_left(selector)


def assert_nothing_is_left(selector: Selector) -> None:
    assert not selector.channels
    assert not selector._nio_selector.keys
    selector.poll(0)
    assert not selector.connected
    assert not selector.disconnected
    gc.collect()  # a socket left open would warn now, and a warning fails the test


@pytest.mark.behaviour(25)
def test_a_name_can_be_used_once(selector: Selector, peer: Peer, join: Join) -> None:
    selector.connect("0", peer.address)
    with pytest.raises(IllegalStateError, match="already a connection 0"):
        selector.connect("0", peer.address)
    with pytest.raises(IllegalStateError, match="already a connection 0"):
        register_one(selector, "0")
    poll_until(selector, lambda: selector.connected)
    assert selector.connected == ["0"]


def register_one(selector: Selector, id: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs, closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel:
        selector.register(id, channel)


@pytest.mark.behaviour(25)
def test_a_name_is_in_use_while_its_connection_is_still_being_closed(
    selector: Selector, peer: Peer, join: Join
) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"one") + frame(b"two"))
    theirs.close()
    selector.poll(0)
    assert "0" not in selector.channels
    with pytest.raises(IllegalStateError, match="already a connection 0, open or still being closed"):
        selector.connect("0", peer.address)
    selector.poll(0)
    selector.poll(0)
    assert list(selector.disconnected) == ["0"]
    selector.connect("0", peer.address)
    poll_until(selector, lambda: selector.connected)


# Taking over...


def test_a_registered_connection_is_read_and_written_to(selector: Selector, join: Join) -> None:
    theirs = join(selector, "0")
    theirs.send(frame(b"request"))
    selector.poll(0)
    assert receives(selector) == [("0", b"request")]
    selector.send(message_for("0", b"answer"))
    selector.poll(0)
    assert read_exactly(theirs, 10) == frame(b"answer")


def test_a_registered_connection_has_the_same_options(selector: Selector, peer: Peer) -> None:
    with socket.create_connection(peer.address.address), peer.accept() as accepted:
        selector.register("0", SocketChannel(accepted, peer.address))
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_registered_channel_that_cannot_be_built_disturbs_nobody(
    make_selector: MakeSelector, metrics: Metrics
) -> None:
    selector = make_selector(channel_builder=refuse, metrics=metrics)
    ours, theirs = socket.socketpair()
    with theirs, closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel:
        with pytest.raises(ValueError, match="certificate"):
            selector.register("0", channel)
        theirs.send(b"are you there?")
        selector.poll(0)
        assert not selector.channels
    assert not selector._nio_selector.keys, "its owner has closed it"
    assert metrics.snapshot()["connection-creation-total"] == 0


def test_connecting_waits_for_nothing_but_the_connection(selector: Selector, peer: Peer) -> None:
    selector.connect("0", peer.address)
    (key,) = selector._nio_selector.keys
    assert key.interest_ops == OP_CONNECT
    poll_until(selector, lambda: selector.connected)
    assert key.interest_ops == OP_READ
