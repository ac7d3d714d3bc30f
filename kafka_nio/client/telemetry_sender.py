"""Which broker is asked for its wishes and sent our metrics: one that we are connected to, always the same.

Telemetry comes last. It never begins the first connection, and as long as it has found nobody who wants metrics, it
opens none at all. Later it may have to: a producer that has been silent for so long that its connections were closed
still has metrics to push.

Java: org.apache.kafka.clients.NetworkClient.TelemetrySender
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from kafka_nio.client.api_versions import ApiVersionsRequests
from kafka_nio.client.backoff import LEAST_PAUSE_MS
from kafka_nio.client.requests import ClientResponse
from kafka_nio.client.telemetry import ClientTelemetryReporter
from kafka_nio.clock import NEVER, Clock
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import GetTelemetrySubscriptionsResponse, PushTelemetryResponse

if TYPE_CHECKING:
    from kafka_nio.client.network_client import NetworkClient

log = logging.getLogger(__name__)


class TelemetrySender:
    """Sends what the reporter has to send, on the sender's thread.

    Args:
        client: through which it is sent.
        api_versions: which nodes are there, and what they take.
        reporter: what is due; None if metrics are not to be pushed.
        clock: where time comes from.
        reconnect_backoff_ms: how long to wait if nobody can be connected to.
    """

    def __init__(
        self,
        client: "NetworkClient",
        api_versions: ApiVersionsRequests,
        reporter: ClientTelemetryReporter | None,
        clock: Clock,
        reconnect_backoff_ms: float,
    ) -> None:
        self._client = client
        self._api_versions = api_versions
        self._reporter = reporter
        self._clock = clock
        self._pause_ms = max(reconnect_backoff_ms, LEAST_PAUSE_MS)
        self._sticky_node: str | None = None

    def maybe_update(self, now_ms: int) -> float:
        """Send what is due, if that is possible now; return how long until it has to be looked at again, in ms."""
        if self._reporter is None:
            return NEVER
        time_to_next_request_ms = self._reporter.time_to_next_request(now_ms)
        if time_to_next_request_ms > 0:
            return time_to_next_request_ms
        nodes = self._api_versions.known_nodes()
        if not nodes:
            return self._connect(self._reporter, now_ms)
        able = [node for node in nodes if self._api_versions.knows(node, ApiKey.PUSH_TELEMETRY)]
        if not able:
            self._reporter.handle_unsupported()
        ready = [node for node in able if self._client.can_send_request(node, now_ms)]
        if ready:
            self._send(self._reporter, ready, now_ms)
        return NEVER  # an answer, or whatever makes another node ready, ends the poll and leads here again

    def _connect(self, reporter: ClientTelemetryReporter, now_ms: int) -> float:
        if reporter.is_terminating:
            reporter.close()  # nobody is left to be told
        if reporter.subscription is None or reporter.time_to_next_request(now_ms) > 0:
            return NEVER
        node = self._client.least_loaded_node(now_ms)
        if node is not None:
            self._client.ready(node, now_ms)
        return self._pause_ms

    def _send(self, reporter: ClientTelemetryReporter, ready: list[str], now_ms: int) -> None:
        if self._sticky_node not in ready:
            self._sticky_node = ready[0]
        request = reporter.create_request()
        self._client.send(
            self._client.new_client_request(self._sticky_node, request, now_ms, callback=self._handle_response), now_ms
        )

    def _handle_response(self, response: ClientResponse) -> None:
        assert self._reporter is not None
        match response.response:
            case GetTelemetrySubscriptionsResponse() as subscription:
                self._reporter.handle_subscription(subscription, response.received_ms)
            case PushTelemetryResponse() as push:
                self._reporter.handle_push(push, response.received_ms)
            case _:
                self._reporter.handle_lost_request(response.received_ms)

    def push_last_metrics(self, give_up_at_ms: Callable[[], float]) -> None:
        """Push what was counted since the last time, now that everything has its outcome, and be done.

        Java does this while the last records are still under way, so that its last metrics do not tell of them.
        """
        if self._reporter is None:
            return
        self._reporter.initiate_close()
        while self._reporter.is_terminating and (now_ms := self._clock.now_ms()) < give_up_at_ms():
            try:
                self._client.poll(max(0, min(self._client.request_timeout_ms, give_up_at_ms() - now_ms)), now_ms)
            except Exception:
                log.exception("The last metrics could not be pushed")
                break
        self._reporter.close()
