"""Which two ends of a connection belong together, in whatever order they are seen."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_nio.nio import ServerSocketChannel, SocketAddress, SocketChannel
from kafka_nio.tracing.connections import Ends, owner_of


class Pair:
    """A connection whose ends are seen when the test says so."""

    def __init__(self, ends: Ends, server: ServerSocketChannel) -> None:
        self.ends = ends
        self.client = SocketChannel.open(server.local_address.family)
        self.client.connect(server.local_address)
        accepted = server.accept()
        assert accepted is not None
        self.broker = accepted

    def see_client(self) -> None:
        self.ends.connected(self.client)

    def see_broker(self) -> None:
        self.ends.accepted(self.broker, "broker-0")

    @property
    def is_joined(self) -> bool:
        return self.ends.of_socket(self.client).connection is self.ends.of_socket(self.broker).connection

    def close(self) -> None:
        self.client.close()
        self.broker.close()


Connect = Callable[[], Pair]


@pytest.fixture(params=["TCP", "Unix socket"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    tcp, unix = SocketAddress(socket.AF_INET, ("127.0.0.1", 0)), SocketAddress(socket.AF_UNIX, str(tmp_path / "s"))
    server = ServerSocketChannel.open(tcp if request.param == "TCP" else unix)
    ends, pairs = Ends(), list[Pair]()

    def connect() -> Pair:
        pairs.append(Pair(ends, server))
        return pairs[-1]

    yield connect
    for pair in pairs:
        pair.close()
    server.close()


@pytest.mark.parametrize("first", ["client", "broker"])
def test_the_ends_are_joined_whoever_is_seen_first(connect: Connect, first: str) -> None:
    one, other = connect(), connect()
    for pair in (one, other):
        steps = [pair.see_client, pair.see_broker]
        for see in steps if first == "client" else reversed(steps):
            see()
    assert one.is_joined
    assert other.is_joined
    assert one.ends.of_socket(one.client).connection is not one.ends.of_socket(other.client).connection
    assert one.ends.of_socket(one.broker).owner == "broker-0"
    assert not one.ends.of_socket(one.client).is_brokers


def test_a_connection_that_was_open_before_is_not_known_from_its_beginning(connect: Connect) -> None:
    pair = connect()
    assert not pair.ends.of_socket(pair.client).is_known
    assert not pair.is_joined


def test_a_broker_is_known_by_its_threads() -> None:
    assert [owner_of(name) for name in ("broker-0 acceptor", "broker-12 processor", "sender", "app")] == [
        *("broker-0", "broker-12", "", "")
    ]
