"""Transports that do what a test orders: take so many bytes, deliver so many, fail."""

from collections.abc import Callable, Sequence

from kafka_nio.network import ChannelBuilder, KafkaChannel, PlaintextTransportLayer
from kafka_nio.nio import OP_CONNECT, SelectionKey, SocketAddress


class ScriptedTransport:
    """A transport without a socket.

    Args:
        incoming: what each read finds: bytes (b"" for nothing now) or an exception; what does not fit stays for later.
        takes: how many bytes each write takes; when the list is used up, all of them.
    """

    is_connected = True
    is_ready = True
    has_bytes_buffered = False
    remote_address: SocketAddress | None = None

    def __init__(self, incoming: Sequence[bytes | Exception] = (), takes: Sequence[int] = ()) -> None:
        self._incoming = list(incoming)
        self._takes = list(takes)
        self.has_pending_writes = False
        self.interest_ops = OP_CONNECT
        self.written = bytearray()
        self.read_sizes: list[int] = []
        """How many bytes each read asked for."""

    def finish_connect(self) -> bool:
        return True

    def handshake(self) -> None:
        """There is none."""

    def read(self, buffer: memoryview) -> int:
        self.read_sizes.append(len(buffer))
        if not self._incoming:
            return 0
        found = self._incoming.pop(0)
        if isinstance(found, Exception):
            raise found
        now, later = found[: len(buffer)], found[len(buffer) :]
        buffer[: len(now)] = now
        if later:
            self._incoming.insert(0, later)
        return len(now)

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        offered = b"".join(parts)
        taken = offered[: self._takes.pop(0)] if self._takes else offered
        self.written += taken
        return len(taken)

    def add_interest_ops(self, ops: int) -> None:
        self.interest_ops |= ops

    def remove_interest_ops(self, ops: int) -> None:
        self.interest_ops &= ~ops

    def close(self) -> None:
        self.is_connected = False


class HandshakingTransport(PlaintextTransportLayer):
    """Plain TCP that is not ready before a handshake, which takes as many steps as a test says."""

    def __init__(self, key: SelectionKey, *, steps: int = 1, failure: Exception | None = None) -> None:
        super().__init__(key)
        self._steps = steps
        self._failure = failure
        self.is_ready = False

    def handshake(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._steps -= 1
        self.is_ready = self._steps == 0


class SlowToConnectTransport(PlaintextTransportLayer):
    """Its connection attempt takes one more look than the kernel says."""

    def __init__(self, key: SelectionKey) -> None:
        super().__init__(key)
        self.looks = 0

    def finish_connect(self) -> bool:
        self.looks += 1
        return self.looks > 1 and super().finish_connect()


class StubbornTransport(PlaintextTransportLayer):
    """Its socket closes, and complains about it."""

    def close(self) -> None:
        super().close()
        raise OSError("the disk is full")


def over(transport: Callable[[SelectionKey], PlaintextTransportLayer]) -> ChannelBuilder:
    """Channels over a transport of the test's choice."""
    return lambda id, key, max_receive_size: KafkaChannel(id, transport(key), max_receive_size)
