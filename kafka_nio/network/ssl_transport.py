"""TLS over a non-blocking connection: bytes are encrypted on their way out and decrypted on their way in.

Python's `SSLObject` is a TLS engine without a socket, like Java's SSLEngine. It reads ciphertext from one block of
memory and writes it to another, and we carry both to and from the kernel, when the kernel is ready:

    socket → _receive → incoming ┐              ┌ read  → the channel
                                 ├ SSLObject ───┤
    socket ←  flush   ← outgoing ┘              └ write ← the channel

What makes this harder than plain TCP:

- The handshake has to read and to write by turns. While it waits for bytes, only `OP_READ` is on; `OP_WRITE` joins it
  only while ciphertext is left that the kernel did not take.
- TLS is cut into records, so the bytes of a frame may be decrypted, or at least in our memory, while the socket is
  silent and no select will ever report it. So `read` goes on until the caller's buffer is full or nothing is left
  anywhere, and `has_bytes_buffered` tells the selector what came along with the end of the handshake.
- Reading may cause writing: a peer that changes its keys (TLS 1.3) gets an answer.
- In TLS 1.3 our side is through with the handshake before the peer has looked at our certificate. Its refusal arrives
  instead of the first bytes, in `POST_HANDSHAKE`, and is a failed handshake all the same.

A second handshake on the same connection (renegotiation, TLS 1.2) is refused by the contexts that `ssl_context` makes.

Java: org.apache.kafka.common.network.SslTransportLayer
"""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from typing import cast

from kafka_nio.errors import SslAuthenticationError
from kafka_nio.network.transport import SocketTransport
from kafka_nio.nio import OP_WRITE, SelectionKey
from kafka_nio.spans import Stage, span
from kafka_nio.state_machine import following

MOST_CIPHERTEXT = 64 * 1024
"""How much is read from the socket at once, and how much is encrypted ahead of the kernel, in bytes."""

TLS_RECORD = 16 * 1024
"""The most that one record of TLS carries."""


class TlsState(Enum):
    """How far a connection has come."""

    NOT_INITIALIZED = "not begun"
    HANDSHAKE = "shaking hands"
    POST_HANDSHAKE = "encrypted, and nothing read yet"
    READY = "encrypted"
    HANDSHAKE_FAILED = "failed to shake hands"
    CLOSING = "closed"


class TlsEvent(Enum):
    """What can happen to it."""

    BEGIN = "the handshake begins"
    AGREED = "both ends have agreed and our last bytes have left"
    DECRYPTED = "the first bytes are decrypted"
    FAILED = "the handshake fails"
    CLOSE = "the connection is closed"


TRANSITIONS: dict[tuple[TlsState, TlsEvent], TlsState] = {
    (TlsState.NOT_INITIALIZED, TlsEvent.BEGIN): TlsState.HANDSHAKE,
    (TlsState.HANDSHAKE, TlsEvent.AGREED): TlsState.POST_HANDSHAKE,
    (TlsState.HANDSHAKE, TlsEvent.FAILED): TlsState.HANDSHAKE_FAILED,
    (TlsState.POST_HANDSHAKE, TlsEvent.DECRYPTED): TlsState.READY,
    (TlsState.POST_HANDSHAKE, TlsEvent.FAILED): TlsState.HANDSHAKE_FAILED,
    **{(state, TlsEvent.CLOSE): TlsState.CLOSING for state in TlsState},
}


class SslTransportLayer(SocketTransport):
    """Encrypted bytes through one connection.

    Args:
        key: the connection's key; a connection that stands already is as welcome as one that is still to be made.
        context: whom to trust, what to show of ourselves, and which versions of TLS to speak.
        server_side: whether the other end is the one that begins.
    """

    def __init__(self, key: SelectionKey, context: ssl.SSLContext, *, server_side: bool = False) -> None:
        super().__init__(key)
        self.state = TlsState.NOT_INITIALIZED
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._peer_name = None if server_side else self._name_to_verify()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side, self._peer_name)
        self._received = memoryview(bytearray(MOST_CIPHERTEXT))
        self._unsent = memoryview(b"")
        self._end: Exception | None = None

    def _name_to_verify(self) -> str | None:
        """The name under which the peer was looked up, or its bare address."""
        address = self._channel.remote_address
        if address is None:
            return None
        return address.host_name or (None if isinstance(address.address, str) else str(address.address[0]))

    @span(Stage.CONNECT, show="self event return")
    def transition_to(self, event: TlsEvent) -> TlsState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        self.state = following(TRANSITIONS, self.state, event, self)
        return self.state

    # The handshake...

    @property
    def is_ready(self) -> bool:
        """Whether the handshake is over and its last bytes have left."""
        return self.state in (TlsState.POST_HANDSHAKE, TlsState.READY)

    @span(Stage.CONNECT, show="self")
    def handshake(self) -> None:
        """Go on with the handshake as far as possible without waiting.

        Raises:
            SslAuthenticationError: if the two ends do not come to terms.
            EOFError, OSError: if the connection ends meanwhile.
        """
        if self.state is TlsState.NOT_INITIALIZED:
            self.transition_to(TlsEvent.BEGIN)
        try:
            while not self._shake_hands():
                self._flush()
                if not self._receive():
                    return
        except ssl.SSLError as error:
            raise self._handshake_failed(error) from None
        except (EOFError, ConnectionError):
            raise EOFError(
                "the peer closed the connection during the TLS handshake; perhaps it does not speak TLS on this port"
            ) from None
        if self._flush():
            self.transition_to(TlsEvent.AGREED)

    def _shake_hands(self) -> bool:
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _handshake_failed(self, error: ssl.SSLError) -> SslAuthenticationError:
        self.transition_to(TlsEvent.FAILED)
        with suppress(OSError):
            self._flush()  # what TLS has to say to the peer about this
        self._end = SslAuthenticationError(f"TLS handshake with {self._peer_name or 'the peer'} failed: {_why(error)}")
        return self._end

    # Reading...

    @property
    def has_bytes_buffered(self) -> bool:
        """Whether bytes are in our memory that no select will report, because the kernel is rid of them."""
        return self._incoming.pending > 0 or self._ssl.pending() > 0

    @span(Stage.READ, show="self return")
    def read(self, buffer: memoryview) -> int:
        """Decrypt into `buffer` until it is full or nothing more is there; return how many bytes that were.

        Raises:
            EOFError: if the peer will send no more.
            SslAuthenticationError: if it refuses us, which in TLS 1.3 it does after the handshake.
            OSError: if the connection broke, or what arrives is not what the peer sent.
        """
        arrived = 0
        while arrived < len(buffer):
            number = self._decrypt(buffer[arrived:])
            if number:
                arrived += number
            elif self._end is not None or not self._receive_or_end():
                break
        if self._outgoing.pending:
            with suppress(OSError):  # the next write will find out
                self._flush()
        if self._end is not None and arrived < len(buffer):
            raise self._end  # the frame that these bytes begin will never be complete
        return arrived

    def _decrypt(self, buffer: memoryview) -> int:
        """One record's worth of what is in memory already; 0 if there is none."""
        try:
            number = cast(int, self._ssl.read(len(buffer), buffer))  # given a buffer it returns how much it put there
        except ssl.SSLWantReadError:
            return 0
        except ssl.SSLError as error:
            self._end = self._end or self._broken(error)
            return 0
        if number == 0:
            self._end = EOFError("the peer closed the connection")  # as TLS prescribes: close_notify
        elif self.state is TlsState.POST_HANDSHAKE:
            self.transition_to(TlsEvent.DECRYPTED)
        return number

    def _broken(self, error: ssl.SSLError) -> Exception:
        if self.state is TlsState.POST_HANDSHAKE:
            return self._handshake_failed(error)
        return ConnectionError(f"TLS failed: {_why(error)}")

    def _receive_or_end(self) -> bool:
        """Take ciphertext from the socket. An end is kept: what was decrypted before it is handed over first."""
        try:
            return self._receive()
        except (EOFError, OSError) as error:
            self._end = error
            return False

    def _receive(self) -> bool:
        """Take ciphertext from the socket into our memory; False if there is none now."""
        number = self._channel.read(self._received)
        self._incoming.write(self._received[:number])
        return number > 0

    # Writing...

    @property
    def has_pending_writes(self) -> bool:
        """Whether ciphertext is left that the kernel has not taken."""
        return len(self._unsent) > 0 or self._outgoing.pending > 0

    @span(Stage.WRITE, show="self return")
    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Encrypt as much as the kernel takes, and a little more; return how many bytes of `parts` that were.

        Raises:
            OSError: if the connection broke.
        """
        written = 0
        for part in parts:
            view = memoryview(part)
            while view and self._has_room():
                number = self._ssl.write(view[:TLS_RECORD])
                written += number
                view = view[number:]
            if view:
                break
        self._flush()
        return written

    def _has_room(self) -> bool:
        """Whether more may be encrypted: what the kernel has not taken yet is not much, or it takes it now."""
        return len(self._unsent) + self._outgoing.pending < MOST_CIPHERTEXT or self._flush()

    def _flush(self) -> bool:
        """Hand ciphertext to the kernel; return whether all of it is gone. `OP_WRITE` is on while it is not."""
        while self._unsent or self._outgoing.pending:
            if not self._unsent:
                self._unsent = memoryview(self._outgoing.read(MOST_CIPHERTEXT))
            written = self._channel.write([self._unsent])
            self._unsent = self._unsent[written:]
            if self._unsent:
                self.add_interest_ops(OP_WRITE)
                return False
        if not self.is_ready:
            self.remove_interest_ops(OP_WRITE)
        return True

    # The end...

    def close(self) -> None:
        """Tell the peer that this is the end, if it can be told at once, and close the socket."""
        if self.is_ready and self._channel.is_open:
            with suppress(OSError):
                self._say_goodbye()
        self.transition_to(TlsEvent.CLOSE)
        super().close()

    def _say_goodbye(self) -> None:
        with suppress(ssl.SSLError):  # it wants to wait for the peer's goodbye, and we do not
            self._ssl.unwrap()
        self._flush()

    def __repr__(self) -> str:
        return f"<SslTransportLayer {self._key!r}: {self.state.value}>"


def _why(error: ssl.SSLError) -> str:
    """What went wrong, in words: of the certificate if it is to blame, or else in those of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message or error}"
    reason = (error.reason or str(error)).replace("_", " ").lower()
    if reason in ("wrong version number", "record layer failure", "packet length too long", "http request"):
        return f"the peer does not speak TLS on this port ({reason})"
    _, _, alert = reason.partition(" alert ")
    if not alert:
        return reason
    hint = "; perhaps it wants a certificate of ours" if "certificate" in alert or "unknown ca" in alert else ""
    return f"the peer refuses us ({alert}){hint}"
