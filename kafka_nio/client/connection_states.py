"""Per broker: is there a connection, how far has it come, and when may the next attempt be made?

`TRANSITIONS` is the whole automaton. `transition_to` looks an event up there, and what is not there is a mistake.

Two waits grow from failure to failure. The *reconnect backoff* is the pause before the next attempt; it is forgotten
only when a connection has become READY, since a broker that accepts and then hangs up is no better than one that
refuses. The *connection setup timeout* is how long one attempt may take; it grows only after attempts that never
connected.

A failed login ends in a state of its own, AUTHENTICATION_FAILED, which remembers why. It is tried again after the same
pause as any other failure, because a password may be mended at the broker's end.

Java: org.apache.kafka.clients.ClusterConnectionStates
"""

from dataclasses import dataclass, field
from enum import Enum
from random import Random

from kafka_nio.client.addresses import Resolve
from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.clock import NEVER
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import AuthenticationError
from kafka_nio.nio import SocketAddress
from kafka_nio.spans import Stage, decision, span
from kafka_nio.state_machine import following


class ConnectionState(Enum):
    """How far a connection to a broker has come."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CHECKING_API_VERSIONS = "checking API versions"
    READY = "ready"
    AUTHENTICATION_FAILED = "failed to authenticate"


WITHOUT_CONNECTION = (ConnectionState.DISCONNECTED, ConnectionState.AUTHENTICATION_FAILED)
"""The states in which the next attempt may be made, once the pause is over."""


class Event(Enum):
    """What can happen to a connection."""

    ATTEMPT = "a connection attempt begins"
    CHECK_VERSIONS = "TCP has connected and the versions are asked for"
    VERSIONS_KNOWN = "the versions have been answered"
    END = "the connection ends"
    AUTHENTICATION_FAILURE = "one end does not accept the other"


TRANSITIONS: dict[tuple[ConnectionState, Event], ConnectionState] = {
    (ConnectionState.DISCONNECTED, Event.ATTEMPT): ConnectionState.CONNECTING,
    (ConnectionState.CONNECTING, Event.CHECK_VERSIONS): ConnectionState.CHECKING_API_VERSIONS,
    (ConnectionState.CHECKING_API_VERSIONS, Event.CHECK_VERSIONS): ConnectionState.CHECKING_API_VERSIONS,
    (ConnectionState.CHECKING_API_VERSIONS, Event.VERSIONS_KNOWN): ConnectionState.READY,
    (ConnectionState.DISCONNECTED, Event.END): ConnectionState.DISCONNECTED,
    (ConnectionState.CONNECTING, Event.END): ConnectionState.DISCONNECTED,
    (ConnectionState.CHECKING_API_VERSIONS, Event.END): ConnectionState.DISCONNECTED,
    (ConnectionState.READY, Event.END): ConnectionState.DISCONNECTED,
    (ConnectionState.CONNECTING, Event.AUTHENTICATION_FAILURE): ConnectionState.AUTHENTICATION_FAILED,
    (ConnectionState.CHECKING_API_VERSIONS, Event.AUTHENTICATION_FAILURE): ConnectionState.AUTHENTICATION_FAILED,
    (ConnectionState.READY, Event.AUTHENTICATION_FAILURE): ConnectionState.AUTHENTICATION_FAILED,
    (ConnectionState.AUTHENTICATION_FAILED, Event.ATTEMPT): ConnectionState.CONNECTING,
    (ConnectionState.AUTHENTICATION_FAILED, Event.END): ConnectionState.DISCONNECTED,
}


@dataclass
class NodeConnectionState:
    """What is remembered of one broker's connection, across attempts."""

    id: str
    host: str
    port: int
    setup_timeout_ms: float
    reconnect_backoff_ms: float
    state: ConnectionState = ConnectionState.DISCONNECTED
    last_connect_attempt_ms: float = -NEVER
    failed_attempts: int = 0
    failed_connects: int = 0
    throttled_until_ms: float = -NEVER
    addresses: list[SocketAddress] = field(default_factory=list)
    """The addresses behind the host's name that have not been tried since it was last looked up."""
    last_address: SocketAddress | None = None
    authentication_error: AuthenticationError | None = None
    """Why the last attempt was not accepted; None once another one is made."""
    last_failure: str | None = None
    """What went wrong last, in the words of an error message; None once the connection takes requests."""

    @span(Stage.CONNECT, show="self event return")
    def transition_to(self, event: Event) -> ConnectionState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        self.state = following(TRANSITIONS, self.state, event, f"connection {self.id}")
        return self.state

    @property
    def name(self) -> str:
        """Whom this connects to, as the configuration or the cluster calls it."""
        return f"{self.host}:{self.port}"

    @property
    def doing(self) -> str:
        """What is being done with this connection, in the words of an error message."""
        doing = {ConnectionState.CHECKING_API_VERSIONS: "ApiVersions to", ConnectionState.READY: "connection to"}
        return f"{doing.get(self.state, 'connect to')} {self.name}"

    def next_address(self, resolve: Resolve) -> SocketAddress:
        """The next address to try. When all have been tried the name is looked up again.

        An address that has just failed is tried last (KAFKA-15817).

        Raises:
            OSError: if the name cannot be resolved.
        """
        if not self.addresses:
            found = [address._replace(host_name=self.host) for address in resolve(self.host, self.port)]
            self.addresses = sorted(found, key=lambda address: address == self.last_address)
        self.last_address = self.addresses.pop(0)
        return self.last_address

    def __repr__(self) -> str:
        return f"<connection {self.id} to {self.name}: {self.state.value}>"


class ClusterConnectionStates:
    """The connection states of all brokers, by node id."""

    def __init__(self, reconnect_backoff: ExponentialBackoff, setup_timeout: ExponentialBackoff) -> None:
        self._reconnect_backoff = reconnect_backoff
        self._setup_timeout = setup_timeout
        self._nodes: dict[str, NodeConnectionState] = {}

    @classmethod
    def configured(cls, config: ProducerConfig, random: Random) -> "ClusterConnectionStates":
        """With the pauses and limits that the configuration asks for."""
        return cls(
            ExponentialBackoff(config.reconnect_backoff_ms, config.reconnect_backoff_max_ms, random),
            ExponentialBackoff(
                config.socket_connection_setup_timeout_ms, config.socket_connection_setup_timeout_max_ms, random
            ),
        )

    # What happens to a connection...

    def connecting(self, id: str, host: str, port: int, now_ms: int) -> NodeConnectionState:
        """An attempt begins. A node that has moved to another address starts afresh."""
        node = self._nodes.get(id)
        if node is None or (node.host, node.port) != (host, port):
            setup_timeout_ms, backoff_ms = self._setup_timeout.backoff(0), self._reconnect_backoff.backoff(0)
            node = self._nodes[id] = NodeConnectionState(id, host, port, setup_timeout_ms, backoff_ms)
        node.last_connect_attempt_ms = now_ms
        node.authentication_error = None
        node.transition_to(Event.ATTEMPT)
        return node

    def checking_api_versions(self, id: str) -> NodeConnectionState:
        """TCP has connected and the request for the versions is queued."""
        self._nodes[id].transition_to(Event.CHECK_VERSIONS)
        return self._nodes[id]

    def ready(self, id: str) -> None:
        """The connection takes requests. This, and nothing less, forgets the failures before."""
        node = self._nodes[id]
        node.transition_to(Event.VERSIONS_KNOWN)
        node.failed_attempts = 0
        node.last_failure = None
        node.reconnect_backoff_ms = self._reconnect_backoff.backoff(0)

    def disconnected(self, id: str, now_ms: int, error: Exception | None = None) -> None:
        """The connection is over, or the attempt has failed. The pause before the next one counts from now.

        Args:
            error: what ended it; an AuthenticationError is remembered.
        """
        node = self._nodes[id]
        if node.state in WITHOUT_CONNECTION:
            return  # known already, and the pause has begun
        if node.state is ConnectionState.CONNECTING:
            node.failed_connects += 1
        else:
            node.failed_connects = 0
            node.addresses = []  # an established connection was lost: the name may stand for another host by now
        node.setup_timeout_ms = self._setup_timeout.backoff(node.failed_connects)
        node.reconnect_backoff_ms = self._reconnect_backoff.backoff(node.failed_attempts)
        node.failed_attempts += 1
        node.last_connect_attempt_ms = now_ms
        if isinstance(error, AuthenticationError):
            node.authentication_error = error
            node.transition_to(Event.AUTHENTICATION_FAILURE)
        else:
            node.transition_to(Event.END)

    def throttle(self, id: str, until_ms: float) -> None:
        """The broker asks to be left alone for a while. A wish that ends earlier does not shorten an older one."""
        node = self._nodes.get(id)
        if node is not None:
            node.throttled_until_ms = max(node.throttled_until_ms, until_ms)

    # What follows from it...

    def node(self, id: str) -> NodeConnectionState:
        """All that is remembered of a node to which a connection was attempted."""
        return self._nodes[id]

    def state(self, id: str) -> ConnectionState:
        """How far the connection to this node has come."""
        node = self._nodes.get(id)
        return node.state if node is not None else ConnectionState.DISCONNECTED

    @decision("return", "id state throttle_delay_ms")
    def is_ready(self, id: str, now_ms: int) -> bool:
        """Whether requests may be sent."""
        state, throttle_delay_ms = self.state(id), self.throttle_delay_ms(id, now_ms)
        return state is ConnectionState.READY and throttle_delay_ms == 0

    def authentication_error(self, id: str) -> AuthenticationError | None:
        """Why the last attempt to connect to this node was not accepted, or None."""
        node = self._nodes.get(id)
        return node.authentication_error if node is not None else None

    def last_failure(self, id: str) -> str | None:
        """What keeps us from this node, or None."""
        node = self._nodes.get(id)
        return node.last_failure if node is not None else None

    def is_disconnected(self, id: str) -> bool:
        """Whether there was a connection, or an attempt, that has ended."""
        return id in self._nodes and self.state(id) in WITHOUT_CONNECTION

    def open_nodes(self) -> list[str]:
        """The nodes to which there is a connection, or will be one soon."""
        return [id for id, node in self._nodes.items() if node.state not in WITHOUT_CONNECTION]

    @property
    def is_any_ready(self) -> bool:
        """Whether there is a connection that takes requests, now or when its broker wants to hear from us again."""
        return any(node.state is ConnectionState.READY for node in self._nodes.values())

    def throttle_delay_ms(self, id: str, now_ms: int) -> float:
        """How long, in ms, the broker still wants to be left alone."""
        node = self._nodes.get(id)
        return max(node.throttled_until_ms - now_ms, 0) if node is not None else 0

    def is_preparing(self, id: str) -> bool:
        """Whether a connection is on its way to being ready."""
        return self.state(id) in (ConnectionState.CONNECTING, ConnectionState.CHECKING_API_VERSIONS)

    @decision("return", "id state delay_ms")
    def can_connect(self, id: str, now_ms: int) -> bool:
        """Whether an attempt may be made now: there is no connection, and the pause is over."""
        state, delay_ms = self.state(id), self.connection_delay(id, now_ms)
        return state in WITHOUT_CONNECTION and delay_ms == 0

    def connection_delay(self, id: str, now_ms: int) -> float:
        """How long to wait, in ms, before anything can be done about this node's connection."""
        node = self._nodes.get(id)
        if node is None:
            return 0
        if node.state in WITHOUT_CONNECTION:
            return max(node.reconnect_backoff_ms - (now_ms - node.last_connect_attempt_ms), 0)
        if node.state is ConnectionState.CONNECTING:
            return node.setup_timeout_ms
        return NEVER

    def poll_delay_ms(self, id: str, now_ms: int) -> float:
        """How long to wait, in ms, before this node has to be looked at again: connected and throttled, or not."""
        throttle_delay_ms = self.throttle_delay_ms(id, now_ms)
        is_connected = self.state(id) in (ConnectionState.CHECKING_API_VERSIONS, ConnectionState.READY)
        return throttle_delay_ms if is_connected and throttle_delay_ms > 0 else self.connection_delay(id, now_ms)

    def last_connect_attempt_ms(self, id: str) -> float:
        """When the last attempt was made, or ended."""
        node = self._nodes.get(id)
        return node.last_connect_attempt_ms if node is not None else -NEVER

    def nodes_with_setup_timeout(self, now_ms: int) -> list[NodeConnectionState]:
        """The nodes whose attempt takes longer than it may."""
        return [
            node
            for node in self._nodes.values()
            if node.state is ConnectionState.CONNECTING
            and now_ms - node.last_connect_attempt_ms > node.setup_timeout_ms
        ]

    @property
    def is_any_connecting(self) -> bool:
        """Whether an attempt is under way."""
        return any(self.is_preparing(id) for id in self._nodes)

    def __repr__(self) -> str:
        return f"<ClusterConnectionStates {list(self._nodes.values())}>"
