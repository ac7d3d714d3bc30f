"""Nothing here waits: what cannot be done now is said so."""

import gc
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from kafka_nio.nio import OP_ACCEPT, OP_CONNECT, OP_READ, Selector, ServerSocketChannel, SocketAddress, SocketChannel
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE

LOOPBACK = SocketAddress(socket.AF_INET, ("127.0.0.1", 0))

PATIENCE_MS = 10_000


@pytest.fixture
def server() -> Iterator[ServerSocketChannel]:
    with closing(ServerSocketChannel.open(LOOPBACK)) as server:
        yield server


@pytest.fixture
def pair() -> Iterator[tuple[SocketChannel, socket.socket]]:
    """A channel, and the peer's end of it."""
    ours, theirs = socket.socketpair()
    with closing(SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer"))) as channel, theirs:
        yield channel, theirs


def wait_for(channel: SocketChannel | ServerSocketChannel, ops: int) -> None:
    with closing(Selector()) as selector:
        assert channel.register(selector, ops)
        assert selector.select(PATIENCE_MS) == 1


def read(channel: SocketChannel, size: int = 100) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: channel.read(memoryview(buffer))])


# Addresses...


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (SocketAddress(socket.AF_INET, ("127.0.0.1", 9092)), "127.0.0.1:9092"),
        (SocketAddress(socket.AF_INET6, ("::1", 9092, 0, 0)), "[::1]:9092"),
        (SocketAddress(socket.AF_UNIX, "/run/kafka"), "/run/kafka"),
    ],
)
def test_an_address_reads_as_people_write_it(address: SocketAddress, text: str) -> None:
    assert str(address) == text


# Connecting...


def test_a_tcp_connection_is_only_begun_when_connect_returns(server: ServerSocketChannel) -> None:
    with closing(SocketChannel.open()) as channel:
        assert channel.connect(server.local_address) is False
        assert not channel.is_connected
        assert repr(channel) == f"<SocketChannel to {server.local_address}, connecting>"
        wait_for(channel, OP_CONNECT)
        assert channel.finish_connect() is True
        assert channel.is_connected
        assert repr(channel) == f"<SocketChannel to {server.local_address}, connected>"


def test_a_unix_connection_stands_when_connect_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a Unix socket's path has to be short
    address = SocketAddress(socket.AF_UNIX, "door")
    with closing(ServerSocketChannel.open(address)), closing(SocketChannel.open(socket.AF_UNIX)) as channel:
        assert channel.connect(address) is True
        assert channel.is_connected
        assert channel.finish_connect() is True


def test_finish_connect_says_that_the_attempt_goes_on() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(closing(ServerSocketChannel.open(LOOPBACK, backlog=0)))
        # A door in front of which somebody stands already: the next attempts are left without an answer.
        channels = [stack.enter_context(closing(SocketChannel.open())) for _ in range(10)]
        for channel in channels:
            channel.connect(server.local_address)
        assert channels[-1].finish_connect() is False
        assert not channels[-1].is_connected


@pytest.mark.behaviour(30)
def test_a_refused_connection_is_known_when_it_is_finished_and_still_says_to_whom() -> None:
    with socket.socket() as nobody, closing(SocketChannel.open()) as channel:
        nobody.bind(("127.0.0.1", 0))
        address = SocketAddress(socket.AF_INET, nobody.getsockname())
        assert channel.connect(address) is False
        wait_for(channel, OP_CONNECT)
        with pytest.raises(ConnectionRefusedError):
            channel.finish_connect()
        assert not channel.is_connected
        assert channel.remote_address == address


def test_an_attempt_that_cannot_begin_fails_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(SocketChannel.open(socket.AF_UNIX)) as channel:
        with pytest.raises(FileNotFoundError):
            channel.connect(SocketAddress(socket.AF_UNIX, "door"))
        assert not channel.is_connected


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full Unix socket refuses connections")
def test_a_unix_socket_with_a_full_queue_is_not_taken_for_a_connection_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux says EAGAIN, has begun nothing, and would never report the end of it."""
    monkeypatch.chdir(tmp_path)
    address = SocketAddress(socket.AF_UNIX, "door")
    with ExitStack() as stack:
        stack.enter_context(closing(ServerSocketChannel.open(address, backlog=0)))
        channels = [stack.enter_context(closing(SocketChannel.open(socket.AF_UNIX))) for _ in range(2)]
        assert channels[0].connect(address)
        with pytest.raises(BlockingIOError):
            channels[1].connect(address)


def test_only_connections_over_ip_are_tcp(pair: tuple[SocketChannel, socket.socket]) -> None:
    assert not pair[0].is_tcp
    with closing(SocketChannel.open()) as channel:
        assert channel.is_tcp
    with closing(SocketChannel.open(socket.AF_INET6)) as channel:
        assert channel.is_tcp


def test_options_reach_the_socket(server: ServerSocketChannel) -> None:
    with closing(SocketChannel.open()) as channel:
        channel.set_option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with socket.socket(fileno=channel.fileno()) as same:
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            same.detach()


# Reading...


def test_read_finds_nothing_and_does_not_wait(pair: tuple[SocketChannel, socket.socket]) -> None:
    assert pair[0].read(memoryview(bytearray(100))) == 0


def test_read_takes_what_is_there_and_what_fits(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.send(b"kafka")
    assert read(channel, size=3) == b"kaf"
    assert read(channel, size=3) == b"ka"
    assert read(channel, size=3) == b""


@pytest.mark.behaviour(50)
def test_the_peers_end_is_not_the_same_as_nothing_there(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.send(b"last")
    theirs.close()
    assert read(channel) == b"last"
    with pytest.raises(EOFError, match="the peer closed the connection"):
        read(channel)


def test_reading_into_no_room_finds_nothing_not_the_end(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.close()
    assert channel.read(memoryview(bytearray())) == 0


def test_a_broken_connection_raises_when_it_is_read(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    channel.write([b"never read"])
    theirs.close()
    with pytest.raises(ConnectionResetError):
        read(channel)


# Writing...


def test_write_sends_its_parts_as_if_they_were_one(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    assert channel.write([b"re", memoryview(b"cor"), b"", b"d"]) == 6
    assert theirs.recv(100) == b"record"


def test_write_takes_what_fits_then_nothing_and_does_not_wait(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    megabytes = bytes(16 * 1024 * 1024)
    written = channel.write([megabytes])
    assert 0 < written < len(megabytes)
    while more := channel.write([megabytes]):
        written += more
    theirs.setblocking(False)
    arrived = 0
    while arrived < written:
        arrived += len(theirs.recv(1024 * 1024))
    assert channel.write([b"room again"]) == 10


def test_write_takes_no_more_parts_at_once_than_the_kernel_does(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    assert channel.write([b"x"] * (MAX_PARTS_A_WRITE + 1)) == MAX_PARTS_A_WRITE
    assert theirs.recv(2 * MAX_PARTS_A_WRITE) == b"x" * MAX_PARTS_A_WRITE


def test_a_broken_connection_raises_when_it_is_written_to(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.close()
    with pytest.raises(BrokenPipeError):
        channel.write([b"too late"])


# Closing...


def test_closing_shows_the_peer_our_end(pair: tuple[SocketChannel, socket.socket]) -> None:
    channel, theirs = pair
    channel.close()
    assert theirs.recv(1) == b""
    assert (channel.is_open, channel.is_connected) == (False, False)
    assert repr(channel) == "<SocketChannel to peer, closed>"


def test_closing_cancels_the_key_and_twice_is_once(pair: tuple[SocketChannel, socket.socket]) -> None:
    with closing(Selector()) as selector:
        key = pair[0].register(selector, OP_READ)
        pair[0].close()
        pair[0].close()
        assert not key.is_valid


def test_a_channel_that_never_connected_has_nobody_at_the_other_end() -> None:
    channel = SocketChannel.open()
    assert repr(channel) == "<SocketChannel to nobody, connecting>"
    channel.close()


# Listening...


def test_accept_does_not_wait_for_somebody(server: ServerSocketChannel) -> None:
    assert server.accept() is None


def test_accept_gives_a_connected_channel_that_knows_its_peer(server: ServerSocketChannel) -> None:
    with socket.create_connection(server.local_address.address) as client:
        wait_for(server, OP_ACCEPT)
        channel = server.accept()
        assert channel is not None
        with closing(channel):
            assert channel.is_connected
            assert channel.remote_address == SocketAddress(socket.AF_INET, client.getsockname())
            assert read(channel) == b"", "it must not wait either"
        assert server.accept() is None


def test_port_zero_takes_a_free_port_and_tells_which(server: ServerSocketChannel) -> None:
    host, port = server.local_address.address
    assert host == "127.0.0.1"
    assert port > 0
    assert repr(server) == f"<ServerSocketChannel at 127.0.0.1:{port}>"


def test_a_closed_server_refuses_connections(server: ServerSocketChannel) -> None:
    address = server.local_address
    with closing(Selector()) as selector:
        key = server.register(selector, OP_ACCEPT)
        server.close()
        server.close()
        assert not key.is_valid
    assert repr(server) == "<ServerSocketChannel at nothing, closed>"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address.address)


def test_listening_where_somebody_listens_already_fails_and_leaves_no_socket_open(
    server: ServerSocketChannel,
) -> None:
    with pytest.raises(OSError, match="in use"):
        ServerSocketChannel.open(server.local_address)
    gc.collect()  # a socket left open would warn now, and a warning fails the test
