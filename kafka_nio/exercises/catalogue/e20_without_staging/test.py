"""One message per connection and poll, without staging.

Java: no counterpart.
"""

import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.clock import MockClock
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.score import bytes_held
from kafka_nio.exercises.world import Play, Watched
from kafka_nio.network import KafkaChannel, Selector, plaintext_channel
from kafka_nio.network.transport import PlaintextTransportLayer
from kafka_nio.nio import SelectionKey, SocketAddress, SocketChannel
from kafka_nio.producer import RecordMetadata

ALL = "whatever was read is handed over at once"
ESSENTIAL = "staging is essential"
REPORTS = "select reports everything that can be read"
WHOLE = "one read is one message"

SECOND_MS = 1000
STAGING = (Selector._poll_selection_key,)
"""The package's own, in a tuple: there nobody puts another one in its place."""


class StagingSelector(Selector):
    """A selector as the package has it."""

    def _poll_selection_key(
        self, key: SelectionKey, channel: KafkaChannel, is_immediately_connected: bool, now_ns: int
    ) -> None:
        (poll,) = STAGING
        poll(self, key, channel, is_immediately_connected, now_ns)


class Decrypting(PlaintextTransportLayer):
    """A transport that, like TLS, takes all that the kernel has and gives it out as it is asked for."""

    def __init__(self, key: SelectionKey) -> None:
        super().__init__(key)
        self._decrypted = bytearray()
        self._take = self.read
        self.read = self._give

    @property
    def has_bytes_buffered(self) -> bool:  # type: ignore[override]
        """Whether it has some."""
        return bool(self._decrypted)

    def _give(self, buffer: memoryview) -> int:
        if not self._decrypted:
            taken = bytearray(16 * 1024)
            del taken[self._take(memoryview(taken)) :]
            self._decrypted = taken
        piece = self._decrypted[: len(buffer)]
        buffer[: len(piece)] = piece
        del self._decrypted[: len(piece)]
        return len(piece)


def decrypting_channel(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
    """A channel over such a transport."""
    return KafkaChannel(id, Decrypting(key), max_receive_size)


class Line:
    """A connection from a peer to a selector: the peer speaks, the selector is polled."""

    def __init__(self, selector: Selector, clock: MockClock, peer: socket.socket) -> None:
        self._selector = selector
        self.clock = clock
        self.peer = peer

    def poll(self) -> list[bytes]:
        """What one poll hands over. It sleeps for a second, if it sleeps."""
        self._selector.poll(SECOND_MS)
        return [bytes(receive.payload) for receive in self._selector.completed_receives]

    def polls(self, number: int) -> list[list[bytes]]:
        """What so many polls hand over."""
        return [self.poll() for _ in range(number)]

    @property
    def has_ended(self) -> bool:
        """Whether the last poll reported the end of the connection."""
        return bool(self._selector.disconnected)


@contextmanager
def a_line(kind: type[Selector] = Selector, *, decrypts: bool = False) -> Iterator[Line]:
    """A selector of this kind, with one connection."""
    with ExitStack() as stack:
        clock = MockClock()
        builder = decrypting_channel if decrypts else plaintext_channel
        selector = stack.enter_context(closing(kind(clock=clock, channel_builder=builder)))
        peer, here = socket.socketpair()
        stack.enter_context(peer)
        selector.register("1", SocketChannel(here, SocketAddress(here.family, "the peer")))
        yield Line(selector, clock, peer)


def in_numbers(polls: Sequence[Sequence[bytes]]) -> str:
    """How many messages each poll has handed over: `1, 1, 0`."""
    return ", ".join(str(len(messages)) for messages in polls)


def glued(*messages: bytes) -> bytes:
    """Messages as they travel, each with its size in front."""
    return b"".join(struct.pack(">i", len(message)) + message for message in messages)


THREE = (b"message one", b"message two", b"message three")


@misconception(ALL, "Whoever uses the selector relies on it: at most one message of each connection per poll.")
def test_one_message_per_poll(watched: Watched) -> None:
    """Three messages that arrive in one piece are handed over by three polls, one by each."""
    with watched(), a_line() as line:
        line.peer.sendall(glued(*THREE))
        found = line.polls(3)
    assert found == [[message] for message in THREE], f"the polls handed over {in_numbers(found)} messages"


@misconception(ESSENTIAL, "Where are the bytes that have not been read? Do they get lost there?")
def test_the_rest_stays_in_the_kernel(watched: Watched) -> None:
    """A poll takes one message out of the kernel, and leaves the next one there."""
    with watched() as watch, a_line() as line:
        line.peer.sendall(glued(*THREE))
        line.poll()
    taken = sum(int(step.result or 0) for step in watch.recording.steps if step.name == "nio.SocketChannel.read")
    assert taken == len(glued(THREE[0])), f"it took {taken} bytes, and the first message has {len(glued(THREE[0]))}"


@misconception(REPORTS, "A select comes back at once while there are bytes in the kernel. Is that where the rest is?")
def test_no_poll_sleeps_while_there_is_a_message() -> None:
    """While messages are waiting no poll sleeps; when all have been handed over, the next one does."""
    with a_line() as line:
        line.peer.sendall(glued(*THREE))
        line.polls(3)
        assert line.clock.now_ms() == 0, f"the polls slept for {line.clock.now_ms()} ms"
        line.poll()
        assert line.clock.now_ms() == SECOND_MS, "the fourth poll did not sleep, and had nothing to hand over"


@misconception(WHOLE, "`channel.read()` gives back None while a message is not complete, and goes on with it later.")
def test_half_a_message_is_not_handed_over() -> None:
    """A message that arrives in two pieces is handed over when the second has come."""
    data = glued(THREE[0])
    with a_line() as line:
        line.peer.sendall(data[:6])
        before = line.poll()
        line.peer.sendall(data[6:])
        after = line.poll()
    assert (before, after) == ([], [THREE[0]]), f"handed over: {before}, then {after}"


@misconception(ALL, "The end of the connection comes after the last byte. Has everything been read before?")
def test_the_end_comes_after_the_last_message() -> None:
    """A peer that closes after three messages: all three are handed over, and then the end is reported."""
    with a_line() as line:
        line.peer.sendall(glued(*THREE))
        line.peer.close()
        found = [(line.poll(), line.has_ended) for _ in range(4)]
    messages = [message for poll, _ in found for message in poll]
    assert messages == list(THREE), f"handed over: {messages}"
    assert found[-1][1], "the end was not reported"


@misconception(REPORTS, "TLS has taken all three out of the kernel, which is silent now. Who knows that there is more?")
def test_what_tls_has_decrypted_is_handed_over_too() -> None:
    """Three messages that TLS decrypts in one go are handed over by three polls, and none of them sleeps."""
    with a_line(decrypts=True) as line:
        line.peer.sendall(glued(*THREE))
        found = line.polls(3)
        slept_ms = line.clock.now_ms()
    assert found == [[message] for message in THREE], f"the polls handed over {in_numbers(found)} messages"
    assert slept_ms == 0, f"the polls slept for {slept_ms} ms"


def polled(kind: type[Selector], pieces: Sequence[bytes], *, decrypts: bool) -> list[list[bytes]]:
    """What each poll hands over, if there is one after each piece, and then a few more."""
    with a_line(kind, decrypts=decrypts) as line:
        found = []
        for piece in pieces:
            line.peer.sendall(piece)
            found.append(line.poll())
        return found + line.polls(6)


@misconception(
    ESSENTIAL, "However the stream is cut and glued: the same messages, in the same order, by the same polls."
)
@given(
    sizes=st.lists(st.integers(4, 20), max_size=6),
    cuts=st.lists(st.integers(0, 140), max_size=5).map(sorted),
    decrypts=st.booleans(),
)
def test_any_gluing(sizes: list[int], cuts: list[int], decrypts: bool) -> None:
    """However messages are cut and glued, each poll hands over what it hands over with staging."""
    stream = glued(*(bytes([number]) * size for number, size in enumerate(sizes, 1)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True) if start < end]
    with_staging = polled(StagingSelector, pieces, decrypts=decrypts)
    without = polled(Selector, pieces, decrypts=decrypts)
    assert without == with_staging, f"{in_numbers(without)} messages, and with staging {in_numbers(with_staging)}"


MANY, LARGE = 20, bytes(4096)
STREAM = glued(*MANY * (LARGE,))


def poll_many(kind: type[Selector]) -> None:
    """Twenty messages of 4 KiB arrive in one piece, and are dropped as they are handed over."""
    with a_line(kind) as line:
        line.peer.sendall(STREAM)
        for number in range(MANY):
            assert line.poll() == [LARGE], f"poll {number + 1} did not hand over one message"


@misconception(ESSENTIAL, "What is staged lies in memory. What is not read lies in the kernel, which limits it.")
def test_it_takes_less_memory() -> None:
    """Of twenty messages that arrive in one piece, a few are in memory at a time, and not all."""
    with_staging, without = (bytes_held(partial(poll_many, kind)) for kind in (StagingSelector, Selector))
    saved = (with_staging - without) // len(LARGE)
    assert saved > MANY // 2, f"{without // 1024} KiB, and with staging {with_staging // 1024} KiB"


@costs
@misconception(ALL, "At most one message of each connection per poll.")
def test_twenty_messages() -> None:
    """Twenty messages that arrive in one piece are handed over by twenty polls."""
    poll_many(Selector)


@misconception(ESSENTIAL, "One answer dribbles, three come in one piece. Which of them is not read?")
def test_a_producer(play: Play) -> None:
    """In a whole producer, answers that come in odd pieces are all read, and the records are written in order."""
    outcome = play("dribble-and-glue", look_ms=1)
    offsets = [result.offset if isinstance(result, RecordMetadata) else result for result in outcome.results]
    assert offsets == [1, 2, 3, 4], f"the records are at {offsets}"
