"""Requests and responses over the selector's connections: who may be sent to, what is in flight, which answer is whose.

`ready` says whether a node takes a request, and begins to connect if it is not connected. `send` turns a request into
bytes and hands it to the selector. `poll` does all the waiting and all the rest, in a fixed order.

A node is ready for requests when TCP is connected, it has said which versions it speaks, the previous request has left
to the last byte, fewer than the allowed number are unanswered, and the node does not throttle us. And when no metadata
is due: that goes first.

Everything belongs to the sender's thread but `wakeup`. An answer that cannot be read costs the connection, and its
requests are retried like those of any other lost one. (In Java the exception leaves `poll`, and the batches of that
request wait for their delivery timeout.)

Java: org.apache.kafka.clients.NetworkClient
"""

import logging
from random import Random

from kafka_nio.client.addresses import Resolve, resolve_all
from kafka_nio.client.api_versions import ApiVersionsRequests
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.correlation_ids import correlation_ids
from kafka_nio.client.disconnector import Disconnector, reason_of
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.least_loaded_node import least_loaded_node
from kafka_nio.client.metadata import Metadata
from kafka_nio.client.metadata_updater import MetadataUpdater
from kafka_nio.client.rebootstrap import checks_cluster
from kafka_nio.client.requests import UNSENDABLE, Callback, ClientRequest, ClientResponse, InFlightRequest, Unsendable
from kafka_nio.client.telemetry import ClientTelemetryReporter
from kafka_nio.client.telemetry_sender import TelemetrySender
from kafka_nio.client.throttling import Throttling
from kafka_nio.clock import Clock
from kafka_nio.cluster import Node
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import IllegalStateError, ProtocolError, RebootstrapRequiredError
from kafka_nio.metrics import Metrics
from kafka_nio.network import NetworkReceive, NetworkSend, Selector
from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.codec import decode_response, encode_request, read_correlation_id
from kafka_nio.protocol.messages import ApiVersionsResponse, MetadataResponse
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)


class NetworkClient:
    """Sends requests to nodes and brings their responses back.

    Args:
        config: the options about connections, requests and the kernel's buffers.
        client_id: the name that goes with every request.
        clock, random: where time and jitter come from.
        resolve: finds the addresses behind a host name.
        metrics, telemetry: where requests and throttling are counted; what tells a broker of it, if it wants to know.
    """

    def __init__(
        self,
        config: ProducerConfig,
        selector: Selector,
        metadata: Metadata,
        *,
        client_id: str,
        clock: Clock,
        random: Random,
        resolve: Resolve = resolve_all,
        metrics: Metrics | None = None,
        telemetry: ClientTelemetryReporter | None = None,
    ) -> None:
        self._selector = selector
        self._metadata = metadata
        self._client_id = client_id
        self._buffer_sizes = (config.send_buffer_bytes, config.receive_buffer_bytes)
        self.request_timeout_ms = config.request_timeout_ms
        self._clock = clock
        self._random = random
        self._resolve = resolve
        states = self._connection_states = ClusterConnectionStates.configured(config, random)
        metrics = metrics or Metrics()
        in_flight = self._in_flight_requests = InFlightRequests(config.max_in_flight_requests_per_connection, metrics)
        self._api_versions = ApiVersionsRequests(checks_cluster=checks_cluster(config))
        self.finalized_features = self._api_versions.finalized_features
        self._metadata_updater = MetadataUpdater(self, states, metadata, config)
        self.telemetry = TelemetrySender(self, self._api_versions, telemetry, clock, config.reconnect_backoff_ms)
        self._throttling = Throttling(states, in_flight, metrics)
        self._disconnect = Disconnector(
            selector, states, in_flight, self._api_versions, self._metadata_updater, metadata.progress
        ).disconnect
        self._aborted_sends: list[ClientResponse] = []
        self._correlation_ids = correlation_ids()
        self._is_active = True

    # Who may be sent to...

    @span(Stage.CONNECT, show="node return")
    def ready(self, node: Node, now_ms: int) -> bool:
        """Whether this node takes a request now. If it is not connected, begin to connect; it will be ready later."""
        if self.is_ready(node, now_ms):
            return True
        if self._connection_states.can_connect(node.id_string, now_ms):
            self.initiate_connect(node, now_ms)
        return False

    def is_ready(self, node: Node, now_ms: int) -> bool:
        """Whether this node takes a request now. None does while metadata is due, so that it goes first."""
        return not self._metadata_updater.is_update_due(now_ms) and self.can_send_request(node.id_string, now_ms)

    @decision("return", "node_id is_connected is_channel_ready")
    def can_send_request(self, node_id: str, now_ms: int) -> bool:
        """Whether this connection takes a request now."""
        is_connected = self._connection_states.is_ready(node_id, now_ms)
        is_channel_ready = is_connected and self._selector.is_channel_ready(node_id)
        return is_channel_ready and self._in_flight_requests.can_send_more(node_id)

    def poll_delay_ms(self, node: Node, now_ms: int) -> float:
        """How long, in ms, until something can be done about this node: connect to it, or send to it again."""
        return self._connection_states.poll_delay_ms(node.id_string, now_ms)

    def last_failure(self, node: Node) -> str | None:
        """What keeps us from this node, in the words of an error message, or None."""
        return self._connection_states.last_failure(node.id_string)

    def connection_failed(self, node: Node) -> bool:
        """Whether the connection to this node was lost or never came about, and no new attempt has begun."""
        return self._connection_states.is_disconnected(node.id_string)

    @span(Stage.CONNECT, show="return")
    def least_loaded_node(self, now_ms: int) -> Node | None:
        """The node with the fewest requests in flight; see `least_loaded_node` for the order of preference."""
        nodes, states, in_flight = self._metadata.cluster.nodes, self._connection_states, self._in_flight_requests
        return least_loaded_node(nodes, self.can_send_request, states, in_flight, self._random, now_ms)

    @span(Stage.CONNECT, show="node")
    def initiate_connect(self, node: Node, now_ms: int) -> None:
        """Begin to connect to the next address of this node. A failure is noted and leads to another attempt."""
        state = self._connection_states.connecting(node.id_string, node.host, node.port, now_ms)
        self._metadata.progress.begun(state.doing, now_ms)
        try:
            self._selector.connect(node.id_string, state.next_address(self._resolve), *self._buffer_sizes)
        except OSError as error:
            self._disconnect(node.id_string, reason_of(error), now_ms, [])

    # Sending...

    def new_client_request(
        self,
        destination: str,
        request: Message,
        created_ms: int,
        *,
        expect_response: bool = True,
        callback: Callback | None = None,
    ) -> ClientRequest:
        """A request with the next correlation id, to be handed to `send`."""
        number, timeout_ms = next(self._correlation_ids), self.request_timeout_ms
        return ClientRequest(
            destination, request, number, self._client_id, created_ms, expect_response, timeout_ms, callback
        )

    @span(Stage.REQUEST, show="request")
    def send(self, request: ClientRequest, now_ms: int) -> None:
        """Queue a request for its node; polls write it.

        Raises:
            IllegalStateError: if the node is not ready, or the client is closed.
        """
        self.do_send(request, False, now_ms)

    def send_internal(self, node_id: str, request: Message, now_ms: int) -> None:
        """Queue a request of the client's own, whose answer stays inside."""
        self.do_send(self.new_client_request(node_id, request, now_ms), True, now_ms)

    @span(Stage.REQUEST, show="request is_internal")
    def do_send(self, request: ClientRequest, is_internal: bool, now_ms: int) -> None:
        """Choose the version, turn the request into bytes, remember it as in flight, hand it to the selector."""
        self._ensure_active()
        if not is_internal and not self.can_send_request(request.destination, now_ms):
            raise IllegalStateError(f"node {request.destination} is not ready to be sent {request}")
        try:
            version = self._api_versions.usable_version(request.destination, request.api_key)
            header = request.header(min(version, request.request.latest_version))
            send = NetworkSend(request.destination, encode_request(header, request.request))
        except UNSENDABLE as error:
            return self._abort_send(request, error, is_internal, now_ms)
        log.debug("Sending %s to node %s", header, request.destination)
        in_flight = InFlightRequest.of(request, header, send, now_ms, is_internal=is_internal)
        # Remembered first: a selector that fails at once reports the disconnection, and with it this request.
        self._in_flight_requests.add(in_flight)
        return self._selector.send(send)

    def _abort_send(self, request: ClientRequest, error: Unsendable, is_internal: bool, now_ms: int) -> None:
        log.warning("%s cannot be sent to node %s: %s", request.api_key.title, request.destination, error)
        if is_internal and request.api_key is ApiKey.METADATA:
            self._metadata_updater.handle_unsendable_request(request.destination, error, now_ms)
        else:
            self._aborted_sends.append(request.aborted(error, now_ms))

    # Waiting, and everything that follows from it...

    @span(Stage.POLL, show="timeout_ms")
    @decision("poll_timeout_ms", "timeout_ms metadata_timeout_ms telemetry_timeout_ms self.request_timeout_ms")
    def poll(self, timeout_ms: float, now_ms: int) -> list[ClientResponse]:
        """Wait for the network, at most `timeout_ms`, and deal with all that happened; return the requests now over."""
        self._ensure_active()
        responses: list[ClientResponse] = []
        if self._aborted_sends:
            # There is something to tell already, so do not wait for anything else.
            self.handle_aborted_sends(responses)
            self.complete_responses(responses)
            return responses
        metadata_timeout_ms = self._metadata_updater.maybe_update(now_ms)
        telemetry_timeout_ms = self.telemetry.maybe_update(now_ms)
        poll_timeout_ms = min(timeout_ms, metadata_timeout_ms, telemetry_timeout_ms, self.request_timeout_ms)
        try:
            self._selector.poll(poll_timeout_ms)
        except OSError:
            log.exception("The selector failed; the poll goes on with what it has brought")
        updated_now_ms = self._clock.now_ms()
        self.handle_completed_sends(responses, updated_now_ms)
        self.handle_completed_receives(responses, updated_now_ms)
        self.handle_disconnections(responses, updated_now_ms)
        self.handle_connections()
        self.handle_initiate_api_version_requests(updated_now_ms)
        self.handle_timed_out_connections(responses, updated_now_ms)
        self.handle_timed_out_requests(responses, updated_now_ms)
        self._metadata_updater.handle_rebootstrap(self._disconnect, responses, updated_now_ms)
        self.complete_responses(responses)
        return responses

    @span(Stage.WAKEUP)
    def wakeup(self) -> None:
        """End the poll that another thread is waiting in, or the next one."""
        self._selector.wakeup()

    @span(Stage.COMPLETE)
    def handle_aborted_sends(self, responses: list[ClientResponse]) -> None:
        """The requests that no version fits: over before they were sent."""
        responses.extend(self._aborted_sends)
        self._aborted_sends.clear()

    @span(Stage.COMPLETE)
    def handle_completed_sends(self, responses: list[ClientResponse], now_ms: int) -> None:
        """The requests that need no answer are over when they have left (acks=0)."""
        for send in self._selector.completed_sends:
            if not self._in_flight_requests.last_sent(send.destination).expect_response:
                request = self._in_flight_requests.complete_last_sent(send.destination)
                responses.append(request.completed(None, now_ms))

    @span(Stage.COMPLETE)
    def handle_completed_receives(self, responses: list[ClientResponse], now_ms: int) -> None:
        """Each answer goes to the oldest request of its connection; the client's own are used up here."""
        for receive in self._selector.completed_receives:
            try:
                request, response = self.parse_response(receive)
            except ProtocolError as error:
                self._disconnect(receive.source, str(error), now_ms, responses)
                continue
            self._throttling.maybe_throttle(request, response, now_ms)
            if not request.is_internal:
                responses.append(request.completed(response, now_ms))
            elif isinstance(response, MetadataResponse):
                self._metadata_updater.handle_successful_response(request, response, now_ms)
            elif isinstance(response, ApiVersionsResponse):
                self.handle_api_versions_response(request, response, responses, now_ms)

    @span(Stage.COMPLETE, show="receive return")
    def parse_response(self, receive: NetworkReceive) -> tuple[InFlightRequest, Message]:
        """Turn the bytes of an answer into a message, by the request that it must belong to: the oldest one.

        Raises:
            ProtocolError: if nothing was asked, or not yet, or something else, or the bytes cannot be read.
        """
        request = self._in_flight_requests.oldest(receive.source)
        correlation_id = read_correlation_id(receive.payload)
        if request is None or not request.may_be_answered or correlation_id != request.header.correlation_id:
            raise ProtocolError(f"an answer with correlation id {correlation_id} came where {request} was in flight")
        response = decode_response(request.header, receive.payload)
        return self._in_flight_requests.complete_next(receive.source), response

    @span(Stage.COMPLETE)
    def handle_disconnections(self, responses: list[ClientResponse], now_ms: int) -> None:
        """Whatever was in flight on a connection that ended is over, without an answer."""
        for node_id, end in self._selector.disconnected.items():
            reason = reason_of(end.error) if end.error is not None else end.state.value
            self._disconnect(node_id, reason, now_ms, responses, error=end.error)

    @span(Stage.CONNECT)
    def handle_connections(self) -> None:
        """A connected node is not ready yet: first it has to say which versions it speaks."""
        for node_id in self._selector.connected:
            self._api_versions.connected(node_id)

    @span(Stage.CONNECT)
    def handle_initiate_api_version_requests(self, now_ms: int) -> None:
        """Ask the nodes that are connected which versions they speak."""
        cluster_id = self._metadata.cluster.cluster_id
        for node_id in self._api_versions.nodes_to_ask():
            if self._selector.is_channel_ready(node_id) and self._in_flight_requests.can_send_more(node_id):
                node = self._connection_states.checking_api_versions(node_id)
                self._metadata.progress.begun(node.doing, now_ms)
                self.send_internal(node_id, self._api_versions.ask(node_id, cluster_id), now_ms)

    @span(Stage.CONNECT, show="response")
    def handle_api_versions_response(
        self, request: InFlightRequest, response: ApiVersionsResponse, responses: list[ClientResponse], now_ms: int
    ) -> None:
        """The node is ready for requests; or it does not know even this one, and is asked again in an older version."""
        node_id = request.destination
        problem = self._api_versions.answered(node_id, request.header.api_version, response)
        if response.error_code == RebootstrapRequiredError.code:
            self._metadata_updater.initiate_rebootstrap()
        if problem is not None:
            self._disconnect(node_id, problem, now_ms, responses)
        elif self._api_versions.is_known(node_id):
            self._connection_states.ready(node_id)

    @span(Stage.CONNECT)
    def handle_timed_out_connections(self, responses: list[ClientResponse], now_ms: int) -> None:
        """Give up the attempts to connect that take too long."""
        for node in self._connection_states.nodes_with_setup_timeout(now_ms):
            self._disconnect(node.id, f"no answer for {node.setup_timeout_ms:.0f} ms", now_ms, responses)

    @span(Stage.COMPLETE)
    def handle_timed_out_requests(self, responses: list[ClientResponse], now_ms: int) -> None:
        """One answer that takes too long costs the connection, and with it every request in flight on it."""
        for request in self._in_flight_requests.expired(now_ms):
            reason = f"{request} was not answered for {request.waited_ms(now_ms)} ms"
            self._disconnect(request.destination, reason, now_ms, responses, timed_out=True)

    @span(Stage.COMPLETE, show="responses")
    def complete_responses(self, responses: list[ClientResponse]) -> None:
        """Tell everybody who made a request that is over. One that raises does not keep the others from being told."""
        for response in responses:
            try:
                response.on_complete()
            except Exception:
                log.exception("Uncaught error while completing a request to node %s", response.destination)

    # The end of the client...

    def _ensure_active(self) -> None:
        if not self._is_active:
            raise IllegalStateError("the network client is closed")

    def close(self) -> None:
        """Close all connections. Requests in flight are dropped, and nobody is told."""
        self._is_active = False
        self._selector.close()
