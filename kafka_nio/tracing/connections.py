"""The connections of a recording: which step touches which, and which two ends belong together.

If the embedded broker is in this process, both ends of a connection are seen here. They are found to belong together by
their addresses: the client's own is the broker's peer. So `connection 0` is the same thing in every lane, and a request
can be followed to the broker and back.

Java: no counterpart.
"""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_nio.tracing.call import Call
from kafka_nio.tracing.entities import Entity, Names, Noted, add_about
from kafka_nio.tracing.rules import Arguments, Rule, Ruled

BROKER = "broker-"
"""How the names of a broker's threads begin: `broker-0 processor`."""


@dataclass(eq=False)
class Exchange:
    """One request on its way over a connection: the steps that sent it, handled it, sent the answer to it."""

    sent: Call | None = None
    handled: Call | None = None
    answered: Call | None = None


MOST_EXCHANGES = 1000
"""How many requests without an answer are remembered for each connection: with acks=0 there never is one."""


class Connection(Entity):
    """A connection, whoever looks at it. `exchanges` are its requests by correlation id."""

    def __init__(self) -> None:
        super().__init__("connection")
        self.exchanges: dict[int, Exchange] = {}

    def exchange(self, correlation_id: int) -> Exchange:
        """What is known of a request."""
        if len(self.exchanges) > MOST_EXCHANGES:
            del self.exchanges[next(iter(self.exchanges))]
        return self.exchanges.setdefault(correlation_id, Exchange())


@dataclass(eq=False)
class End:
    """One end of a connection.

    `owner` is the broker whose end it is, `broker-0`, or empty for the client's. `is_known` says whether all its bytes
    have been seen, because it was opened while somebody watched; `is_encrypted` whether TLS comes before the socket.
    `sending` is the correlation id of what is being written.
    """

    connection: Connection
    owner: str = ""
    is_known: bool = True
    is_encrypted: bool = False
    sending: int | None = None

    @property
    def is_brokers(self) -> bool:
        """Whether requests come in here, and do not go out."""
        return bool(self.owner)


Key = tuple[object, ...]


class Ends:
    """All ends of all connections, found by their `SocketChannel`."""

    def __init__(self) -> None:
        self._by_channel = Noted[End]()
        self._of_brokers: dict[tuple[str, str], weakref.ref[End]] = {}
        # The connections of which only one end has been seen, and whether that is the broker's.
        self._half: dict[Key, tuple[bool, Connection]] = {}
        self._on_unix_sockets: dict[Key, int] = {}

    def connected(self, channel: Any) -> None:
        """A client has begun to connect."""
        self._join(channel, "", _pair(_own_address(channel), channel.remote_address.address))

    def accepted(self, channel: Any, owner: str) -> None:
        """A broker has let somebody in."""
        self._join(channel, owner, _pair(channel.remote_address.address, _own_address(channel)))

    def _join(self, channel: Any, owner: str, key: Key) -> None:
        """Find the other end, or wait for it."""
        is_brokers = bool(owner)
        if isinstance(key[1], str):  # a Unix socket: its client has no address, but whoever comes first is served first
            side = (key[1], is_brokers)
            self._on_unix_sockets[side] = number = self._on_unix_sockets.get(side, 0) + 1
            key = (key[1], number)
        other_is_brokers, connection = self._half.pop(key, (is_brokers, None))
        if connection is None or other_is_brokers == is_brokers:
            connection = Connection()
            self._half[key] = is_brokers, connection
        self._by_channel.put(channel, End(connection, owner))

    def of_socket(self, channel: Any) -> End:
        """The end that this `SocketChannel` is."""
        return self._by_channel.of(channel, lambda: End(Connection(), is_known=False))

    def of(self, channel: Any, thread: str) -> End:
        """The end that this `KafkaChannel` is."""
        end = self.of_socket(channel._transport._channel)
        if thread.startswith(BROKER):
            self._of_brokers[owner_of(thread), channel.id] = weakref.ref(end)
        return end

    def of_selector(self, selector: Any, channel_id: str, thread: str) -> End | None:
        """The end that a `network.Selector` knows by this name."""
        channel = selector.channels.get(channel_id)
        return None if channel is None else self.of(channel, thread)

    def of_broker(self, thread: str, channel_id: str) -> End | None:
        """The end that the broker whose thread this is knows by this name."""
        end = self._of_brokers.get((owner_of(thread), channel_id))
        return end() if end is not None else None


def owner_of(thread: str) -> str:
    """`broker-0` for a thread of that broker, otherwise nobody."""
    return thread.partition(" ")[0] if thread.startswith(BROKER) else ""


def _own_address(channel: Any) -> object:
    try:
        return channel._socket.getsockname()
    except OSError:
        return None


def _pair(client: object, broker: object) -> Key:
    """Both addresses, the client's first. Of an IPv6 address only host and port count."""
    return tuple(address[:2] if isinstance(address, tuple) else address for address in (client, broker))


class Connections(Ruled):
    """Sees connections come into being, and says which steps touch which. Other observers build on what it knows."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.names = Names()
        self.ends = Ends()

    def begun(self, calls: tuple[Call, ...]) -> None:
        self.names.begin()

    def touch(self, call: Call, end: End | None) -> None:
        """The step touches this connection."""
        if end is not None:
            add_about(call, self.names.of(end.connection))


def _connected(seen: Connections, call: Call, given: Arguments, result: object) -> None:
    seen.ends.connected(given["self"])
    seen.touch(call, seen.ends.of_socket(given["self"]))


def _opened(seen: Connections, call: Call, given: Arguments, result: object) -> None:
    seen.touch(call, seen.ends.of_selector(given["self"], given["id"], call.thread))


def _accepted(seen: Connections, call: Call, given: Arguments, result: object) -> None:
    if result is not None:
        seen.ends.accepted(result, owner_of(call.thread))
        seen.touch(call, seen.ends.of_socket(result))


def _socket(seen: Connections, call: Call, given: Arguments) -> None:
    seen.touch(call, seen.ends.of_socket(given["self"]))


def _transport(seen: Connections, call: Call, given: Arguments) -> None:
    end = seen.ends.of_socket(given["self"]._channel)
    end.is_encrypted = True
    seen.touch(call, end)


def _channel(seen: Connections, call: Call, given: Arguments) -> None:
    seen.touch(call, seen.ends.of(given["self"], call.thread))


def _id(seen: Connections, call: Call, given: Arguments) -> None:
    seen.touch(call, seen.ends.of_selector(given["self"], given["id"], call.thread))


def _send(seen: Connections, call: Call, given: Arguments) -> None:
    seen.touch(call, seen.ends.of_selector(given["self"], given["send"].destination, call.thread))


def _receive(seen: Connections, call: Call, given: Arguments) -> None:
    seen.touch(call, seen.ends.of_selector(given["self"]._selector, given["receive"].source, call.thread))


NEW = "connection"

RULES: Mapping[str, Rule] = {
    # the step                         produces  by looking at
    "nio.SocketChannel.connect": Rule(NEW, exited=_connected),
    "nio.ServerSocketChannel.accept": Rule(NEW, exited=_accepted),
    "Selector.connect": Rule(exited=_opened),
    **{f"nio.SocketChannel.{name}": Rule(entered=_socket) for name in ("finish_connect", "read", "write")},
    **{f"SslTransportLayer.{name}": Rule(entered=_transport) for name in ("handshake", "read", "write")},
    **{
        f"KafkaChannel.{name}": Rule(entered=_channel)
        for name in ("finish_connect", "prepare", "set_send", "write", "read", "mute", "unmute", "close")
    },
    "Selector.mute": Rule(entered=_id),
    "Selector.unmute": Rule(entered=_id),
    "Selector.send": Rule(entered=_send),
    "NetworkClient.parse_response": Rule(entered=_receive),
}
