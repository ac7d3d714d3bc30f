"""Messages out of a stream that is cut anywhere.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.errors import InvalidReceiveError
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.score import bytes_held
from kafka_nio.network import NetworkReceive
from kafka_nio.network.transfer import MAX_RECEIVE_SIZE
from kafka_nio.nio import SocketAddress, SocketChannel

ONE_READ = "one read is one message"
SIZE_WHOLE = "four bytes come together"
NOTHING = "nothing now is the end"
BORDERS = "a read stops where a message ends"
TRUE = "a size is true"
SILENCE = "the end is only silence"
FREE = "a read costs nothing"

LARGE = bytes(range(256)) * 4096
"""A message of 1 MiB."""

MOST_READS = 100
"""So many system calls are too many, for any test here."""


class Wire:
    """A connection of two real sockets. What arrives at one end is read at the other."""

    def __init__(self) -> None:
        ours, self._peer = socket.socketpair()
        self._peer.setblocking(False)
        self._channel = SocketChannel(ours, SocketAddress(ours.family, "peer"))
        self.reads = 0

    def arrive(self, data: bytes | memoryview) -> int:
        """Have bytes arrive; return how many the kernel had room for."""
        with suppress(BlockingIOError):
            return self._peer.send(data)
        return 0

    def end(self) -> None:
        """Have the peer close its end."""
        self._peer.close()

    def read(self, buffer: memoryview) -> int:
        """What the learner's function reads with."""
        self.reads += 1
        assert self.reads <= MOST_READS, f"{MOST_READS} reads, and there is no end of them"
        return self._channel.read(buffer)

    def close(self) -> None:
        """Close both ends."""
        self._channel.close()
        self._peer.close()


@contextmanager
def wire() -> Iterator[Wire]:
    """A connection for the block."""
    it = Wire()
    try:
        yield it
    finally:
        it.close()


def frame(message: bytes) -> bytes:
    """A message with its size in front."""
    return len(message).to_bytes(4, "big") + message


def read(receive: NetworkReceive, wire: Wire) -> int:
    """Call the function to be written, with the wire as the transport."""
    return receive.read_from(wire)  # type: ignore[arg-type]  # read is all it needs


def received(*pieces: bytes) -> NetworkReceive:
    """A message after each of these pieces has arrived and been read."""
    receive = NetworkReceive("1")
    with wire() as connection:
        for piece in pieces:
            connection.arrive(piece)
            read(receive, connection)
    return receive


@misconception(ONE_READ, "The first read brought the size and two bytes. The second one goes on; it does not begin.")
def test_a_message_may_come_in_two_pieces() -> None:
    """A message that comes in two pieces, 0 0 0 5 h e and l l o, is complete after the second."""
    receive = received(b"\0\0\0\5he", b"llo")
    assert receive.is_complete, f"all 9 bytes have come, and it is {receive!r}"
    assert bytes(receive.payload) == b"hello", f"the message is {bytes(receive.payload)!r}"


@misconception(SIZE_WHOLE, "Where are the two bytes of the size that came first?")
def test_a_size_may_come_in_two_pieces() -> None:
    """A size that comes in two pieces, 0 0 and 0 5, is put together."""
    receive = received(b"\0\0", b"\0\5", b"hello")
    assert receive.is_complete, f"all 9 bytes have come, and it is {receive!r}"
    assert bytes(receive.payload) == b"hello", f"the message is {bytes(receive.payload)!r}"


@misconception(NOTHING, "0 bytes mean: nothing now. The end is an EOFError, and the transport raises that itself.")
def test_nothing_now_is_not_the_end() -> None:
    """A read that finds nothing is no progress and no error, and the message goes on after it."""
    receive = NetworkReceive("1")
    with wire() as connection:
        for piece in (b"", b"\0\0\0\5", b"he", b"llo"):
            if piece:
                connection.arrive(piece)
            number = read(receive, connection)
            assert number == len(piece), f"{len(piece)} bytes came, and it says {number}"
    assert receive.is_complete, f"all 9 bytes have come, and it is {receive!r}"


@misconception(BORDERS, "The kernel does not know messages. It gives as many bytes as are asked for, if it has them.")
def test_the_next_message_stays_in_the_stream() -> None:
    """Of two messages that come in one piece, the first is read, and not a byte of the second."""
    first, second = NetworkReceive("1"), NetworkReceive("1")
    with wire() as connection:
        connection.arrive(frame(b"first") + frame(b"second"))
        read(first, connection)
        assert bytes(first.payload) == b"first", f"the first message is {bytes(first.payload)!r}"
        read(second, connection)
        assert bytes(second.payload) == b"second", f"the second message is {bytes(second.payload)!r}"


@misconception(TRUE, "Anybody can send four bytes. What do they say if the peer is a web server?")
def test_a_size_that_cannot_be_is_refused() -> None:
    """A negative size, and one above the limit, raise InvalidReceiveError."""
    for size in (b"\xff\xff\xff\xff", b"HTTP"):
        try:
            receive = received(size)
        except InvalidReceiveError:
            continue
        raise AssertionError(f"the four bytes {size!r} were believed: {receive!r}")


@misconception(TRUE, "A size says what somebody claims will come. What has come is worth memory, and not much else.")
def test_a_size_alone_is_worth_little_memory() -> None:
    """Somebody who announces 100 MiB and sends nothing gets less than 1 MiB of memory."""
    held = bytes_held(lambda: received(MAX_RECEIVE_SIZE.to_bytes(4, "big")))
    assert held < 2**20, f"4 bytes have come, and {held // 2**20} MiB are held for what is to follow"


@misconception(SILENCE, "If the transport says that nothing will ever come, the owner of the connection has to know.")
def test_the_end_in_the_middle_is_an_error() -> None:
    """If the peer closes in the middle of a size or of a message, EOFError comes out of read_from."""
    for piece in (b"\0\0", b"\0\0\0\5", b"\0\0\0\5he"):
        receive = NetworkReceive("1")
        with wire() as connection:
            connection.arrive(piece)
            connection.end()
            try:
                for _ in range(3):
                    read(receive, connection)
            except EOFError:
                continue
        raise AssertionError(f"the peer closed after {piece!r}, and nothing was raised: {receive!r}")


def cut(stream: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """The stream in pieces of these sizes, and the rest."""
    for size in sizes:
        yield stream[:size]
        stream = stream[size:]
    yield stream


@misconception(ONE_READ, "Where a piece ends says nothing. Only the bytes of the size do.")
@given(
    messages=st.lists(st.binary(max_size=12), min_size=1, max_size=4),
    sizes=st.lists(st.integers(1, 9), max_size=12),
)
def test_any_messages_in_any_pieces(messages: list[bytes], sizes: list[int]) -> None:
    """Any messages, their stream cut anywhere, arrive whole and in order."""
    arrived, receive = [], NetworkReceive("1")
    with wire() as connection:
        for piece in filter(None, cut(b"".join(map(frame, messages)), sizes)):
            connection.arrive(piece)
            while read(receive, connection) and receive.is_complete:
                arrived.append(bytes(receive.payload))
                receive = NetworkReceive("1")
    assert arrived == messages, f"what arrived is {arrived}"


@costs
@misconception(FREE, "Each read is a system call. How long may the buffer be once half of the message has come?")
def test_a_message_of_a_megabyte() -> None:
    """A message of 1 MiB arrives whole, and takes no more than 100 reads."""
    receive, to_come = NetworkReceive("1"), memoryview(frame(LARGE))
    with wire() as connection:
        while to_come:
            to_come = to_come[connection.arrive(to_come) :]
            read(receive, connection)
        assert receive.is_complete, f"all bytes have come, and it is {receive!r}"
        assert receive.payload == LARGE, "its bytes are not those that were sent"
