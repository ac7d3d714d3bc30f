"""The acceptor: whoever knocks is let in and handed on."""

import socket
import threading
from collections import deque

from kafka_nio.broker.acceptor import Acceptor
from kafka_nio.clock import SystemClock
from kafka_nio.nio import SocketChannel


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


def test_a_shutdown_ends_its_sleep_and_closes_the_door() -> None:
    acceptor = Acceptor("127.0.0.1", 0, Hall(), SystemClock())
    thread = threading.Thread(target=acceptor.run)
    thread.start()
    acceptor.begin_shutdown()
    thread.join(10)
    assert not thread.is_alive()
    socket.create_server(acceptor.address).close()
