"""A message that leaves in parts.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.score import bytes_held
from kafka_nio.network import NetworkSend
from kafka_nio.nio import SocketAddress, SocketChannel
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE

ALL = "a write sends everything"
BETWEEN = "a write ends between two pieces"
TAKEN = "what is taken has left"
ANY_NUMBER = "a system call takes any number of pieces"
JOINING = "joining costs nothing"

KIBIBYTE = 1024
LARGE = bytes(1024 * KIBIBYTE)
"""Records of 1 MiB."""

SINK = bytearray(64 * KIBIBYTE)
"""Where bytes go that need only be counted."""


class Kernel(SocketChannel):
    """A real socket that takes, write by write, as many bytes as it is told to; then as many as it likes.

    `has_pending_writes` is what a TLS transport would say.
    """

    def __init__(self, takes: Sequence[int] = ()) -> None:
        ours, self._peer = socket.socketpair()
        super().__init__(ours, SocketAddress(ours.family, "peer"))
        self._peer.setblocking(False)
        self._takes = list(takes)
        self.offered: list[int] = []
        self.has_pending_writes = False

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Take the first of these bytes."""
        self.offered.append(len(parts))
        return super().write(list(first(self._takes.pop(0), parts)) if self._takes else parts)

    def arrived(self) -> bytes:
        """What has come to the other end and was not asked for before."""
        try:
            return self._peer.recv(KIBIBYTE)
        except BlockingIOError:
            return b""

    def arrived_bytes(self) -> int:
        """How many bytes have come to the other end since somebody asked."""
        number = 0
        with suppress(BlockingIOError):
            while arrived := self._peer.recv_into(SINK):
                number += arrived
        return number

    def close(self) -> None:
        """Close both ends."""
        super().close()
        self._peer.close()


def first(size: int, parts: Sequence[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """The first bytes of some pieces."""
    for part in parts:
        yield part[:size]
        size -= min(len(part), size)


@contextmanager
def kernel(*takes: int) -> Iterator[Kernel]:
    """A kernel for the block."""
    it = Kernel(takes)
    try:
        yield it
    finally:
        it.close()


def write(send: NetworkSend, kernel: Kernel) -> int:
    """Call the function to be written, with the kernel as the transport."""
    return send.write_to(kernel)  # type: ignore[arg-type]  # write and has_pending_writes are all it needs


def frame(message: bytes) -> bytes:
    """A message with its size in front."""
    return len(message).to_bytes(4, "big") + message


@misconception(ALL, "Writable means that there is room for something. How much was taken, write says when it returns.")
def test_a_part_is_not_the_whole() -> None:
    """Of 16 bytes the kernel takes 9: then 7 remain, and the message is not complete."""
    send = NetworkSend("1", [b"header", b"record"])
    with kernel(9) as it:
        taken = write(send, it)
    assert taken == 9, f"9 bytes were taken, and write_to returned {taken}"
    assert send.remaining == 7, f"7 bytes are left, and it says {send.remaining}"
    assert not send.is_completed, "7 bytes are left, and it says that it is complete"


@misconception(BETWEEN, "The kernel knows no pieces. It stopped in the middle of one; there the next write begins.")
def test_the_next_write_begins_where_the_last_one_stopped() -> None:
    """A message of which the kernel takes 9 bytes, then the rest, arrives as it was."""
    send = NetworkSend("1", [b"header", b"record"])
    with kernel(9) as it:
        write(send, it)
        write(send, it)
        arrived = it.arrived()
    assert arrived == frame(b"headerrecord"), f"what arrived is {arrived!r}"
    assert send.is_completed, f"all has left, and it is {send!r}"


@misconception(TAKEN, "A TLS transport has taken the last byte and may hold it back. `_pending_in_transport` says so.")
def test_what_a_transport_holds_back_has_not_left() -> None:
    """While a transport holds bytes back, the message is not complete; when they leave in a later write, it is."""
    send = NetworkSend("1", [b"record"])
    with kernel() as it:
        it.has_pending_writes = True
        write(send, it)
        said = send.is_completed
        it.has_pending_writes = False
        write(send, it)
        assert not said, "the transport holds bytes back, and it says that it is complete"
        assert len(it.offered) == 2, "the transport was not asked to go on with what it holds back"
        assert send.is_completed, "the transport holds nothing back any more, and it says that it is not complete"


@misconception(ANY_NUMBER, "A deque of 3000 pieces is more than one system call takes: MAX_PARTS_A_WRITE.")
def test_many_pieces_leave_in_several_writes() -> None:
    """No write is offered more pieces than one system call takes."""
    send = NetworkSend("1", [b"x"] * 3000)
    with kernel() as it:
        for _ in range(3):
            write(send, it)
    assert send.is_completed, f"after three writes it is {send!r}"
    assert max(it.offered) <= MAX_PARTS_A_WRITE, f"{max(it.offered)} pieces were offered at once"


@misconception(ALL, "Follow the numbers: what is taken in each write, and what remains after it.")
@given(parts=st.lists(st.binary(max_size=8), max_size=5), takes=st.lists(st.integers(0, 12), max_size=8))
def test_any_pieces_and_any_kernel(parts: list[bytes], takes: list[int]) -> None:
    """Whatever each write takes, 0 included: all arrives once and in order, and it is complete with the last byte."""
    send, arrived = NetworkSend("1", parts), b""
    with kernel(*takes) as it:
        for _ in range(len(takes) + 1):
            write(send, it)
            arrived += it.arrived()
            has_left = len(arrived) == send.size
            assert send.is_completed == has_left, f"{len(arrived)} of {send.size} bytes have left, and it is {send!r}"
    expected = frame(b"".join(parts))
    assert arrived == expected, f"what arrived is {arrived!r}"


@misconception(JOINING, "Joined, the records are in memory twice. write takes the pieces as they lie there.")
def test_nothing_is_copied() -> None:
    """A message of 1 MiB that leaves in parts of 16 KiB takes no second megabyte of memory."""
    with kernel(*[16 * KIBIBYTE] * 3) as it:
        send = NetworkSend("1", [b"header", LARGE])
        held = bytes_held(lambda: [write(send, it) for _ in range(3)])
    assert held < 256 * KIBIBYTE, f"{held // KIBIBYTE} KiB were held on top of the message"


@costs
@misconception(ALL, "A write that took a part is not the end. The rest waits until it is called again.")
def test_a_message_of_a_megabyte() -> None:
    """A message of 1 MiB leaves to the last byte, through a kernel that takes what it has room for."""
    send, number = NetworkSend("1", [b"header", LARGE]), 0
    with kernel() as it:
        for _ in range(1000):
            write(send, it)
            number += it.arrived_bytes()
            if send.is_completed:
                break
    assert send.is_completed, f"after 1000 writes it is {send!r}"
    assert number == send.size, f"{number} of {send.size} bytes have arrived"
