"""Keys that nobody takes out of the set of selected keys.

Java: no counterpart.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from kafka_nio.clock import MockClock
from kafka_nio.demos import DEMOS
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play, Watched
from kafka_nio.network import Selector
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import RecordMetadata

WALKING = "a set may shrink while one walks over it"
FORGETS = "the selector forgets for you"
BITS = "a key that is ready for nothing is as good as gone"
OTHERS = "nobody else takes keys out"

A_WHILE_MS = 100


class Peers:
    """The other ends of a selector's connections, each by the connection's name."""

    def __init__(self, selector: Selector, stack: ExitStack) -> None:
        self._selector = selector
        self._stack = stack
        self.ends: dict[str, socket.socket] = {}

    def connect(self, id: str, address: str | None = None) -> None:
        """Connect to a listener of its own, on TCP or at a path, and accept that."""
        listener = socket.socket(socket.AF_UNIX if address else socket.AF_INET)
        self._stack.enter_context(listener)
        listener.bind(address or ("127.0.0.1", 0))
        listener.listen()
        self._selector.connect(id, SocketAddress(listener.family, listener.getsockname()))
        self.ends[id] = self._stack.enter_context(listener.accept()[0])

    def say(self, id: str, message: bytes) -> None:
        """Send a message over a connection."""
        self.ends[id].sendall(struct.pack(">i", len(message)) + message)


@contextmanager
def a_selector() -> Iterator[tuple[Selector, Peers]]:
    """A selector without connections, whose sleeps only move a clock."""
    with ExitStack() as stack:
        selector = stack.enter_context(closing(Selector(clock=MockClock())))
        yield selector, Peers(selector, stack)


def received(selector: Selector) -> list[str]:
    """What the last poll has brought."""
    return [f"{bytes(receive.payload).decode()} from {receive.source}" for receive in selector.completed_receives]


@misconception(
    WALKING, "A dict refuses to be walked over while keys are taken out of it. What can one walk over instead?"
)
def test_one_connection(watched: Watched) -> None:
    """What comes over the only connection is received."""
    with a_selector() as (selector, peers):
        peers.connect("1")
        with watched():
            selector.poll(A_WHILE_MS)
            peers.say("1", b"hello")
            selector.poll(A_WHILE_MS)
        assert received(selector) == ["hello from 1"], f"received: {received(selector)}"


@misconception(
    FORGETS, "A select adds keys to the set, and never removes one. What was connection 1 ready for, long ago?"
)
def test_a_connection_is_reported_as_new_once(watched: Watched) -> None:
    """When connection 2 stands, nothing happens with connection 1, which has stood for long."""
    with a_selector() as (selector, peers):
        peers.connect("1")
        selector.poll(A_WHILE_MS)
        peers.connect("2")
        with watched():
            selector.poll(A_WHILE_MS)
        assert selector.connected == ["2"], f"reported as connected: {', '.join(selector.connected)}"


@misconception(FORGETS, "Connection 1 was ready once, for reading. Is its key still among the selected ones?")
def test_a_connection_that_has_nothing_to_say_is_not_read(watched: Watched) -> None:
    """Only the connection that has something to say is read."""
    with a_selector() as (selector, peers):
        for id in ("1", "2"):
            peers.connect(id)
            selector.poll(A_WHILE_MS)
        peers.say("1", b"from one")
        selector.poll(A_WHILE_MS)
        peers.say("2", b"from two")
        with watched() as watch:
            selector.poll(A_WHILE_MS)
        read = {str(step.shown["self"])[0] for step in watch.recording.steps if step.name == "KafkaChannel.read"}
        assert read == {"2"}, f"read: {', '.join(sorted(read))}"


@misconception(BITS, "A key of the second set is dealt with because it is there, whatever it is ready for.")
def test_a_connection_that_stands_at_once_is_reported_once(watched: Watched) -> None:
    """A Unix socket is connected at once: it is reported by the next poll, and not by the one after."""
    with TemporaryDirectory() as folder, a_selector() as (selector, peers):
        peers.connect("1", str(Path(folder) / "peer"))
        with watched():
            selector.poll(A_WHILE_MS)
            first = list(selector.connected)
            selector.poll(A_WHILE_MS)
        assert first == ["1"], f"the first poll reported {first}"
        assert selector.connected == [], "the second poll reported it again"


@misconception(OTHERS, "A connection that is closed takes its key along. What does `del` do with a key that is gone?")
def test_the_end_of_one_connection_does_not_stop_the_others(watched: Watched) -> None:
    """While one connection ends, the others are dealt with."""
    with a_selector() as (selector, peers):
        for id in ("1", "2"):
            peers.connect(id)
            selector.poll(A_WHILE_MS)
        peers.ends["1"].close()
        peers.say("2", b"hello")
        with watched():
            selector.poll(A_WHILE_MS)
        assert list(selector.disconnected) == ["1"], f"disconnected: {list(selector.disconnected)}"
        assert received(selector) == ["hello from 2"], f"received: {received(selector)}"


TWO_CONNECTIONS = replace(DEMOS["bug-key-not-consumed"], name="two-connections", bug=None)


@costs
@misconception(FORGETS, "Compare what the select has found with what is dealt with after it.")
def test_a_producer_with_two_connections(play: Play) -> None:
    """A producer with two connections deals after each select with as many keys as that has found."""
    outcome = play(TWO_CONNECTIONS, look_ms=1000)
    assert [type(result) for result in outcome.results] == [RecordMetadata], f"{outcome.results}"
    found = 0
    for step in outcome.recording.steps:
        if step.name == "Selector.select":
            found = int(step.result or 0)
        elif step.name == "Selector.poll_selection_keys" and not step.shown["is_immediately_connected"]:
            keys = 0 if step.shown["keys"] == "[]" else str(step.shown["keys"]).count(",") + 1
            assert keys == found, f"a select found {found} keys ready, and {keys} were dealt with"
