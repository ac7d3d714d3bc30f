"""The other end of a TLS connection: an engine of Python's own, moved by the test, at one end of a pair of sockets."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from kafka_nio.network import ChannelBuilder, KafkaChannel, Selector
from kafka_nio.network.ssl_transport import SslTransportLayer
from kafka_nio.nio import SocketAddress, SocketChannel
from tests.network.peers import read_available


def tls_channels(context: ssl.SSLContext, *, server_side: bool = False) -> ChannelBuilder:
    """Channels over TLS."""
    return lambda id, key, max_receive_size: KafkaChannel(
        id, SslTransportLayer(key, context, server_side=server_side), max_receive_size
    )


class TlsPeer:
    """Whom a selector's connection leads to."""

    def __init__(self, selector: Selector, context: ssl.SSLContext, *, server_side: bool = True) -> None:
        ours, self.socket = socket.socketpair()
        for end in (ours, self.socket):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that a large message does not fit
        self.socket.setblocking(False)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.engine = context.wrap_bio(self.incoming, self.outgoing, server_side, None if server_side else "localhost")
        self._unsent = b""
        self.is_ready = False
        self.received = bytearray()
        self._selector = selector
        selector.register("0", SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer", "localhost")))
        if server_side:
            selector.channels["0"].prepare()  # as a poll does that finds a connection established

    # Step by step...

    def receive(self, most: int = 1 << 20) -> None:
        """Take ciphertext from the socket."""
        with suppress(BlockingIOError):
            self.incoming.write(self.socket.recv(most))

    def think(self) -> None:
        """Go on with the handshake, or decrypt what has arrived."""
        with suppress(ssl.SSLWantReadError):
            if not self.is_ready:
                self.engine.do_handshake()
                self.is_ready = True
            while data := self.engine.read(1 << 16):
                self.received += data

    def flush(self, most: int = 1 << 20) -> None:
        """Give ciphertext to the socket, as much as it takes."""
        self._unsent += self.outgoing.read()
        with suppress(BlockingIOError):
            self._unsent = self._unsent[self.socket.send(self._unsent[:most]) if self._unsent else 0 :]

    # All at once...

    def advance(self) -> None:
        """Everything that can be done now."""
        self.receive()
        self.think()
        self.flush()

    def write(self, data: bytes) -> None:
        """Encrypt."""
        self.engine.write(data)

    def converse_until(self, condition: Callable[[], object], step: Callable[[], None] | None = None) -> None:
        """Let both ends go on by turns until this holds."""
        for _ in range(20_000):
            self._selector.poll(0)
            if condition():
                return
            (step or self.advance)()
        raise AssertionError(f"{self._selector} did not come that far")

    def shake_hands(self) -> None:
        """Until both ends are ready."""
        self.converse_until(lambda: self.is_ready and self._selector.is_channel_ready("0"))

    def close(self) -> None:
        self.socket.close()

    def left_over(self) -> bytes:
        """What lies in the socket."""
        return read_available(self.socket)
