"""One connection as Kafka sees it: a transport below, an authenticator beside, at most one send and one receive.

One send at a time is a rule with consequences. A second `set_send` before the first has left is a mistake of the
caller, so the client must not send on a connection whose last request is still partly in memory; meanwhile records
pile up in batches. That is why batching works even with `linger_ms=0`.

Logging in again (KIP-368) begins from a write. The message that is to be written stays where it is, the authenticator
takes the transport over, and the channel is not ready until it is done. Messages that arrive meanwhile are kept.

Left out against Java: throttling, which only a broker does, and the delayed end of a login that failed.

Java: org.apache.kafka.common.network.KafkaChannel, ChannelState
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from kafka_nio.errors import AuthenticationError, IllegalStateError
from kafka_nio.network.authenticator import ANYBODY, Authenticator
from kafka_nio.network.transfer import NetworkReceive, NetworkSend
from kafka_nio.network.transport import PlaintextTransportLayer, TransportLayer
from kafka_nio.nio import OP_READ, OP_WRITE, SelectionKey
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)


class ChannelState(Enum):
    """How far a connection has come, and, once it is over, how it ended."""

    NOT_CONNECTED = "not connected"
    AUTHENTICATE = "authenticating"
    READY = "ready"
    EXPIRED = "idle for too long"
    FAILED_SEND = "failed while a message was handed over"
    AUTHENTICATION_FAILED = "authentication failed"
    LOCAL_CLOSE = "closed by us"


@dataclass(frozen=True, slots=True)
class Disconnection:
    """The end of a connection: in which state it was, what went wrong if anything did, whom it connected."""

    state: ChannelState
    error: Exception | None
    remote_address: str


class KafkaChannel:
    """A connection with a name. Two channels of the same name count as equal."""

    def __init__(
        self, id: str, transport: TransportLayer, max_receive_size: int, authenticator: Authenticator = ANYBODY
    ) -> None:
        self.id = id
        self.state = ChannelState.NOT_CONNECTED
        self._transport = transport
        self._authenticator = authenticator
        self._max_receive_size = max_receive_size
        self._send: NetworkSend | None = None
        self._receive: NetworkReceive | None = None
        self._is_muted = False
        self._error: Exception | None = None
        self.reauthentication_began_ns: int | None = None
        """When we last began to log in again; None if we never did."""

    # From an address to a connection that takes messages...

    @span(Stage.CONNECT, show="self return")
    def finish_connect(self) -> bool:
        """Complete the TCP connection; False if it is still under way.

        Raises:
            OSError: if the attempt failed.
        """
        connected = self._transport.finish_connect()
        if connected:
            self.state = ChannelState.READY if self.is_ready else ChannelState.AUTHENTICATE
        return connected

    @span(Stage.CONNECT, show="self")
    def prepare(self) -> None:
        """Go on with the transport's handshake, then with authentication, as far as possible without waiting.

        Raises:
            AuthenticationError: if the peer is not who it should be, or does not believe us.
            EOFError, OSError: if the connection ends.
        """
        try:
            if not self._transport.is_ready:
                self._transport.handshake()
            if self._transport.is_ready and not self._authenticator.is_complete:
                self._authenticator.authenticate()
        except AuthenticationError:
            self.state = ChannelState.AUTHENTICATION_FAILED
            raise
        if self.is_ready:
            self.state = ChannelState.READY

    @span(Stage.CONNECT, show="self return")
    def maybe_begin_client_reauthentication(self, now_ns: int) -> bool:
        """Begin to log in again if it is time, before anything of the waiting message has been written (KIP-368)."""
        due_ns = self._authenticator.reauthenticate_at_ns
        if due_ns is None or now_ns < due_ns or self._is_muted or self._send is None or self._send.has_begun:
            return False
        self.state = ChannelState.AUTHENTICATE
        self.reauthentication_began_ns = now_ns
        half_read, self._receive = self._receive, None
        self._authenticator.reauthenticate(half_read)
        self.prepare()
        return True

    def take_responses_received_during_reauthentication(self) -> Sequence[NetworkReceive]:
        """The messages that arrived while we logged in again, in their order, each once."""
        return self._authenticator.take_unrelated_receives()

    @property
    def is_connected(self) -> bool:
        """Whether the TCP connection stands."""
        return self._transport.is_connected

    @property
    def is_ready(self) -> bool:
        """Whether messages may pass. For a plain connection that is so even before TCP has connected."""
        return self._transport.is_ready and self._authenticator.is_complete

    # Sending...

    @property
    def has_send(self) -> bool:
        """Whether a message is still on its way out."""
        return self._send is not None

    @span(Stage.REQUEST, show="self send")
    def set_send(self, send: NetworkSend) -> None:
        """Take charge of a message. Not a byte is written yet: from now on the channel waits for room to write.

        Raises:
            IllegalStateError: if the previous message has not left completely.
            CancelledKeyError: if the connection is closed.
        """
        if self._send is not None:
            raise IllegalStateError(f"{self} cannot take another message while {self._send} is still in progress")
        self._transport.add_interest_ops(OP_WRITE)
        self._send = send

    @span(Stage.WRITE, show="self return")
    @decision("is_completed", "send.remaining send.size")
    def write(self) -> NetworkSend | None:
        """Write what the kernel takes; return the message if that was the last of it.

        Only then does the channel stop waiting for room to write. Left on, `OP_WRITE` would end every select at once;
        dropped too early, the rest of the message would never leave.
        """
        send = self._send
        if send is None:
            self._write_what_the_transport_owes()
            return None
        send.write_to(self._transport)
        is_completed = send.is_completed
        return self._complete_send() if is_completed else None

    def _write_what_the_transport_owes(self) -> None:
        """TLS may have something to say that belongs to no message."""
        if self._transport.has_pending_writes:
            self._transport.write(())
        if not self._transport.has_pending_writes:
            self._transport.remove_interest_ops(OP_WRITE)

    def _complete_send(self) -> NetworkSend | None:
        completed, self._send = self._send, None
        self._transport.remove_interest_ops(OP_WRITE)
        return completed

    # Receiving...

    @property
    def has_bytes_buffered(self) -> bool:
        """Whether there is something to read that no select will report."""
        return self._transport.has_bytes_buffered and not self._is_muted

    @span(Stage.READ, show="self return")
    @decision("is_complete", "receive")
    def read(self) -> NetworkReceive | None:
        """Read what has arrived of one message; return the message if it is complete.

        Raises:
            EOFError: if the peer has closed.
            InvalidReceiveError: if the peer announces a message of impossible size.
            SslAuthenticationError: if it refuses our certificate, of which TLS 1.3 tells us this late.
        """
        receive = self._receive = self._receive or NetworkReceive(self.id, self._max_receive_size)
        try:
            receive.read_from(self._transport)
        except AuthenticationError:
            self.state = ChannelState.AUTHENTICATION_FAILED
            raise
        is_complete = receive.is_complete
        return self._complete_receive() if is_complete else None

    def _complete_receive(self) -> NetworkReceive | None:
        completed, self._receive = self._receive, None
        return completed

    # Muting: a broker does not read a connection's next request while it is busy with the last one...

    @property
    def is_muted(self) -> bool:
        """Whether reading is switched off."""
        return self._is_muted

    @span(Stage.READ, show="self")
    def mute(self) -> None:
        """Do not read until told to. What arrives waits in the kernel; when that is full, TCP makes the peer wait."""
        self._is_muted = True
        if self.is_connected:
            self._transport.remove_interest_ops(OP_READ)

    @span(Stage.READ, show="self")
    def unmute(self) -> None:
        """Read again."""
        self._is_muted = False
        if self.is_connected:
            self._transport.add_interest_ops(OP_READ)

    # The end...

    @property
    def remote_address(self) -> str:
        """Whom this connects, as `host:port`."""
        return str(self._transport.remote_address)

    @span(Stage.POLL, show="self error")
    def close(self, error: Exception | None = None) -> None:
        """Close the connection, whatever is still on its way, and remember what went wrong if anything did."""
        self._error = error
        try:
            self._transport.close()
        except OSError as failure:
            log.warning("Closing the connection %s to %s went wrong: %s", self.id, self.remote_address, failure)

    def disconnection(self, state: ChannelState | None = None) -> Disconnection:
        """The end of this connection, to be reported to its owner."""
        return Disconnection(state or self.state, self._error, self.remote_address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KafkaChannel) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        doing = [self.state.value]
        if self._is_muted:
            doing.append("muted")
        if self._send is not None:
            doing.append("sending")
        return f"<KafkaChannel {self.id}: {', '.join(doing)}>"


ChannelBuilder = Callable[[str, SelectionKey, int], KafkaChannel]
"""Makes the channel for a new connection, from its name, its key and the largest message it may receive."""


def plaintext_channel(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
    """A channel over plain TCP."""
    return KafkaChannel(id, PlaintextTransportLayer(key), max_receive_size)
