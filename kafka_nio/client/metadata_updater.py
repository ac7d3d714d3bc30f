"""Whom to ask for metadata, when, and what to do with the answer.

`maybe_update` is called at the beginning of every poll. Mostly there is nothing to do, and it says for how long. When
an update is due it asks the broker that has least to do (fewest requests in flight, not fewest connections). If that
one is not connected yet, it begins to connect and asks on a later poll.

Java: org.apache.kafka.clients.NetworkClient.DefaultMetadataUpdater
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from kafka_nio.client.backoff import LEAST_PAUSE_MS
from kafka_nio.client.bootstrap import BootstrapResolution
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.metadata import Metadata
from kafka_nio.client.rebootstrap import Rebootstrap
from kafka_nio.client.requests import ClientResponse, InFlightRequest, Unsendable
from kafka_nio.clock import NEVER
from kafka_nio.cluster import Node
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import AuthenticationError, BootstrapResolutionError, RebootstrapRequiredError, error_for
from kafka_nio.protocol.messages import MetadataResponse
from kafka_nio.spans import Stage, span

if TYPE_CHECKING:
    from kafka_nio.client.network_client import NetworkClient

log = logging.getLogger(__name__)

Disconnect: TypeAlias = Callable[[str, str, int, list[ClientResponse]], None]
"""Ends the connection to a node, for a reason; see `Disconnector.disconnect`."""


class MetadataUpdater:
    """Keeps `Metadata` fresh, on the sender's thread."""

    def __init__(
        self,
        client: "NetworkClient",
        connection_states: ClusterConnectionStates,
        metadata: Metadata,
        config: ProducerConfig,
    ) -> None:
        self._client = client
        self._connection_states = connection_states
        self._metadata = metadata
        self._pause_ms = max(config.reconnect_backoff_ms, LEAST_PAUSE_MS)
        self._rebootstrap = Rebootstrap(config)
        self._in_progress: tuple[int, bool] | None = None
        """The version and the kind of the question under way."""

    def is_update_due(self, now_ms: int) -> bool:
        """Whether the question must be asked now, before anything else is sent."""
        return self._in_progress is None and self._metadata.time_to_next_update(now_ms) == 0

    @span(Stage.METADATA, show="return")
    def maybe_update(self, now_ms: int) -> float:
        """Ask for metadata if that is due and possible; return how long until it has to be looked at again, in ms."""
        if self._in_progress is not None:
            return self._client.request_timeout_ms
        if self._metadata.bootstrap_resolution is not None:
            return self._ensure_bootstrapped(self._metadata.bootstrap_resolution, now_ms)
        time_to_next_update_ms = self._metadata.time_to_next_update(now_ms)
        if time_to_next_update_ms > 0:
            return time_to_next_update_ms
        self._rebootstrap.trying(now_ms)
        node = self._client.least_loaded_node(now_ms)
        if node is None and self._is_cluster_gone():
            self.rebootstrap(now_ms)
            node = self._client.least_loaded_node(now_ms)
        if node is None:
            log.debug("Metadata is due, but no node is available; trying again later")
            return self._pause_ms
        return self._ask(node, now_ms)

    def _ensure_bootstrapped(self, resolution: BootstrapResolution, now_ms: int) -> float:
        """As long as the first addresses are looked for, there is nobody to ask. Java: NetworkClient, of this name"""
        try:
            addresses = resolution.proceed(now_ms)
        except BootstrapResolutionError as error:
            log.error("%s", error)
            self._metadata.bootstrap_failed(error)
            return NEVER
        if addresses is None:
            self._metadata.progress.failed(resolution.problem)
            return resolution.time_to_next_step(now_ms)
        self._metadata.bootstrap_resolution = None
        self._metadata.bootstrap(addresses)
        return self.maybe_update(now_ms)

    def _is_cluster_gone(self) -> bool:
        knows_more_than_in_the_beginning = not self._metadata.cluster.is_bootstrap
        is_any_ready = self._connection_states.is_any_ready
        return self._rebootstrap.is_allowed and knows_more_than_in_the_beginning and not is_any_ready

    def _ask(self, node: Node, now_ms: int) -> float:
        if self._client.can_send_request(node.id_string, now_ms):
            request, request_version, is_partial = self._metadata.next_request()
            self._in_progress = (request_version, is_partial)
            self._metadata.progress.begun(f"Metadata from {node.host}:{node.port}", now_ms)
            self._client.send_internal(node.id_string, request, now_ms)
            return self._client.request_timeout_ms
        if self._connection_states.is_any_connecting:
            # Do not open one connection after the other while the first is still on its way.
            return self._pause_ms
        if self._connection_states.can_connect(node.id_string, now_ms):
            self._client.initiate_connect(node, now_ms)
            return self._pause_ms
        return NEVER  # connected, but busy: the poll that makes room for a request comes back here

    @span(Stage.METADATA)
    def handle_successful_response(self, request: InFlightRequest, response: MetadataResponse, now_ms: int) -> None:
        """Put the answer in, unless it is useless."""
        version, is_partial = self._in_progress or (0, False)
        self._in_progress = None
        if response.error_code == RebootstrapRequiredError.code and self._rebootstrap.is_allowed:
            self.initiate_rebootstrap()
        elif not response.brokers:
            log.debug("Ignoring a metadata response without brokers")
            self._metadata.progress.failed(
                f"Metadata from node {request.destination} failed: the answer names no broker"
            )
            self._metadata.failed_update(now_ms)
        else:
            self._take(version, is_partial, request, response, now_ms)

    def _take(
        self, version: int, is_partial: bool, request: InFlightRequest, response: MetadataResponse, now_ms: int
    ) -> None:
        errors = {topic.name: str(error) for topic in response.topics if (error := error_for(topic.error_code))}
        if errors:
            log.warning("The metadata response reported errors: %s", errors)
        self._metadata.update(version, response, is_partial, now_ms, request.header.api_version)
        self._rebootstrap.succeeded()

    def handle_failed_request(self, now_ms: int) -> None:
        """The question was lost with its connection, or could not be asked."""
        self._in_progress = None
        self._metadata.failed_update(now_ms)

    def handle_unsendable_request(self, node_id: str, error: Unsendable, now_ms: int) -> None:
        """The question could not even be put to this node."""
        self._metadata.progress.failed(f"Metadata from node {node_id} failed: {error}")
        self.handle_failed_request(now_ms)

    # Beginning again...

    def initiate_rebootstrap(self) -> None:
        """A broker demands that we begin again; the poll under way will do it."""
        self._rebootstrap.demanded()

    def handle_rebootstrap(self, disconnect: Disconnect, responses: list[ClientResponse], now_ms: int) -> None:
        """If the cluster seems to be gone, hang up on all that is left of it and begin again."""
        if self._rebootstrap.is_due(now_ms):
            for node_id in self._connection_states.open_nodes():
                disconnect(node_id, "the client begins again from its bootstrap servers", now_ms, responses)
            self.rebootstrap(now_ms)

    @span(Stage.METADATA)
    def rebootstrap(self, now_ms: int) -> None:
        """Forget the cluster that has gone, and begin again from the bootstrap servers."""
        log.info("Beginning again from the bootstrap servers")
        self._rebootstrap.begun(now_ms)
        self._metadata.rebootstrap()

    def handle_server_disconnect(self, now_ms: int, error: Exception | None = None) -> None:
        """A connection was lost, perhaps because the cluster has changed. If we were about to ask, that has failed.

        A broker that does not let us in is nothing to wait for, so whoever waits for metadata is told at once.
        """
        if self.is_update_due(now_ms):
            self.handle_failed_request(now_ms)
        if isinstance(error, AuthenticationError):
            self._metadata.fatal_error(error)
        self._metadata.request_update()
