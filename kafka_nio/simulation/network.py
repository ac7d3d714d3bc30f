"""A network in memory, under the producer's own selector: sockets without a kernel, and the brokers at their far ends.

A `SimulatedSocket` offers what `SocketChannel` asks of a socket. Everything above it is the real code: channels, keys,
framing, both selectors. What the kernel would know, this knows: which connection attempt has ended and how, what has
arrived, who has hung up. Everything that takes time is an event on the clock (`SimulationClock.at`).

A broker takes the requests of a connection one at a time, as Kafka does: the next one is looked at when the answer to
the one before has left. What becomes of a request, an answer or a connection attempt is the weather's to decide.

Java: no counterpart.
"""

import errno
import os
import selectors
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Protocol

from kafka_nio.nio import SocketAddress, SocketChannel
from kafka_nio.simulation.clock import SimulationClock

_SIZE = struct.Struct(">i")

KAFKA_PORT = 9092

FIRST_PORT = 40_000
"""Of the producer's connections; each has one of its own."""


class Answer(Protocol):
    """What a broker makes of a request."""

    payload: bytes | None
    """The answer's bytes; None if there is none."""
    delay_ms: int
    """How long the answer takes on its way, or the end of the connection."""
    hangs_up: bool
    """Whether the connection ends, behind the answer or in its place."""
    is_silent: bool
    """Whether the broker takes no further request of this connection."""


class FarEnd(Protocol):
    """The brokers, as the network needs them."""

    def connection_attempt(self, node_id: int) -> tuple[int, int | None]:
        """How long an attempt takes, in ms, and the error number with which it ends, 0 for none, None for no end."""

    def request_delay_ms(self) -> int:
        """How long a request takes on its way."""

    def handle(self, node_id: int, connection_id: str, frame: memoryview) -> Answer:
        """What becomes of a request that has arrived."""

    def handles_after_the_end(self) -> bool:
        """Whether a request that had arrived is handled although its connection has ended meanwhile."""

    def most_bytes(self) -> int:
        """How much the kernel moves at once."""


class SimulatedSocket:
    """The producer's end of a connection, in place of a `socket.socket`.

    It owns a real socket that is never connected, only because the kernel's poller wants a number for each key.
    """

    def __init__(self, family: int, network: "SimulatedNetwork") -> None:
        self.family = family
        self._real = socket.socket(socket.AF_INET)
        self.number = self._real.fileno()
        self._network = network
        self._link: Link | None = None

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""
        assert not flag, "a socket of a selector never blocks"

    def fileno(self) -> int:
        """Its number, by which poller and network know it."""
        return self.number

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """There is no kernel to take an option."""

    def connect_ex(self, address: tuple[str, int]) -> int:
        """Begin to connect."""
        self._link = self._network.connect(self, address)
        return errno.EINPROGRESS

    def getsockopt(self, level: int, option: int) -> int:
        """How the attempt ended: SO_ERROR."""
        error = self._the_link.connect_error
        return error or 0

    def getpeername(self) -> tuple[str, int]:
        """Raises OSError as long as there is no peer."""
        if not self._the_link.is_connected:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._the_link.address

    def getsockname(self) -> tuple[str, int]:
        """The producer's own address."""
        return self._the_link.own_address

    def recv_into(self, buffer: memoryview) -> int:
        """Read what has arrived."""
        return self._the_link.read_into(buffer)

    def sendmsg(self, parts: Sequence[bytes | memoryview]) -> int:
        """Write what there is room for."""
        return self._the_link.write(b"".join(parts))

    def close(self) -> None:
        """End the connection, if there is one."""
        self._network.forget(self)
        if self._link is not None:
            self._link.close()
        self._real.close()

    @property
    def possible(self) -> int:
        """The events that the kernel would report now to whom it may concern."""
        return self._link.possible if self._link is not None else 0

    @property
    def _the_link(self) -> "Link":
        assert self._link is not None, "nothing is asked of a socket that never began to connect"
        return self._link


class Link:
    """A connection, both directions: from the attempt to its end."""

    def __init__(self, network: "SimulatedNetwork", node_id: int, address: tuple[str, int], number: int) -> None:
        self.node_id = node_id
        self.address = address
        self.own_address = ("producer", FIRST_PORT + number)
        self.id = f"{address[0]}:{address[1]}-producer:{FIRST_PORT + number}-{number}"
        self.is_connected = False
        self.connect_error: int | None = None
        self._network = network
        self._has_ended = False
        """Whether the broker has hung up."""
        self._is_closed = False
        """Whether the producer has."""
        self._is_busy = False
        self._arrived = bytearray()
        self._requests = bytearray()

    # The producer's end...

    @property
    def possible(self) -> int:
        """The events that the kernel would report now: none before the attempt has ended, well or not."""
        if self.is_connected:
            has_news = self._arrived or self._has_ended
            return selectors.EVENT_READ | selectors.EVENT_WRITE if has_news else selectors.EVENT_WRITE
        return selectors.EVENT_WRITE if self.connect_error else 0

    def read_into(self, buffer: memoryview) -> int:
        """Read what has arrived; 0 is the end."""
        number = min(len(buffer), len(self._arrived), self._network.far_end.most_bytes())
        if not self._arrived and not self._has_ended:
            raise BlockingIOError
        buffer[:number] = self._arrived[:number]
        del self._arrived[:number]
        return number

    def write(self, data: bytes) -> int:
        """Send bytes to the broker."""
        if self._has_ended:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        number = min(len(data), self._network.far_end.most_bytes())
        self._requests += data[:number]
        self._take_next_request()
        return number

    def close(self) -> None:
        """The producer hangs up."""
        self._is_closed = True

    # What happens in between and beyond...

    def attempt_ends(self, error: int) -> None:
        """The broker has accepted the connection, or somebody has refused it."""
        if error:
            self.connect_error = error
        else:
            self.is_connected = True

    def end(self) -> None:
        """The broker hangs up, or its machine has gone."""
        self._has_ended = True

    def _take_next_request(self) -> None:
        if self._is_busy or len(self._requests) < _SIZE.size:
            return
        (size,) = _SIZE.unpack_from(self._requests)
        if len(self._requests) >= _SIZE.size + size:
            self._is_busy = True
            frame = bytes(self._requests[_SIZE.size : _SIZE.size + size])
            del self._requests[: _SIZE.size + size]
            self._network.after(self._network.far_end.request_delay_ms(), lambda: self._arrives(frame))

    def _arrives(self, frame: bytes) -> None:
        far_end = self._network.far_end
        if (self._has_ended or self._is_closed) and not far_end.handles_after_the_end():
            return
        answer = far_end.handle(self.node_id, self.id, memoryview(frame))
        if not answer.is_silent:
            self._network.after(answer.delay_ms, lambda: self._answered(answer))

    def _answered(self, answer: Answer) -> None:
        self._is_busy = False
        if self._has_ended or self._is_closed:
            return
        if answer.payload is not None:
            self._arrived += answer.payload
        if answer.hangs_up:
            self.end()
        else:
            self._take_next_request()


class SimulatedNetwork:
    """All connections of one producer.

    Args:
        clock: where events wait for their time.
        far_end: the brokers.
        apart: runs an event; a recording has it run where it is not recorded.
    """

    def __init__(
        self, clock: SimulationClock, far_end: FarEnd, apart: Callable[[Callable[[], None]], None] | None = None
    ) -> None:
        self.far_end = far_end
        self._clock = clock
        self._apart = apart
        self._sockets: dict[int, SimulatedSocket] = {}
        self._links: list[Link] = []
        clock.ready = self._ready

    def open_channel(self, family: int) -> SocketChannel:
        """A channel as the producer's selector uses it, on a socket of ours."""
        made = SimulatedSocket(family, self)
        self._sockets[made.number] = made
        return SocketChannel(made)  # type: ignore[arg-type]  # it offers all that a channel asks for

    def resolve(self, host: str, port: int) -> list[SocketAddress]:
        """The address of a broker, which is its name."""
        return [SocketAddress(socket.AF_INET, (host, port))]

    def connect(self, near: SimulatedSocket, address: tuple[str, int]) -> Link:
        """Begin to connect."""
        node_id = int(address[0].rpartition("-")[2])
        link = Link(self, node_id, address, len(self._links))
        self._links.append(link)
        takes_ms, error = self.far_end.connection_attempt(node_id)
        if error is not None:
            self.after(takes_ms, lambda: link.attempt_ends(error))
        return link

    def forget(self, near: SimulatedSocket) -> None:
        """The producer has closed this socket; its number may be given to another one."""
        self._sockets.pop(near.number, None)

    def end_connections(self, node_id: int) -> None:
        """A broker goes away, and with it all its connections."""
        for link in self._links:
            if link.node_id == node_id:
                link.end()

    def after(self, delay_ms: int, do: Callable[[], None]) -> None:
        """Have something happen later."""
        if self._apart is None:
            self._clock.at(self._clock.now_ms() + delay_ms, do)
        else:
            apart = self._apart
            self._clock.at(self._clock.now_ms() + delay_ms, lambda: apart(do))

    def _ready(self, poller: selectors.BaseSelector) -> list[tuple[selectors.SelectorKey, int]]:
        """What the kernel would report: for sockets of ours it does not know, so only the waker's answer is its own."""
        found = [one for one in poller.select(0) if one[0].fd not in self._sockets]
        for number, near in self._sockets.items():
            possible = near.possible
            if possible:
                try:
                    registration = poller.get_key(number)
                except KeyError:
                    continue  # it is watched for nothing
                events = registration.events & possible
                if events:
                    found.append((registration, events))
        return found
