"""Telling a broker what the producer has counted, if it wants to know (KIP-714).

Who runs a cluster wants to see how its clients fare, and cannot have each team send its metrics somewhere. So a broker
may ask for them. It is asked first what it wants; then it is sent that, again and again, until it wants something else
or the producer closes, which makes a last push.

    SUBSCRIPTION_NEEDED → SUBSCRIPTION_IN_PROGRESS → PUSH_NEEDED ⇄ PUSH_IN_PROGRESS

`ClientTelemetryReporter` knows when the next request is due and what is in it; `telemetry_sender.py` finds the broker.
Apache Kafka takes metrics only with a plugin that receives them. Without one it does not list these requests among its
own, and nothing happens at all.

Left out against Java: metrics of the application's own (KIP-1076).

Java: org.apache.kafka.common.telemetry.internals.ClientTelemetryReporter, telemetry.ClientTelemetryState
"""

import logging
import threading
from collections.abc import Mapping
from enum import Enum
from random import Random
from uuid import UUID

from kafka_nio.client.telemetry_metrics import MetricsCollector
from kafka_nio.client.telemetry_subscription import DEFAULT_PUSH_INTERVAL_MS, Subscription
from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import UnsupportedCompressionTypeError, error_for
from kafka_nio.metrics import Metrics
from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.messages import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
    PushTelemetryRequest,
    PushTelemetryResponse,
)
from kafka_nio.protocol.messages.push_telemetry import (
    TELEMETRY_TOO_LARGE,
    THROTTLING_QUOTA_EXCEEDED,
    UNKNOWN_SUBSCRIPTION_ID,
)
from kafka_nio.protocol.otlp_metrics import encode_metrics
from kafka_nio.protocol.types import ZERO_UUID
from kafka_nio.state_machine import following

log = logging.getLogger(__name__)


class TelemetryState(Enum):
    """What has to be done next."""

    SUBSCRIPTION_NEEDED = "about to ask what is wanted"
    SUBSCRIPTION_IN_PROGRESS = "asked what is wanted"
    PUSH_NEEDED = "waiting for the next push"
    PUSH_IN_PROGRESS = "pushing"
    LAST_BUT_ONE_IN_PROGRESS = "pushing, and then once more"
    TERMINATING_PUSH_NEEDED = "about to push for the last time"
    TERMINATING_PUSH_IN_PROGRESS = "pushing for the last time"
    TERMINATED = "over"


class TelemetryEvent(Enum):
    """What can happen."""

    ASKED = "a request has been made"
    WANTED = "the broker wants something"
    NOTHING_WANTED = "the broker wants nothing"
    TAKEN = "the broker has taken a push"
    FAILED = "a request came to nothing"
    CLOSING = "the producer closes"
    CLOSED = "the producer is closed"


_S, _E = TelemetryState, TelemetryEvent

TRANSITIONS: dict[tuple[TelemetryState, TelemetryEvent], TelemetryState] = {
    (_S.SUBSCRIPTION_NEEDED, _E.ASKED): _S.SUBSCRIPTION_IN_PROGRESS,
    (_S.SUBSCRIPTION_IN_PROGRESS, _E.WANTED): _S.PUSH_NEEDED,
    (_S.SUBSCRIPTION_IN_PROGRESS, _E.NOTHING_WANTED): _S.SUBSCRIPTION_NEEDED,
    (_S.SUBSCRIPTION_IN_PROGRESS, _E.FAILED): _S.SUBSCRIPTION_NEEDED,
    (_S.PUSH_NEEDED, _E.ASKED): _S.PUSH_IN_PROGRESS,
    (_S.PUSH_IN_PROGRESS, _E.TAKEN): _S.PUSH_NEEDED,
    (_S.PUSH_IN_PROGRESS, _E.FAILED): _S.SUBSCRIPTION_NEEDED,
    # The end. Before anything was wanted there is nothing to push.
    (_S.SUBSCRIPTION_NEEDED, _E.CLOSING): _S.TERMINATED,
    (_S.SUBSCRIPTION_IN_PROGRESS, _E.CLOSING): _S.TERMINATED,
    (_S.PUSH_NEEDED, _E.CLOSING): _S.TERMINATING_PUSH_NEEDED,
    # One at a time: else this answer would pass for that of the last push, which might then never leave.
    (_S.PUSH_IN_PROGRESS, _E.CLOSING): _S.LAST_BUT_ONE_IN_PROGRESS,
    (_S.LAST_BUT_ONE_IN_PROGRESS, _E.TAKEN): _S.TERMINATING_PUSH_NEEDED,
    (_S.LAST_BUT_ONE_IN_PROGRESS, _E.FAILED): _S.TERMINATING_PUSH_NEEDED,
    (_S.TERMINATING_PUSH_NEEDED, _E.ASKED): _S.TERMINATING_PUSH_IN_PROGRESS,
    (_S.TERMINATING_PUSH_IN_PROGRESS, _E.TAKEN): _S.TERMINATED,
    (_S.TERMINATING_PUSH_IN_PROGRESS, _E.FAILED): _S.TERMINATED,
    **{(state, _E.CLOSED): _S.TERMINATED for state in _S},
}
"""Whatever else an answer says after the end is of no interest."""

REQUESTS = {
    _S.SUBSCRIPTION_NEEDED: ApiKey.GET_TELEMETRY_SUBSCRIPTIONS,
    _S.PUSH_NEEDED: ApiKey.PUSH_TELEMETRY,
    _S.TERMINATING_PUSH_NEEDED: ApiKey.PUSH_TELEMETRY,
}
"""What has to be sent, where anything has."""

AS_BEFORE = -1

WAIT_AFTER_ERROR: dict[int, float] = {
    UNKNOWN_SUBSCRIPTION_ID: 0,
    UnsupportedCompressionTypeError.code: 0,
    TELEMETRY_TOO_LARGE: AS_BEFORE,
    THROTTLING_QUOTA_EXCEEDED: AS_BEFORE,
}
"""How long to wait before asking again what is wanted. After any other error: for ever."""

JITTER = (0.5, 1.5)
"""The first push comes after so much of the interval, or a thousand clients started together would push together."""


class ClientTelemetryReporter:
    """When to ask and to push, and what. Belongs to the sender's thread but for `client_instance_id`.

    Args:
        metrics: what the producer counts.
        resource: what describes the producer, besides its client id, which the broker knows.
        clock, random: where time and jitter come from.
    """

    def __init__(self, metrics: Metrics, resource: Mapping[str, str], clock: Clock, random: Random) -> None:
        self.state = TelemetryState.SUBSCRIPTION_NEEDED
        self.subscription: Subscription | None = None
        self._collector = MetricsCollector(metrics, clock)
        self._resource = resource
        self._clock = clock
        self._random = random
        self._next_request_ms: float = -NEVER
        self._unsupported: set[CompressionType] = set()
        self._subscribed = threading.Condition()

    def transition_to(self, event: TelemetryEvent) -> TelemetryState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        with self._subscribed:
            self.state = following(TRANSITIONS, self.state, event, "telemetry")
            self._subscribed.notify_all()
        return self.state

    # What to send, and when...

    @property
    def is_terminating(self) -> bool:
        """Whether the last push is still to come, or under way."""
        return self.state in (_S.LAST_BUT_ONE_IN_PROGRESS, _S.TERMINATING_PUSH_NEEDED, _S.TERMINATING_PUSH_IN_PROGRESS)

    def time_to_next_request(self, now_ms: int) -> float:
        """How long until a request is due, in ms; infinite while one is under way."""
        if self.state not in REQUESTS:
            return NEVER
        if self.state is TelemetryState.TERMINATING_PUSH_NEEDED:
            return 0
        return max(self._next_request_ms - now_ms, 0)

    def create_request(self) -> Message:
        """The request that is due; with this it counts as made."""
        is_terminating = self.state is TelemetryState.TERMINATING_PUSH_NEEDED
        api_key = REQUESTS[self.state]
        self.transition_to(TelemetryEvent.ASKED)
        if api_key is ApiKey.GET_TELEMETRY_SUBSCRIPTIONS or self.subscription is None:
            known = self.subscription.client_instance_id if self.subscription is not None else ZERO_UUID
            return GetTelemetrySubscriptionsRequest(client_instance_id=known)
        return self._push(self.subscription, is_terminating)

    def _push(self, subscription: Subscription, is_terminating: bool) -> PushTelemetryRequest:
        points = self._collector.collect(subscription.wants, subscription.wants_deltas)
        payload = encode_metrics(points, self._resource)
        accepted = (kind for kind in subscription.accepted_compression_types if kind not in self._unsupported)
        compression_type = next(accepted, CompressionType.NONE)
        try:
            compressed = Compression(compression_type).compress(payload)
        except UnsupportedCompressionTypeError as error:
            log.debug("Metrics are pushed as they are: %s", error)
            self._unsupported.add(compression_type)
            compression_type, compressed = CompressionType.NONE, payload
        return PushTelemetryRequest(
            subscription.client_instance_id, subscription.subscription_id, is_terminating, compression_type, compressed
        )

    # What comes of it...

    def handle_subscription(self, response: GetTelemetrySubscriptionsResponse, now_ms: int) -> None:
        """The broker says what it wants."""
        if self.state is not TelemetryState.SUBSCRIPTION_IN_PROGRESS:
            return
        if response.error_code or response.client_instance_id == ZERO_UUID:
            self._handle_error(response.error_code, now_ms)
            return
        before, self.subscription = self.subscription, Subscription.of(response)
        if before is not None and before.wants_deltas != self.subscription.wants_deltas:
            self._collector.reset()
        interval_ms: float = self.subscription.push_interval_ms
        if self.subscription.is_empty:
            self.transition_to(TelemetryEvent.NOTHING_WANTED)
        else:
            log.info("A broker wants metrics, and calls us %s", self.subscription.client_instance_id)
            self.transition_to(TelemetryEvent.WANTED)
            interval_ms = round(interval_ms * self._random.uniform(*JITTER))
        self._next_request_ms = now_ms + interval_ms

    def handle_push(self, response: PushTelemetryResponse, now_ms: int) -> None:
        """The broker has taken a push, or not."""
        if self.state is TelemetryState.TERMINATED:
            return
        if response.error_code:
            self._handle_error(response.error_code, now_ms)
            return
        self.transition_to(TelemetryEvent.TAKEN)
        assert self.subscription is not None
        self._next_request_ms = now_ms + self.subscription.push_interval_ms

    def _handle_error(self, error_code: int, now_ms: int) -> None:
        wait_ms = WAIT_AFTER_ERROR.get(error_code, NEVER)
        if wait_ms == AS_BEFORE:
            wait_ms = self.subscription.push_interval_ms if self.subscription is not None else DEFAULT_PUSH_INTERVAL_MS
        if wait_ms == NEVER:
            log.warning("No metrics are pushed any more: %s", error_for(error_code) or "we were given no id")
        self._fail(now_ms + wait_ms)

    def handle_lost_request(self, now_ms: int) -> None:
        """The connection was lost before the answer came. Perhaps another broker will do, later."""
        self._fail(now_ms + DEFAULT_PUSH_INTERVAL_MS)

    def handle_unsupported(self) -> None:
        """The broker does not take metrics, and so none in its cluster will."""
        log.debug("The broker takes no metrics, so none are pushed")
        self.close()

    def _fail(self, next_request_ms: float) -> None:
        if self.state is not TelemetryState.TERMINATED:
            self._next_request_ms = next_request_ms
            self.transition_to(TelemetryEvent.FAILED)

    # The end...

    def initiate_close(self) -> None:
        """One more push, if the broker wants any."""
        if self.state is not TelemetryState.TERMINATED:
            self.transition_to(TelemetryEvent.CLOSING)

    def close(self) -> None:
        """No push any more."""
        self.transition_to(TelemetryEvent.CLOSED)

    # For the application...

    def client_instance_id(self, timeout_ms: float) -> UUID | None:
        """The id that a broker has given us, or None if none has within `timeout_ms`. Any thread may ask."""
        with self._subscribed:
            self._clock.wait(self._subscribed, self._knows_its_id, timeout_ms)
            return self.subscription.client_instance_id if self.subscription is not None else None

    def _knows_its_id(self) -> bool:
        return self.subscription is not None or self.state is TelemetryState.TERMINATED

    def __repr__(self) -> str:
        return f"<ClientTelemetryReporter: {self.state.value}>"
