"""How bytes get through a connection. Plain TCP hands them to the socket as they are.

A transport also owns the interest bits of its selection key, because it alone knows what it waits for: a TLS handshake
may have to read before it can write.

TLS is another class with these methods: `ssl_transport`.

Java: org.apache.kafka.common.network.TransportLayer, PlaintextTransportLayer
"""

from collections.abc import Sequence
from typing import Protocol

from kafka_nio.nio import OP_CONNECT, OP_READ, SelectionKey, SocketAddress, SocketChannel


class TransportLayer(Protocol):
    """What a channel needs of the way its bytes travel."""

    @property
    def is_ready(self) -> bool:
        """Whether the handshake, if there is any, is over."""

    @property
    def is_connected(self) -> bool:
        """Whether the TCP connection stands."""

    @property
    def remote_address(self) -> SocketAddress | None:
        """Whom we talk to."""

    @property
    def has_pending_writes(self) -> bool:
        """Whether the transport holds bytes back that it still has to write."""

    @property
    def has_bytes_buffered(self) -> bool:
        """Whether the transport holds bytes that can be read although the socket is silent."""

    def finish_connect(self) -> bool:
        """Complete the TCP connection and begin to wait for bytes; False if it is still under way."""

    def handshake(self) -> None:
        """Go on with the handshake as far as possible without waiting."""

    def read(self, buffer: memoryview) -> int:
        """Read into `buffer`; 0 if nothing is there now; EOFError if nothing will ever come."""

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Write what is taken; return how many bytes that were."""

    def add_interest_ops(self, ops: int) -> None:
        """Wait for these operations too."""

    def remove_interest_ops(self, ops: int) -> None:
        """Do not wait for these operations any more."""

    def close(self) -> None:
        """Cancel the key and close the socket."""


class SocketTransport:
    """What all transports do alike: they connect, own their key's interest, and close."""

    def __init__(self, key: SelectionKey) -> None:
        assert isinstance(key.channel, SocketChannel)
        self._key = key
        self._channel: SocketChannel = key.channel

    @property
    def is_connected(self) -> bool:
        return self._channel.is_connected

    @property
    def remote_address(self) -> SocketAddress | None:
        return self._channel.remote_address

    def finish_connect(self) -> bool:
        connected = self._channel.finish_connect()
        if connected:
            self._key.interest_ops = self._key.interest_ops & ~OP_CONNECT | OP_READ
        return connected

    def add_interest_ops(self, ops: int) -> None:
        self._key.interest_ops |= ops

    def remove_interest_ops(self, ops: int) -> None:
        self._key.interest_ops &= ~ops

    def close(self) -> None:
        self._channel.close()


class PlaintextTransportLayer(SocketTransport):
    """Bytes as they are. There is no handshake, so it is ready from the start, even before TCP has connected."""

    is_ready = True
    has_pending_writes = False
    has_bytes_buffered = False

    def __init__(self, key: SelectionKey) -> None:
        super().__init__(key)
        # Two methods that add nothing of their own, looked up once.
        self.read = self._channel.read
        self.write = self._channel.write

    def handshake(self) -> None:
        """Nothing to agree on."""

    def __repr__(self) -> str:
        return f"<PlaintextTransportLayer {self._key!r}>"
