"""The acceptor: a thread that does nothing but take connections and hand them to the processor.

It has a selector of its own, a plain `nio.Selector` with one key: the listening channel, interested in `OP_ACCEPT`. So
a processor that is busy with requests keeps nobody waiting at the door, and one that sleeps is woken for the newcomer.

Left out against Java: several processors for one acceptor, limits on the number and rate of connections.

Java: kafka.network.Acceptor (in core/src/main/scala/kafka/network/SocketServer.scala)
"""

import logging
import os
import socket
from contextlib import suppress
from typing import Protocol

from kafka_nio import nio
from kafka_nio.broker.processor import AFTER_A_FAULT_MS
from kafka_nio.clock import NEVER, Clock
from kafka_nio.nio import OP_ACCEPT, SelectionKey, ServerSocketChannel, SocketAddress, SocketChannel
from kafka_nio.spans import Stage, span

logger = logging.getLogger(__name__)


class TakesConnections(Protocol):
    """What the acceptor knows of the processor."""

    def accept(self, channel: SocketChannel) -> None:
        """Queue up a new connection, to be called from any thread."""


NO_PORT = 0
"""The port of a Unix socket, which has none."""


def _door(host: str, port: int) -> SocketAddress:
    """The address to listen at. A host that is a path, so begins with a slash, is a Unix socket."""
    if host.startswith(os.sep):
        return SocketAddress(socket.AF_UNIX, host)
    return SocketAddress(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port))


def _port(address: SocketAddress) -> int:
    return NO_PORT if isinstance(address.address, str) else int(address.address[1])


class Acceptor:
    """Listens at one address. The socket is open once this is built; nobody is let in before `run`."""

    def __init__(self, host: str, port: int, processor: TakesConnections, clock: Clock) -> None:
        self._processor = processor
        self._clock = clock
        self._channel = ServerSocketChannel.open(_door(host, port))
        self._selector = nio.Selector(clock)
        self._channel.register(self._selector, OP_ACCEPT)
        self._is_running = True
        self.address = host, _port(self._channel.local_address)
        """Host and port, the port that was really taken; of a Unix socket its path and no port."""

    def run(self) -> None:
        """Accept until told to stop."""
        try:
            while self._is_running:
                self.accept_new_connections()
        finally:
            self.close()

    @span(Stage.BROKER)
    def accept_new_connections(self) -> None:
        """Sleep until somebody knocks, then take what is there."""
        self._selector.select(NEVER)
        for key in tuple(self._selector.selected_keys):
            del self._selector.selected_keys[key]
            self._accept(key)

    def _accept(self, key: SelectionKey) -> None:
        assert isinstance(key.channel, ServerSocketChannel)
        try:
            channel = key.channel.accept()
        except OSError as error:
            # Too many open files, for instance. The door stays open for the next. Whoever could not be let in still
            # knocks, so the next select would not sleep.
            logger.warning("A connection could not be accepted: %s", error)
            self._clock.sleep(AFTER_A_FAULT_MS)
        else:
            if channel is not None:
                self._processor.accept(channel)

    def begin_shutdown(self) -> None:
        """Make `run` return. May be called from any thread."""
        self._is_running = False
        self._selector.wakeup()

    def close(self) -> None:
        """Stop listening. `run` does it at its end; to be called only if that never ran."""
        self._channel.close()
        self._selector.close()
        if self.address[1] == NO_PORT:
            with suppress(FileNotFoundError):
                os.unlink(self.address[0])
