"""Every connection is kept alive and lively; the sizes of its buffers are set only when asked for."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from kafka_nio.network.connection_options import USE_DEFAULT_BUFFER_SIZE, configure
from kafka_nio.nio import SocketAddress, SocketChannel


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    with socket.socket() as connection:
        yield connection


@pytest.mark.behaviour(27)
def test_a_connection_is_kept_alive_and_sends_without_delay(connection: socket.socket) -> None:
    configure(SocketChannel(connection))
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert connection.getblocking() is False


@pytest.mark.behaviour(27)
def test_buffers_have_the_systems_sizes_unless_told_otherwise(connection: socket.socket) -> None:
    before = [connection.getsockopt(socket.SOL_SOCKET, option) for option in (socket.SO_SNDBUF, socket.SO_RCVBUF)]
    configure(SocketChannel(connection), USE_DEFAULT_BUFFER_SIZE, USE_DEFAULT_BUFFER_SIZE)
    after = [connection.getsockopt(socket.SOL_SOCKET, option) for option in (socket.SO_SNDBUF, socket.SO_RCVBUF)]
    assert after == before


@pytest.mark.behaviour(27)
def test_each_buffer_gets_its_own_size(connection: socket.socket) -> None:
    configure(SocketChannel(connection), send_buffer_bytes=20_000, receive_buffer_bytes=30_000)
    # Linux doubles what it is given, to have room for its own bookkeeping.
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) in (20_000, 40_000)
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) in (30_000, 60_000)


def test_a_unix_socket_knows_nothing_of_tcp_and_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    with closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel, theirs:
        configure(channel, send_buffer_bytes=20_000)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
