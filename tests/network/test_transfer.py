"""Frames go out and come in whole and in order, in whatever pieces the stream delivers them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.errors import InvalidReceiveError
from kafka_nio.network import NetworkReceive, NetworkSend
from kafka_nio.network.transfer import FIRST_CHUNK, MAX_RECEIVE_SIZE
from kafka_nio.nio.channels import MAX_PARTS_A_WRITE
from tests.network.peers import frame
from tests.network.transports import ScriptedTransport


def received(*pieces: bytes) -> NetworkReceive:
    """A receive after one read of each piece."""
    receive = NetworkReceive("0")
    transport = ScriptedTransport(pieces)
    for _ in pieces:
        receive.read_from(transport)
    return receive


def one_by_one(data: bytes) -> list[bytes]:
    """Every byte arrives alone; after each, there is nothing for a while."""
    return [piece for byte in data for piece in (bytes([byte]), b"")]


# Sending...


def test_a_message_goes_out_with_its_length_in_front() -> None:
    transport = ScriptedTransport()
    send = NetworkSend("0", [b"hel", memoryview(b"lo"), bytearray(b"!")])
    assert send.size == send.remaining == 10
    assert send.write_to(transport) == 10
    assert transport.written == b"\0\0\0\x06hello!"
    assert send.is_completed


@pytest.mark.parametrize("parts", [[], [b""], [b"", b"", b""]])
def test_an_empty_message_is_a_length_of_zero(parts: list[bytes]) -> None:
    transport = ScriptedTransport()
    send = NetworkSend("0", parts)
    assert not send.is_completed
    send.write_to(transport)
    assert transport.written == b"\0\0\0\0"
    assert send.is_completed


def test_empty_parts_stop_nothing() -> None:
    transport = ScriptedTransport(takes=[4, 1, 1])
    send = NetworkSend("0", [b"", b"a", b"", b"b", b""])
    while not send.is_completed:
        send.write_to(transport)
    assert transport.written == frame(b"ab")


def test_a_send_goes_on_where_the_last_write_stopped() -> None:
    transport = ScriptedTransport(takes=[2, 0, 5, 1])
    send = NetworkSend("0", [b"abc", b"defg"])
    assert [send.write_to(transport) for _ in range(4)] == [2, 0, 5, 1]
    assert not send.is_completed
    assert send.remaining == 3
    assert repr(send) == "<NetworkSend to 0: 8 of 11 bytes sent>"
    assert send.write_to(transport) == 3
    assert send.is_completed
    assert transport.written == frame(b"abcdefg")


@pytest.mark.behaviour(20)
def test_a_send_is_not_complete_while_the_transport_holds_bytes_back() -> None:
    transport = ScriptedTransport()
    transport.has_pending_writes = True
    send = NetworkSend("0", [b"hello"])
    send.write_to(transport)
    assert send.remaining == 0
    assert not send.is_completed


@pytest.mark.behaviour(19)
def test_a_write_of_no_bytes_may_be_the_one_that_completes_a_send() -> None:
    transport = ScriptedTransport()
    transport.has_pending_writes = True
    send = NetworkSend("0", [b"hello"])
    send.write_to(transport)
    transport.has_pending_writes = False
    assert send.write_to(transport) == 0
    assert send.is_completed


def test_more_parts_than_the_kernel_takes_at_once_go_out_in_several_writes() -> None:
    offered: list[int] = []

    class CountingTransport(ScriptedTransport):
        def write(self, parts: Sequence[bytes | memoryview]) -> int:
            offered.append(len(parts))
            return super().write(parts)

    transport = CountingTransport()
    send = NetworkSend("0", [b"x"] * 3000)
    while not send.is_completed:
        send.write_to(transport)
    assert transport.written == frame(b"x" * 3000)
    assert max(offered) == MAX_PARTS_A_WRITE


def test_big_parts_are_not_copied() -> None:
    records = bytearray(b"records")
    transport = ScriptedTransport(takes=[4])
    send = NetworkSend("0", [records])
    send.write_to(transport)
    records[:] = b"RECORDS"
    send.write_to(transport)
    assert transport.written == frame(b"RECORDS")


@given(st.lists(st.binary(max_size=20), max_size=8), st.lists(st.integers(0, 30), max_size=40))
def test_any_parts_leave_whole_whatever_each_write_takes(parts: list[bytes], takes: list[int]) -> None:
    transport = ScriptedTransport(takes=takes)
    send = NetworkSend("0", parts)
    for _ in range(len(takes) + 1):
        assert send.is_completed == (len(transport.written) == send.size)
        send.write_to(transport)
    assert send.is_completed
    assert transport.written == frame(b"".join(parts))


# Receiving...


@pytest.mark.behaviour(51)
def test_a_whole_frame_takes_one_read() -> None:
    receive = received(frame(b"hello"))
    assert receive.is_complete
    assert bytes(receive.payload) == b"hello"
    assert receive.source == "0"


@pytest.mark.behaviour(49)
def test_an_empty_message_is_complete_with_its_length() -> None:
    receive = received(frame(b""))
    assert receive.is_complete
    assert bytes(receive.payload) == b""
    assert receive.size == 4


@pytest.mark.behaviour(52)
def test_the_size_counts_the_length_in_front() -> None:
    assert received(frame(b"hello")).size == 9


@pytest.mark.behaviour(51)
def test_a_frame_may_arrive_byte_by_byte() -> None:
    transport = ScriptedTransport(one_by_one(frame(b"hello")))
    receive = NetworkReceive("0")
    reads = 0
    while not receive.is_complete:
        receive.read_from(transport)
        reads += 1
        assert reads < 100
    assert bytes(receive.payload) == b"hello"


def test_nothing_there_is_no_progress_and_no_end() -> None:
    receive = NetworkReceive("0")
    assert receive.read_from(ScriptedTransport()) == 0
    assert not receive.is_complete
    assert repr(receive) == "<NetworkReceive from 0: 0 of unknown bytes>"


def test_half_a_message_says_how_far_it_is() -> None:
    receive = received(frame(b"hello")[:6])
    assert not receive.is_complete
    assert repr(receive) == "<NetworkReceive from 0: 2 of 5 bytes>"


def test_the_next_message_is_left_in_the_stream() -> None:
    transport = ScriptedTransport([frame(b"first") + frame(b"second")])
    first, second = NetworkReceive("0"), NetworkReceive("0")
    assert first.read_from(transport) == len(frame(b"first"))
    assert bytes(first.payload) == b"first"
    second.read_from(transport)
    assert bytes(second.payload) == b"second"


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=8), st.data())
def test_any_cutting_of_any_frames_arrives_whole_and_in_order(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    transport = ScriptedTransport([part for piece in pieces for part in (piece, b"")])
    arrived = []
    for _ in messages:
        receive = NetworkReceive("0")
        while not receive.is_complete:
            receive.read_from(transport)
        arrived.append(bytes(receive.payload))
    assert arrived == messages


# Lengths that cannot be...


@pytest.mark.behaviour(49)
@pytest.mark.parametrize(
    ("length", "said"),
    [
        (b"\xff\xff\xff\xff", "-1 bytes"),
        (b"\x80\0\0\0", "-2147483648 bytes"),
        (b"\x7f\xff\xff\xff", "2147483647 bytes"),
        (b"HTTP", r"1213486160 bytes \(it sent b'HTTP'\).*perhaps it does not speak Kafka"),
    ],
)
def test_a_length_that_cannot_be_is_refused(length: bytes, said: str) -> None:
    with pytest.raises(InvalidReceiveError, match=said):
        received(length)


@pytest.mark.behaviour(49)
def test_the_largest_size_is_still_accepted_and_one_byte_more_is_not() -> None:
    receive = NetworkReceive("0", max_size=5)
    receive.read_from(ScriptedTransport([frame(b"12345")]))
    assert bytes(receive.payload) == b"12345"
    with pytest.raises(InvalidReceiveError, match="0 to 5 are accepted"):
        NetworkReceive("0", max_size=5).read_from(ScriptedTransport([frame(b"123456")]))


def test_the_limit_is_that_of_kafkas_broker_unless_told_otherwise() -> None:
    assert MAX_RECEIVE_SIZE == 104_857_600


def test_a_length_alone_is_worth_little_memory() -> None:
    transport = ScriptedTransport([MAX_RECEIVE_SIZE.to_bytes(4, "big")])
    NetworkReceive("0").read_from(transport)
    assert transport.read_sizes == [4, FIRST_CHUNK]


def test_a_long_message_takes_few_reads() -> None:
    message = bytes(range(256)) * 40_000
    transport = ScriptedTransport([frame(message)])
    receive = NetworkReceive("0")
    receive.read_from(transport)
    assert receive.payload == message
    assert len(transport.read_sizes) < 12


# The end of the stream...


@pytest.mark.behaviour(50)
@pytest.mark.parametrize("arrived", [b"\0\0", frame(b"hello")[:4], frame(b"hello")[:7]])
def test_the_peers_end_in_the_middle_of_a_frame_is_an_error(arrived: bytes) -> None:
    receive = NetworkReceive("0")
    transport = ScriptedTransport([arrived, EOFError("the peer closed the connection")])

    def read_on() -> None:
        for _ in range(3):
            receive.read_from(transport)

    with pytest.raises(EOFError):
        read_on()
    assert not receive.is_complete


@pytest.mark.behaviour(50)
def test_the_peers_end_between_two_frames_is_an_error_too() -> None:
    with pytest.raises(EOFError):
        NetworkReceive("0").read_from(ScriptedTransport([EOFError("the peer closed the connection")]))


def test_a_read_that_failed_leaves_no_bytes_that_never_arrived() -> None:
    receive = NetworkReceive("0")
    transport = ScriptedTransport([frame(b"hello")[:6], OSError("broken")])
    receive.read_from(transport)
    with pytest.raises(OSError, match="broken"):
        receive.read_from(transport)
    assert bytes(receive.payload) == b"he"
