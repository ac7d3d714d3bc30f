"""The bytes of a recording: every message once, each of its bytes with its field, and who moved which of them.

A message is kept, as a `Frame`, on the step that hands it over whole: on its way out the `KafkaChannel.set_send` that
takes charge of it, on its way in the `KafkaChannel.read` that completes it. A login writes and reads for itself, inside
`KafkaChannel.prepare`; its messages are kept on the step that moved their last byte.

Each end of a connection has two streams of bytes, `out` and `in`. A step that moved bytes says which part of which
stream they are (`Moved`), so each byte of a frame can be followed to its system calls: `Recording.moved_by`. Over TLS
the streams are those of the cleartext, and it is the steps of `SslTransportLayer` that move it; the ciphertext that
their sockets move is neither kept nor counted.

Secrets are not kept: the tokens of a login are replaced by zeros (`frames`).

Java: no counterpart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kafka_nio.tracing.call import Call
from kafka_nio.tracing.connections import Connections, End
from kafka_nio.tracing.entities import Noted, ancestors
from kafka_nio.tracing.frames import SIZE, Conversation
from kafka_nio.tracing.rules import Arguments, Rule, Ruled
from kafka_nio.tracing.step import Frame, Moved

OUT, IN = "out", "in"


@dataclass
class Stream:
    """The bytes of one direction: how many have been moved, and those of the message that is not complete yet."""

    moved: int = 0
    half: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Bytes have been moved. Yields each message that they complete, and where it starts."""
        self.half += data
        self.moved += len(data)
        while len(self.half) >= SIZE.size:
            end = SIZE.size + max(0, SIZE.unpack_from(self.half)[0])
            if len(self.half) < end:
                break
            message = bytes(self.half[:end])
            start = self.moved - len(self.half)
            del self.half[:end]
            yield start, message


class EndBytes:
    """What is known of the bytes of one end of a connection. It must not hold the end, which it goes with."""

    def __init__(self, *, is_brokers: bool) -> None:
        self.streams = {OUT: Stream(), IN: Stream()}
        self.conversation = Conversation(is_brokers=is_brokers)
        self.next_out = 0
        """Where in the stream the next message will begin."""
        self.handed_over: Call | None = None
        """The step that has the newest frame that is to be written."""


class Wire(Ruled):
    """Notes messages and moved bytes.

    Args:
        connections: told of each call before this is.
    """

    def __init__(self, connections: Connections) -> None:
        super().__init__(RULES)
        self._connections = connections
        self._bytes = Noted[EndBytes]()

    def end_of(self, channel: Any) -> End:
        """The end that this `SocketChannel` is."""
        return self._connections.ends.of_socket(channel)

    def _bytes_of(self, end: End) -> EndBytes:
        return self._bytes.of(end, lambda: EndBytes(is_brokers=end.is_brokers))

    def name_of(self, end: End) -> str:
        """`connection 0`, or `broker-0 connection 0` for the other end of it."""
        return f"{end.owner} {self._connections.names.of(end.connection)}".strip()

    # Messages that are handed over...

    def handed_over(self, call: Call, channel: Any, send: Any) -> None:
        """A message is about to be written, and has its place behind the one before."""
        end = self._connections.ends.of(channel, call.thread)
        if end.is_known:
            at, data = self._bytes_of(end), b"".join(send._parts)
            call.frame = self._frame(end, OUT, at.next_out, data, is_login=False)
            at.handed_over = call
            at.next_out += len(data)

    # Bytes that are moved...

    def moved(self, call: Call, end: End, direction: str, data: bytes) -> None:
        """The step has moved these bytes; if they complete a message that nobody has handed over, it is kept here."""
        if not end.is_known or not data:
            return
        at = self._bytes_of(end)
        stream = at.streams[direction]
        call.moved = Moved(self.name_of(end), direction, stream.moved, len(data))
        owner = next((caller for caller in ancestors(call) if caller.span.name in CHANNEL), None)
        if owner is None and direction == OUT:
            self._give_way(at, len(data))
        for start, message in stream.add(data):
            if owner is None:
                call.frame = self._frame(end, direction, start, message, is_login=True)
            elif direction == IN:
                owner.frame = self._frame(end, direction, start, message, is_login=False)

    @staticmethod
    def _give_way(at: EndBytes, size: int) -> None:
        """A login writes, perhaps while a message waits that was handed over before it began (KIP-368)."""
        waiting = at.handed_over
        if waiting is not None and waiting.frame is not None and waiting.frame.start >= at.streams[OUT].moved:
            waiting.frame = replace(waiting.frame, start=waiting.frame.start + size)
        at.next_out += size

    def _frame(self, end: End, direction: str, start: int, data: bytes, *, is_login: bool) -> Frame:
        conversation = self._bytes_of(end).conversation
        api, data, fields = conversation.take_apart(data, is_out=direction == OUT, is_login=is_login)
        return Frame(self.name_of(end), direction, api, start, data, fields)


CHANNEL = ("KafkaChannel.read", "KafkaChannel.write")
"""The steps that read and write what is not part of a login."""


def _handed_over(seen: Wire, call: Call, given: Arguments, result: object) -> None:
    seen.handed_over(call, given["self"], given["send"])


def _wrote(seen: Wire, call: Call, given: Arguments, result: int) -> None:
    end = seen.end_of(given["self"])
    if not end.is_encrypted:
        seen.moved(call, end, OUT, _first(given["parts"], result))


def _read(seen: Wire, call: Call, given: Arguments, result: int) -> None:
    end = seen.end_of(given["self"])
    if not end.is_encrypted:
        seen.moved(call, end, IN, bytes(given["buffer"][:result]))


def _encrypted(seen: Wire, call: Call, given: Arguments, result: int) -> None:
    seen.moved(call, seen.end_of(given["self"]._channel), OUT, _first(given["parts"], result))


def _decrypted(seen: Wire, call: Call, given: Arguments, result: int) -> None:
    seen.moved(call, seen.end_of(given["self"]._channel), IN, bytes(given["buffer"][:result]))


def _first(parts: Sequence[bytes | memoryview], size: int) -> bytes:
    return b"".join(parts)[:size]


RULES: Mapping[str, Rule] = {
    # the step                       produces
    "KafkaChannel.set_send": Rule("frame, out", exited=_handed_over),
    "nio.SocketChannel.write": Rule("moved, out", exited=_wrote),
    "nio.SocketChannel.read": Rule("moved, in; the frame, in, of KafkaChannel.read", exited=_read),
    "SslTransportLayer.write": Rule("moved, out, over TLS", exited=_encrypted),
    "SslTransportLayer.read": Rule("moved, in, over TLS", exited=_decrypted),
}
