"""The other end of a connection, driven by the test itself, and a clock that the test holds."""

import selectors
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from kafka_nio.clock import SystemClock
from kafka_nio.network import NetworkSend, Selector
from kafka_nio.nio import SocketAddress

PATIENCE_S = 10
"""How long something may take that happens at once on a machine with nothing else to do."""


class HeldClock(SystemClock):
    """A select waits for the kernel as ever, but time stands still until the test moves it."""

    def __init__(self) -> None:
        self._now_ns = 0
        self.select_timeouts_ms: list[float] = []
        """How long each select was ready to sleep."""

    def now_ns(self) -> int:
        return self._now_ns

    def now_ms(self) -> int:
        return self._now_ns // 1_000_000

    def advance(self, duration_ms: int) -> None:
        """Let time pass."""
        self._now_ns += duration_ms * 1_000_000

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        self.select_timeouts_ms.append(timeout_ms)
        return poller.select(min(timeout_ms / 1000, PATIENCE_S))


class Peer:
    """A listening socket, and its ends of the connections that it has accepted."""

    def __init__(self, family: int = socket.AF_INET, address: tuple[str, int] | str = ("127.0.0.1", 0)) -> None:
        self._listener = socket.socket(family)
        self._listener.settimeout(PATIENCE_S)
        self._listener.bind(address)
        self._listener.listen()
        self._connections: list[socket.socket] = []
        self.address = SocketAddress(family, self._listener.getsockname())

    def accept(self) -> socket.socket:
        """Take the next connection; it is closed at the end of the test, if not before."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE_S)
        self._connections.append(connection)
        return connection

    def stop_listening(self) -> None:
        """From now on connections are refused."""
        self._listener.close()

    def close(self) -> None:
        for connection in (self._listener, *self._connections):
            connection.close()


def connect(selector: Selector, peer: Peer, id: str = "0") -> socket.socket:
    """Connect, poll until the connection stands, and return the peer's end of it."""
    selector.connect(id, peer.address)
    accepted = peer.accept()
    poll_until(selector, lambda: id in selector.connected)
    return accepted


def poll_until(selector: Selector, condition: Callable[[], object]) -> None:
    """Poll until the last poll brought what is waited for."""
    for _ in range(1000):
        selector.poll(PATIENCE_S * 1000)
        if condition():
            return
    raise AssertionError(f"a thousand polls of {selector} did not bring it")


def receives(selector: Selector) -> list[tuple[str, bytes]]:
    """What the last poll handed over: from whom, and the message."""
    return [(receive.source, bytes(receive.payload)) for receive in selector.completed_receives]


def frame(message: bytes) -> bytes:
    """A message as it travels: its length in front."""
    return struct.pack(">i", len(message)) + message


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """Read from a blocking socket until there are `size` bytes."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        assert part, f"the connection ended after {len(parts)} of {size} bytes"
        parts += part
    return bytes(parts)


def read_available(connection: socket.socket) -> bytes:
    """Read what has arrived so far."""
    parts = bytearray()
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while part := connection.recv(1024 * 1024):
            parts += part
    connection.settimeout(PATIENCE_S)
    return bytes(parts)


def message_for(destination: str, payload: bytes = b"hello") -> NetworkSend:
    """A small message to send."""
    return NetworkSend(destination, [payload])
