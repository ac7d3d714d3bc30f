"""A key's interest is its owner's, its readiness the selector's, and cancelling ends both."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from kafka_nio.errors import IllegalStateError
from kafka_nio.nio import (
    OP_ACCEPT,
    OP_CONNECT,
    OP_READ,
    OP_WRITE,
    CancelledKeyError,
    SelectionKey,
    Selector,
    ServerSocketChannel,
    SocketAddress,
    SocketChannel,
    ops_text,
)


@pytest.fixture
def selector() -> Iterator[Selector]:
    with closing(Selector()) as selector:
        yield selector


@pytest.fixture
def pair() -> Iterator[tuple[SocketChannel, socket.socket]]:
    """A channel, and the peer's end of it."""
    ours, theirs = socket.socketpair()
    with closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel, theirs:
        yield channel, theirs


@pytest.fixture
def channel(pair: tuple[SocketChannel, socket.socket]) -> SocketChannel:
    return pair[0]


def readiness(key: SelectionKey) -> dict[str, bool]:
    return {
        "read": key.is_readable,
        "write": key.is_writable,
        "connect": key.is_connectable,
        "accept": key.is_acceptable,
    }


@pytest.mark.parametrize(
    ("ops", "text"),
    [(0, "-"), (OP_READ, "READ"), (OP_WRITE, "WRITE"), (OP_CONNECT, "CONNECT"), (OP_ACCEPT, "ACCEPT")],
)
def test_operations_have_names(ops: int, text: str) -> None:
    assert ops_text(ops) == text


def test_a_set_of_operations_reads_in_a_fixed_order() -> None:
    assert ops_text(OP_CONNECT | OP_WRITE | OP_READ) == "READ|WRITE|CONNECT"


def test_the_operations_have_the_numbers_that_java_gives_them() -> None:
    assert (OP_READ, OP_WRITE, OP_CONNECT, OP_ACCEPT) == (1, 4, 8, 16)


def test_a_new_key_has_its_interest_and_attachment_and_is_ready_for_nothing(
    selector: Selector, channel: SocketChannel
) -> None:
    key = channel.register(selector, OP_READ, attachment="the owner's")
    assert (key.channel, key.attachment, key.interest_ops, key.ready_ops) == (channel, "the owner's", OP_READ, 0)
    assert key.is_valid
    assert not any(readiness(key).values())


def test_a_bit_of_interest_can_be_set_and_cleared_beside_another(selector: Selector, channel: SocketChannel) -> None:
    key = channel.register(selector, OP_READ)
    key.interest_ops |= OP_WRITE
    assert selector.select_now() == 1
    assert readiness(key) == {"read": False, "write": True, "connect": False, "accept": False}
    key.interest_ops &= ~OP_WRITE
    assert selector.select_now() == 0
    assert key.interest_ops == OP_READ


def test_interest_can_end_and_begin_again(selector: Selector, pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    key = channel.register(selector, OP_READ)
    key.interest_ops = 0
    theirs.send(b"!")
    assert selector.select_now() == 0
    key.interest_ops = OP_READ
    assert selector.select_now() == 1


def test_connecting_is_told_apart_from_writing_by_what_the_key_waits_for(
    selector: Selector, channel: SocketChannel
) -> None:
    key = channel.register(selector, OP_CONNECT)
    selector.select_now()
    assert readiness(key) == {"read": False, "write": False, "connect": True, "accept": False}
    key.interest_ops = OP_WRITE
    selector.select_now()
    assert readiness(key) == {"read": False, "write": True, "connect": False, "accept": False}


def test_accepting_is_told_apart_from_reading(selector: Selector) -> None:
    with closing(ServerSocketChannel.open(SocketAddress(socket.AF_INET, ("127.0.0.1", 0)))) as server:
        key = server.register(selector, OP_ACCEPT)
        with socket.create_connection(server.local_address.address):
            selector.select(timeout_ms=10_000)
        assert readiness(key) == {"read": False, "write": False, "connect": False, "accept": True}


def test_readiness_is_that_of_the_last_select(selector: Selector, pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    key = channel.register(selector, OP_READ | OP_WRITE)
    theirs.send(b"!")
    selector.select_now()
    assert key.ready_ops == OP_READ | OP_WRITE
    channel.read(memoryview(bytearray(1)))
    selector.select_now()
    assert key.ready_ops == OP_WRITE


def test_cancelling_ends_the_registration_and_twice_is_once(
    selector: Selector, pair: tuple[SocketChannel, socket.socket]
) -> None:
    channel, theirs = pair
    key = channel.register(selector, OP_READ)
    theirs.send(b"!")
    selector.select_now()
    key.cancel()
    key.cancel()
    assert not key.is_valid
    assert not key.is_readable
    assert selector.select_now() == 0


def test_a_cancelled_key_cannot_be_interested_in_anything(selector: Selector, channel: SocketChannel) -> None:
    key = channel.register(selector, OP_READ)
    channel.close()
    with pytest.raises(CancelledKeyError, match=r"closed.*READ\|WRITE"):
        key.interest_ops |= OP_WRITE
    assert key.interest_ops == OP_READ


def test_using_a_cancelled_key_is_an_illegal_state() -> None:
    assert issubclass(CancelledKeyError, IllegalStateError)


def test_a_key_tells_what_it_waits_for_and_what_it_found(selector: Selector, channel: SocketChannel) -> None:
    key = channel.register(selector, OP_READ | OP_WRITE)
    selector.select_now()
    assert repr(key) == "<SelectionKey <SocketChannel to peer, connected>: interest READ|WRITE, ready WRITE>"
    channel.close()
    assert repr(key) == "<SelectionKey <SocketChannel to peer, closed>: cancelled>"
