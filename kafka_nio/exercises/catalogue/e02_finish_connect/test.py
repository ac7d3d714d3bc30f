"""How a connection attempt has ended.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

from kafka_nio.demos.bugs import connected_when_writable
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play, Watched
from kafka_nio.nio import OP_CONNECT, Selector, ServerSocketChannel, SocketAddress, SocketChannel
from kafka_nio.producer import RecordMetadata

WRITABLE = "writable is connected"
RETURNED = "to return is to remember"
FAILED = "a failed attempt is still under way"
NO_ERROR = "no error is connected"

ANY_PORT = SocketAddress(socket.AF_INET, ("127.0.0.1", 0))
PATIENCE_MS = 5000
"""How long something may take that happens at once on a machine with nothing else to do."""


@contextmanager
def nobody() -> Iterator[SocketAddress]:
    """An address that is taken, and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(ANY_PORT.address)
        yield SocketAddress(socket.AF_INET, taken.getsockname())


@contextmanager
def attempt(address: SocketAddress) -> Iterator[tuple[SocketChannel, Selector]]:
    """A connection attempt that has begun, and the selector that waits for its end."""
    with closing(SocketChannel.open()) as channel, closing(Selector()) as selector:
        channel.connect(address)
        channel.register(selector, OP_CONNECT)
        yield channel, selector


def answer(channel: SocketChannel) -> str:
    """What `finish_connect` says: what it returns, or what it raises."""
    try:
        return str(channel.finish_connect())
    except OSError as error:
        return type(error).__name__


@misconception(WRITABLE, "select has found the socket writable. It does so when an attempt has failed, too.")
def test_a_refused_attempt_is_no_connection(watched: Watched) -> None:
    """An attempt that was refused is not taken for a connection."""
    with nobody() as address, attempt(address) as (channel, selector), watched():
        selector.select(PATIENCE_MS)
        said = answer(channel)
    assert said != "True", "nobody listens, the attempt was refused, and finish_connect returned True"


@misconception(RETURNED, "The channel is asked later, again and again: is_connected is where it remembers.")
def test_an_attempt_that_succeeds_is_a_connection(watched: Watched) -> None:
    """If somebody listens, finish_connect returns True, and the channel is connected from then on."""
    with closing(ServerSocketChannel.open(ANY_PORT)) as server, attempt(server.local_address) as (channel, selector):
        with watched():
            selector.select(PATIENCE_MS)
            said = answer(channel)
            again = answer(channel)
        assert said == "True", f"somebody listens, the attempt has succeeded, and finish_connect gave {said}"
        assert channel.is_connected, "it returned True, and is_connected is still False"
        assert again == "True", f"asked a second time it gave {again}"


@misconception(FAILED, "False means: wait for the end. This is the end, and a second one will not come.")
def test_a_refused_attempt_is_an_error(watched: Watched) -> None:
    """An attempt that was refused raises ConnectionRefusedError."""
    with nobody() as address, attempt(address) as (channel, selector), watched():
        selector.select(PATIENCE_MS)
        said = answer(channel)
    assert said == "ConnectionRefusedError", f"finish_connect gave {said}"
    assert not channel.is_connected, "is_connected is True after the refusal"


@misconception(NO_ERROR, "SO_ERROR is 0 as long as nothing has failed. Has anything succeeded?")
def test_an_attempt_under_way_is_no_connection(watched: Watched) -> None:
    """As long as the attempt is under way, finish_connect returns False."""
    with ExitStack() as stack:
        server = stack.enter_context(closing(ServerSocketChannel.open(ANY_PORT, backlog=0)))
        # The queue at the door is full, so that the last attempts are left without an answer.
        channels = [stack.enter_context(attempt(server.local_address))[0] for _ in range(10)]
        with watched():
            said = answer(channels[-1])
        assert said == "False", f"the peer has not answered yet, and finish_connect gave {said}"
        assert not channels[-1].is_connected, "is_connected is True before the peer has answered"


@costs
@misconception(WRITABLE, "The refusal has to come out of finish_connect. From there the client goes on to try again.")
def test_a_broker_that_is_down_for_a_while(play: Play) -> None:
    """In a whole producer a refusal comes out of finish_connect, nothing is read from it, and the record is written."""
    demo = replace(connected_when_writable.DEMO, name="broker-down-for-a-while", bug=None)
    outcome = play(demo, look_ms=100)
    refused = [step.name for step in outcome.recording.steps if step.error_type == "ConnectionRefusedError"]
    assert "nio.SocketChannel.read" not in refused, "a read was the first to notice the refusal"
    assert "nio.SocketChannel.finish_connect" in refused, "finish_connect never said that the attempt was refused"
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"{outcome.results}"
