"""Plain TCP: ready before it is connected, and the owner of its key's interest."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from kafka_nio import nio
from kafka_nio.network import PlaintextTransportLayer
from kafka_nio.nio import OP_CONNECT, OP_READ, OP_WRITE, SocketAddress, SocketChannel
from tests.network.peers import PATIENCE_S, Peer


@pytest.fixture
def nio_selector() -> Iterator[nio.Selector]:
    with closing(nio.Selector()) as selector:
        yield selector


@pytest.fixture
def channel() -> Iterator[SocketChannel]:
    with closing(SocketChannel.open()) as channel:
        yield channel


def wait_until_connectable(selector: nio.Selector) -> None:
    assert selector.select(PATIENCE_S * 1000) == 1


@pytest.mark.behaviour(53)
def test_a_plain_transport_is_ready_even_before_it_is_connected(
    nio_selector: nio.Selector, channel: SocketChannel, peer: Peer
) -> None:
    channel.connect(peer.address)
    transport = PlaintextTransportLayer(channel.register(nio_selector, OP_CONNECT))
    assert transport.is_ready
    assert not transport.is_connected
    transport.handshake()
    assert not transport.is_connected


@pytest.mark.behaviour(54)
def test_connected_it_waits_for_bytes_in_place_of_the_connection(
    nio_selector: nio.Selector, channel: SocketChannel, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.connect(peer.address)
    key = channel.register(nio_selector, OP_CONNECT)
    transport = PlaintextTransportLayer(key)
    wait_until_connectable(nio_selector)
    changes: list[tuple[int, int]] = []
    monkeypatch.setattr(
        nio_selector, "interest_changed", lambda key, before: changes.append((before, key.interest_ops))
    )
    assert transport.finish_connect()
    assert transport.is_connected
    assert changes == [(OP_CONNECT, OP_READ)], "one change, with nothing in between"


def test_connecting_keeps_the_wish_to_write(nio_selector: nio.Selector, channel: SocketChannel, peer: Peer) -> None:
    channel.connect(peer.address)
    key = channel.register(nio_selector, OP_CONNECT)
    transport = PlaintextTransportLayer(key)
    transport.add_interest_ops(OP_WRITE)
    wait_until_connectable(nio_selector)
    assert transport.finish_connect()
    assert key.interest_ops == OP_READ | OP_WRITE


def test_a_connection_still_under_way_goes_on_waiting_for_itself(
    nio_selector: nio.Selector, channel: SocketChannel
) -> None:
    key = channel.register(nio_selector, OP_CONNECT)
    transport = PlaintextTransportLayer(key)
    assert not transport.finish_connect()
    assert key.interest_ops == OP_CONNECT


@pytest.mark.behaviour(30)
def test_the_address_is_known_after_a_refusal_too(
    nio_selector: nio.Selector, channel: SocketChannel, peer: Peer
) -> None:
    peer.stop_listening()
    channel.connect(peer.address)
    transport = PlaintextTransportLayer(channel.register(nio_selector, OP_CONNECT))
    wait_until_connectable(nio_selector)
    with pytest.raises(ConnectionRefusedError):
        transport.finish_connect()
    assert transport.remote_address == peer.address


def test_interest_is_added_to_and_taken_from_what_is_there(nio_selector: nio.Selector, channel: SocketChannel) -> None:
    key = channel.register(nio_selector, OP_READ)
    transport = PlaintextTransportLayer(key)
    transport.add_interest_ops(OP_WRITE)
    assert key.interest_ops == OP_READ | OP_WRITE
    transport.remove_interest_ops(OP_READ)
    assert key.interest_ops == OP_WRITE
    transport.remove_interest_ops(OP_READ)
    assert key.interest_ops == OP_WRITE


def test_bytes_pass_as_they_are_and_none_are_held_back(nio_selector: nio.Selector) -> None:
    ours, theirs = socket.socketpair()
    with closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel, theirs:
        transport = PlaintextTransportLayer(channel.register(nio_selector, OP_READ))
        assert transport.write([b"to ", b"you"]) == 6
        assert not transport.has_pending_writes
        assert theirs.recv(100) == b"to you"
        theirs.send(b"to me")
        buffer = bytearray(100)
        assert transport.read(memoryview(buffer)) == 5
        assert buffer[:5] == b"to me"


@pytest.mark.behaviour(40)
def test_closing_cancels_the_key_and_closes_the_socket(nio_selector: nio.Selector, channel: SocketChannel) -> None:
    key = channel.register(nio_selector, OP_READ)
    transport = PlaintextTransportLayer(key)
    transport.close()
    assert not key.is_valid
    assert not channel.is_open
