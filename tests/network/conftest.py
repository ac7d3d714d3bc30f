"""A selector, a clock and somebody to talk to."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.nio import SocketAddress, SocketChannel
from tests.network.peers import HeldClock, Peer


@pytest.fixture
def clock() -> HeldClock:
    """Time stands still until the test moves it."""
    return HeldClock()


@pytest.fixture
def metrics() -> Metrics:
    """What `selector` counts."""
    return Metrics()


@pytest.fixture
def make_selector(clock: HeldClock) -> Iterator[Callable[..., Selector]]:
    """Makes selectors with options of the test's choice."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(Selector(clock=clock, **options)))


@pytest.fixture
def selector(make_selector: Callable[..., Selector], metrics: Metrics) -> Selector:
    return make_selector(metrics=metrics)


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Somebody to connect to over TCP."""
    with closing(Peer()) as peer:
        yield peer


@pytest.fixture
def unix_peer() -> Iterator[Peer]:
    """Somebody to connect to over a Unix socket: such a connection stands as soon as `connect` returns."""
    # Not tmp_path: a Unix socket's path has to be short.
    with TemporaryDirectory() as directory, closing(Peer(socket.AF_UNIX, str(Path(directory, "peer")))) as peer:
        yield peer


@pytest.fixture
def join() -> Iterator[Callable[[Selector, str], socket.socket]]:
    """Registers one end of a pair of Unix sockets and returns the other.

    What is sent or closed on one end of such a pair is seen on the other when the call returns, so the test knows what
    a single poll will find.
    """
    ends: list[socket.socket] = []

    def join(selector: Selector, id: str) -> socket.socket:
        ours, theirs = socket.socketpair()
        ends.append(theirs)
        selector.register(id, SocketChannel(ours, SocketAddress(socket.AF_UNIX, f"peer-{id}")))
        return theirs

    yield join
    for end in ends:
        end.close()
