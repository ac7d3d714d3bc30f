"""The acceptor: whoever knocks is let in and handed on."""

import errno
import socket
import threading
from collections import deque

import pytest

from kafka_nio.broker.acceptor import Acceptor
from kafka_nio.broker.processor import AFTER_A_FAULT_MS
from kafka_nio.clock import MockClock, SystemClock
from kafka_nio.nio import ServerSocketChannel, SocketChannel


class Hall:
    """Takes what the acceptor hands on, as the processor would."""

    def __init__(self) -> None:
        self.channels: deque[SocketChannel] = deque()

    def accept(self, channel: SocketChannel) -> None:
        self.channels.append(channel)


def test_a_turn_takes_a_connection() -> None:
    hall = Hall()
    acceptor = Acceptor("127.0.0.1", 0, hall, SystemClock())
    with socket.create_connection(acceptor.address) as client:
        acceptor.accept_new_connections()
        (channel,) = hall.channels
        assert channel.is_connected
        assert str(channel.remote_address) == "{}:{}".format(*client.getsockname())
        channel.close()
    acceptor.close()


def test_whoever_cannot_be_let_in_does_not_make_it_spin(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, hall = MockClock(), Hall()
    acceptor = Acceptor("127.0.0.1", 0, hall, clock)

    def accept(_channel: ServerSocketChannel) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with socket.create_connection(acceptor.address):
        with monkeypatch.context() as files:
            files.setattr(ServerSocketChannel, "accept", accept)
            for turn in (1, 2):
                acceptor.accept_new_connections()
                assert clock.now_ms() == turn * AFTER_A_FAULT_MS
        assert [record.getMessage() for record in caplog.records] == [
            "A connection could not be accepted: [Errno 24] Too many open files"
        ] * 2
        acceptor.accept_new_connections()
        (channel,) = hall.channels
        channel.close()
    acceptor.close()


def test_a_shutdown_ends_its_sleep_and_closes_the_door() -> None:
    acceptor = Acceptor("127.0.0.1", 0, Hall(), SystemClock())
    thread = threading.Thread(target=acceptor.run)
    thread.start()
    acceptor.begin_shutdown()
    thread.join(10)
    assert not thread.is_alive()
    socket.create_server(acceptor.address).close()
