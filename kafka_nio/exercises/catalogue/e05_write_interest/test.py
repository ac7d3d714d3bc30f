"""How long a connection waits for room to write.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.demos.bugs import write_interest_stuck
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network import KafkaChannel, NetworkSend
from kafka_nio.network.transport import PlaintextTransportLayer
from kafka_nio.nio import OP_READ, OP_WRITE, SelectionKey, Selector, SocketAddress, SocketChannel, ops_text
from kafka_nio.producer import RecordMetadata

HARMLESS = "leaving it on is harmless"
ENOUGH = "one write is enough"
NOTHING = "after the message there is nothing to wait for"


class Kernel(SocketChannel):
    """A real socket that takes, write by write, as many bytes as it is told to; then as many as it likes."""

    def __init__(self, takes: Sequence[int]) -> None:
        ours, self.peer = socket.socketpair()
        super().__init__(ours, SocketAddress(ours.family, "peer"))
        self._takes = list(takes)

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Take the first of these bytes."""
        data = b"".join(parts)
        return super().write([data[: self._takes.pop(0)] if self._takes else data])


@contextmanager
def connection(*takes: int) -> Iterator[tuple[KafkaChannel, SelectionKey, Selector]]:
    """A connection that waits to read, its key, and the selector that watches it."""
    with closing(Selector()) as selector, closing(Kernel(takes)) as kernel, closing(kernel.peer):
        key = kernel.register(selector, OP_READ)
        yield KafkaChannel("1", PlaintextTransportLayer(key), 1024), key, selector


def message() -> NetworkSend:
    """A message of 13 bytes, the size included."""
    return NetworkSend("1", [b"a request"])


@misconception(HARMLESS, "An idle connection nearly always has room. A select that waits for room does not sleep.")
def test_after_the_last_byte_nobody_waits_for_room() -> None:
    """When the last byte has left, the connection does not wait for room any more, and select finds nothing."""
    with connection() as (channel, key, selector):
        channel.set_send(message())
        selector.select_now()
        completed = channel.write()
        assert completed is not None, "all 13 bytes have left, and write did not give the message back"
        found = selector.select_now()
        assert not key.interest_ops & OP_WRITE, f"all 13 bytes have left, and it waits for {ops_text(key.interest_ops)}"
        assert found == 0, f"nothing is left to do, and select finds {found} key ready"


@misconception(ENOUGH, "The kernel took 4 bytes of 13. Who will call write for the rest, if nobody waits for room?")
def test_while_a_part_is_left_it_waits_for_room() -> None:
    """While a part of the message is left, the connection waits for room, and the rest leaves with the next write."""
    with connection(4) as (channel, key, selector):
        channel.set_send(message())
        completed = channel.write()
        assert completed is None, "9 bytes are left, and write gave the message back"
        found = selector.select_now()
        assert key.interest_ops & OP_WRITE, f"9 bytes are left, and it waits for {ops_text(key.interest_ops)} only"
        assert found == 1, "9 bytes are left, there is room, and select does not say so"
        completed = channel.write()
        assert completed is not None, "the rest has left, and write did not give the message back"


@misconception(NOTHING, "A request has left. What comes next on this connection, and which bit waits for it?")
def test_it_goes_on_waiting_for_the_answer() -> None:
    """When the last byte has left, the connection still waits for bytes to read, and select finds the answer."""
    with connection() as (channel, key, selector):
        channel.set_send(message())
        channel.write()
        assert isinstance(key.channel, Kernel)
        key.channel.peer.send(b"an answer")
        found = selector.select_now()
        assert key.interest_ops & OP_READ, f"the answer is to come, and it waits for {ops_text(key.interest_ops)}"
        assert found == 1, "the answer has come, and select does not say so"


@misconception(ENOUGH, "The interest lasts exactly as long as the message: on until the last byte, then off.")
@given(takes=st.lists(st.integers(0, 8), max_size=8))
def test_the_interest_lasts_as_long_as_the_message(takes: list[int]) -> None:
    """Whatever each write takes, 0 included, the interest in OP_WRITE is on until the last byte has left."""
    with connection(*takes) as (channel, key, _):
        send = message()
        channel.set_send(send)
        for _ in range(len(takes) + 1):
            completed = channel.write()
            is_on = bool(key.interest_ops & OP_WRITE)
            assert is_on != send.is_completed, f"OP_WRITE is {'on' if is_on else 'off'} after {send!r}"
            if completed is not None:
                break
        assert send.is_completed, f"there was room for all of it, and it is {send!r}"


@costs
@misconception(HARMLESS, "Count the selects between the last byte and the answer. One is enough, if it may sleep.")
def test_the_loop_sleeps_until_the_answer_comes(play: Play) -> None:
    """While an answer takes 5 ms, the producer's loop sleeps: write is never called with nothing to write."""
    demo = replace(write_interest_stuck.DEMO, name="slow-answer", bug=None)
    outcome = play(demo, look_ms=2)
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"{outcome.results}"
    names = [step.name for step in outcome.recording.steps]
    asked, written = names.count("KafkaChannel.write"), names.count("nio.SocketChannel.write")
    assert asked == written, f"write was called {asked} times, and only {written} times was there something to write"


@misconception(ENOUGH, "One request, six parts: the interest stays on for five of them.")
def test_a_small_send_buffer(play: Play) -> None:
    """A request of which the kernel takes a part at a time leaves to the last byte, and its record is written."""
    outcome = play("small-send-buffer", look_ms=50)
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"{outcome.results}"
