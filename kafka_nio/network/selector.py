"""All connections of one client (or one broker thread), moved forward together by `poll`.

    selector.connect("0", address)          # begins to connect
    selector.send(NetworkSend("0", parts))  # hands a message over; nothing is written yet
    selector.poll(timeout_ms)               # sleeps, then connects, reads and writes whatever is possible
    selector.connected, selector.completed_sends, selector.completed_receives, selector.disconnected

What `poll` leaves in these four belongs to that poll; the next one begins by clearing it.

Per ready connection: finish connecting, prepare (handshake, authentication), read, write, close if the key has become
invalid. Whatever goes wrong with one connection closes that one and never stops the loop over the others.

Staged receives: reading a connection takes all complete messages, within limits, which saves a select for each; but a
poll hands over one per connection. The others wait, staged, and the next poll does not sleep. A broker relies on it: it
mutes a connection while it works on one request, and the next one stays staged until then. Kafka 2.5 replaced this by
reading one at a time (KAFKA-7639); we keep the shape of 0.10.2, in which the two steps can be watched.

Left out against Java: the memory pool, delayed closing after a failed authentication.

Java: org.apache.kafka.common.network.Selector
"""

import logging
from collections.abc import Callable

from kafka_nio import nio
from kafka_nio.clock import NEVER, Clock, SystemClock
from kafka_nio.errors import AuthenticationError, IllegalStateError, KafkaError
from kafka_nio.metrics import Metrics
from kafka_nio.network.connection_options import USE_DEFAULT_BUFFER_SIZE, configure
from kafka_nio.network.idle_expiry import IdleExpiry
from kafka_nio.network.kafka_channel import ChannelBuilder, ChannelState, Disconnection, KafkaChannel, plaintext_channel
from kafka_nio.network.selector_metrics import SelectorMetrics
from kafka_nio.network.staged_receives import StagedReceives
from kafka_nio.network.transfer import MAX_RECEIVE_SIZE, NetworkReceive, NetworkSend
from kafka_nio.nio import OP_CONNECT, OP_READ, SelectionKey, SocketAddress, SocketChannel
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)


class Selector:
    """Connections by name. Everything but `wakeup` belongs to one thread.

    Args:
        connections_max_idle_ms: close a connection that was silent for this long; infinite for never.
        clock, metrics: where time comes from; where sends, receives and connections are counted.
        channel_builder: makes the channel of a new connection: plain, or with TLS and SASL.
        max_receive_size: the largest message accepted from a peer, in bytes.
        open_channel: makes the socket channel of a new connection, from the kind of its address.
    """

    def __init__(
        self,
        *,
        connections_max_idle_ms: float = NEVER,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
        channel_builder: ChannelBuilder = plaintext_channel,
        max_receive_size: int = MAX_RECEIVE_SIZE,
        open_channel: Callable[[int], SocketChannel] = SocketChannel.open,
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._metrics = SelectorMetrics(metrics)
        self._nio_selector = nio.Selector(self._clock)
        self._channel_builder = channel_builder
        self._max_receive_size = max_receive_size
        self._open_channel = open_channel
        self._idle_expiry = IdleExpiry(connections_max_idle_ms, self._clock.now_ns())
        # All connections, by what can still be done with them, and what was read of them and not yet handed over:
        self.channels: dict[str, KafkaChannel] = {}
        self._closing_channels: dict[str, KafkaChannel] = {}
        self._immediately_connected_keys: dict[SelectionKey, None] = {}
        self._staged_receives = StagedReceives()
        # Connections that failed while nobody was polling, to be reported by the next poll:
        self._failed_sends: dict[str, Disconnection] = {}
        # What the last poll brought:
        self.completed_sends: list[NetworkSend] = []
        self.completed_receives: list[NetworkReceive] = []
        self.connected: list[str] = []
        self.disconnected: dict[str, Disconnection] = {}

    # Opening connections...

    @span(Stage.CONNECT, show="id address")
    def connect(
        self,
        id: str,
        address: SocketAddress,
        send_buffer_bytes: int = USE_DEFAULT_BUFFER_SIZE,
        receive_buffer_bytes: int = USE_DEFAULT_BUFFER_SIZE,
    ) -> None:
        """Begin to connect. `poll` says when the connection stands, in `connected`, or fails, in `disconnected`.

        Raises:
            IllegalStateError: if there is a connection of this name, even one that is being closed.
            OSError: if the attempt fails at once; then nothing of it is left.
        """
        self._ensure_not_registered(id)
        socket_channel = self._open_channel(address.family)
        try:
            configure(socket_channel, send_buffer_bytes, receive_buffer_bytes)
            connected = socket_channel.connect(address)
            key = self._register_channel(id, socket_channel, 0 if connected else OP_CONNECT)
        except Exception:
            socket_channel.close()
            raise
        if connected:
            # OP_CONNECT will never fire for this one, so poll has to be told to look at it.
            self._immediately_connected_keys[key] = None

    def register(self, id: str, socket_channel: SocketChannel) -> None:
        """Take over a connection that stands already: the broker's side of `connect`.

        Raises:
            IllegalStateError: if there is a connection of this name.
        """
        self._ensure_not_registered(id)
        configure(socket_channel)
        self._register_channel(id, socket_channel, OP_READ)
        self.channels[id].state = ChannelState.READY if self.channels[id].is_ready else ChannelState.AUTHENTICATE
        self._metrics.connected()

    def _ensure_not_registered(self, id: str) -> None:
        if id in self.channels or id in self._closing_channels:
            raise IllegalStateError(f"there is already a connection {id}, open or still being closed")

    def _register_channel(self, id: str, socket_channel: SocketChannel, interest_ops: int) -> SelectionKey:
        key = socket_channel.register(self._nio_selector, 0)
        key.attachment = self.channels[id] = self._channel_builder(id, key, self._max_receive_size)
        key.interest_ops = interest_ops
        self._idle_expiry.update(id, self._clock.now_ns())
        return key

    # Sending...

    @span(Stage.WAKEUP)
    def wakeup(self) -> None:
        """End the sleep of a poll on another thread, or of the next one."""
        self._nio_selector.wakeup()

    @span(Stage.REQUEST, show="send")
    def send(self, send: NetworkSend) -> None:
        """Hand a message to its connection; later polls write it.

        A connection that is being closed, or cannot take the message, is reported as disconnected by the next poll.

        Raises:
            IllegalStateError: if there is no such connection, or its previous send is still in progress.
        """
        closing = self._closing_channels.get(send.destination)
        if closing is not None:
            self._failed_sends[closing.id] = closing.disconnection(ChannelState.FAILED_SEND)
            return
        channel = self._channel_or_fail(send.destination)
        try:
            channel.set_send(send)
        except IllegalStateError as error:
            self._close(channel, error, notify=False)
            self._failed_sends[channel.id] = channel.disconnection(ChannelState.FAILED_SEND)
            if not isinstance(error, nio.CancelledKeyError):
                raise

    # The heart...

    @span(Stage.POLL, show="timeout_ms")
    @decision("must_not_sleep", "has_staged self._immediately_connected_keys self.disconnected")
    def poll(self, timeout_ms: float) -> None:
        """Move every connection forward: sleep until one of them can be, then connect, read and write without waiting.

        Args:
            timeout_ms: how long to sleep at most; there is no sleep at all if there is something to report already.

        Raises:
            ValueError: if `timeout_ms` is negative.
        """
        if timeout_ms < 0:
            raise ValueError(f"the timeout must not be negative, and is {timeout_ms} ms")
        self.clear()
        has_staged = self._staged_receives.has_some_to_take
        must_not_sleep = has_staged or bool(self._immediately_connected_keys) or bool(self.disconnected)
        ready_keys = self.select(0 if must_not_sleep else timeout_ms)
        end_select_ns = self._clock.now_ns()
        if ready_keys > 0 or self._immediately_connected_keys:
            self.poll_selection_keys(self._nio_selector.selected_keys, False, end_select_ns)
            self.poll_selection_keys(self._immediately_connected_keys, True, end_select_ns)
        self.add_to_completed_receives()
        # The time at the end of select, so that a connection used in this poll cannot be the one that expires.
        self.maybe_close_oldest_connection(end_select_ns)
        self._metrics.worked(self._clock.now_ns() - end_select_ns)

    @span(Stage.POLL)
    def clear(self) -> None:
        """Forget what the last poll brought, and finish closing what it began to close."""
        self.completed_sends.clear()
        self.completed_receives.clear()
        self.connected.clear()
        self.disconnected.clear()
        for id, channel in tuple(self._closing_channels.items()):
            # All that the peer sent before it closed has been handed over, or nobody wants to know any more.
            if channel not in self._staged_receives or id in self._failed_sends:
                del self._closing_channels[id]
                self._finish_closing(channel, self._failed_sends.pop(id, None) or channel.disconnection())
        self.disconnected.update(self._failed_sends)
        self._failed_sends.clear()

    @span(Stage.POLL, show="timeout_ms return")
    def select(self, timeout_ms: float) -> int:
        """Sleep until a connection is ready, the time is over, or wakeup is called; return how many are ready."""
        began_ns = self._clock.now_ns()
        ready = self._nio_selector.select_now() if timeout_ms == 0 else self._nio_selector.select(timeout_ms)
        self._metrics.waited(self._clock.now_ns() - began_ns)
        return ready

    @span(Stage.POLL, show="keys is_immediately_connected")
    def poll_selection_keys(self, keys: dict[SelectionKey, None], is_immediately_connected: bool, now_ns: int) -> None:
        """Do for each key what it is ready for. Takes every key out of `keys`: the selector would not."""
        for key in tuple(keys):
            del keys[key]
            channel: KafkaChannel = key.attachment
            self._idle_expiry.update(channel.id, now_ns)
            try:
                self._poll_selection_key(key, channel, is_immediately_connected, now_ns)
            except AuthenticationError as error:
                self._metrics.refused(channel)
                log.info("Connection %s to %s failed to authenticate: %s", channel.id, channel.remote_address, error)
                self._close(channel, error)
            except (OSError, EOFError, KafkaError) as error:
                log.debug("Connection %s to %s ended: %s", channel.id, channel.remote_address, error)
                self._close(channel, error)
            except Exception as error:
                log.warning("Unexpected error on %s; closing the connection", channel, exc_info=True)
                self._close(channel, error)

    @decision("may_read", "channel.id is_readable has_staged")
    def _poll_selection_key(
        self, key: SelectionKey, channel: KafkaChannel, is_immediately_connected: bool, now_ns: int
    ) -> None:
        if is_immediately_connected or key.is_connectable:
            if not channel.finish_connect():
                return
            self.connected.append(channel.id)
            self._metrics.connected()
        if channel.is_connected and not channel.is_ready:
            channel.prepare()
            self._metrics.prepared(channel, self._clock.now_ns())
            self._staged_receives.add(channel, channel.take_responses_received_during_reauthentication())
        is_readable = key.is_readable or channel.has_bytes_buffered
        has_staged = channel in self._staged_receives
        may_read = channel.is_ready and is_readable and not has_staged
        if may_read:
            while not self._staged_receives.is_full(channel) and (receive := channel.read()) is not None:
                self._staged_receives.add(channel, (receive,))
        if channel.is_ready and key.is_writable and not channel.maybe_begin_client_reauthentication(now_ns):
            self._write(channel)
        if not key.is_valid and channel.id in self.channels:
            self._close(channel)

    def _write(self, channel: KafkaChannel) -> None:
        try:
            send = channel.write()
        except OSError as error:
            # A connection that cannot be written to: what it had to say is not worth waiting for.
            self._close(channel, error, drain=False)
            return
        if send is not None:
            self.completed_sends.append(send)
            self._metrics.sent(send)

    # Handing over what was read...

    @span(Stage.READ)
    def add_to_completed_receives(self) -> None:
        """Hand over one message of each connection that is not muted; the rest stays staged for the next polls."""
        for receive in self._staged_receives.take_one_of_each():
            self.completed_receives.append(receive)
            self._metrics.received(receive)

    # Muting...

    @span(Stage.READ, show="id")
    def mute(self, id: str) -> None:
        """Do not read from this connection, nor hand over what was read, until it is unmuted."""
        self._channel_or_fail(id).mute()

    @span(Stage.READ, show="id")
    def unmute(self, id: str) -> None:
        """Read from this connection again."""
        self._channel_or_fail(id).unmute()

    # Closing...

    @span(Stage.POLL)
    def maybe_close_oldest_connection(self, now_ns: int) -> None:
        """Close the connection that was silent for longest, if that was too long. At most one per poll."""
        expired = self._idle_expiry.poll_expired_connection(now_ns)
        channel = None if expired is None else self.channels.get(expired)
        if channel is not None:
            log.debug("Closing connection %s: it was idle for too long", expired)
            channel.state = ChannelState.EXPIRED
            self._close(channel)

    def close(self, id: str | None = None) -> None:
        """Close one connection, or all of them and the selector. None appears in `disconnected`: its owner knows."""
        for name in (*self.channels, *self._closing_channels) if id is None else (id,):
            self._close_by_owner(name)
        if id is None:
            self._nio_selector.close()

    def _close_by_owner(self, id: str) -> None:
        if id in self.channels:
            self.channels[id].state = ChannelState.LOCAL_CLOSE
            self._close(self.channels[id], notify=False)
        elif id in self._closing_channels:
            self._finish_closing(self._closing_channels.pop(id))

    def _close(
        self, channel: KafkaChannel, error: Exception | None = None, *, drain: bool = True, notify: bool = True
    ) -> None:
        """Close the socket now. Messages that arrived before are still handed over, one per poll, if `drain`."""
        channel.close(error)
        self.channels.pop(channel.id, None)
        self._idle_expiry.remove(channel.id)
        for key in [key for key in self._immediately_connected_keys if key.attachment is channel]:
            del self._immediately_connected_keys[key]
        if notify and drain and channel in self._staged_receives:
            self._closing_channels[channel.id] = channel
        else:
            self._finish_closing(channel, channel.disconnection() if notify else None)

    def _finish_closing(self, channel: KafkaChannel, end: Disconnection | None = None) -> None:
        self._staged_receives.forget(channel)
        self._metrics.closed()
        if end is not None:
            if channel.id in self.connected:
                # Connected and lost again within one poll: as far as the owner is concerned it never connected.
                self.connected.remove(channel.id)
            self.disconnected[channel.id] = end

    def is_channel_ready(self, id: str) -> bool:
        """Whether messages may be sent on this connection, as far as transport and authentication go."""
        return id in self.channels and self.channels[id].is_ready

    def _channel_or_fail(self, id: str) -> KafkaChannel:
        if channel := self.channels.get(id) or self._closing_channels.get(id):
            return channel
        raise IllegalStateError(f"there is no connection {id}; open are {', '.join(self.channels) or 'none'}")

    def __repr__(self) -> str:
        return f"<network.Selector: {len(self.channels)} connections, {len(self._closing_channels)} closing>"
