# ruff: noqa: F841, RUF059 (names that are there to be used)
"""What is to be written.

Java: no counterpart.
"""

from __future__ import annotations

from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.network.selector import Selector
from kafka_nio.producer.sender import Sender


def send_producer_data(self: Sender, now_ms: int) -> float:
    """Make requests of the batches that may leave now; return how long the poll may sleep, in ms."""
    cluster = self._metadata.fetch()
    check = self._accumulator.ready(cluster, now_ms)
    self._ask_for_leaders(check.unknown_leader_topics, now_ms)
    nodes, not_ready_delay_ms = self._keep_ready_nodes(check.ready_nodes, now_ms)
    batches = self._accumulator.drain(cluster, nodes, self._max_request_size, now_ms)
    self._note_in_flight(batches, now_ms)
    self._fail_batches_not_encoded()
    self.fail_expired_batches(cluster, now_ms)
    self.send_produce_requests(batches, cluster, now_ms)
    next_expiry_ms = min(self._accumulator.next_expiry_ms, self._in_flight.next_expiry_ms)
    raise NotImplementedError("send_producer_data is not written yet")


def client_poll(self: NetworkClient, timeout_ms: float, now_ms: int) -> list[ClientResponse]:
    """Wait for the network, at most `timeout_ms`, and deal with all that happened; return the requests now over."""
    self._ensure_active()
    responses: list[ClientResponse] = []
    if self._aborted_sends:
        # There is something to tell already, so do not wait for anything else.
        self.handle_aborted_sends(responses)
        self.complete_responses(responses)
        return responses
    # Each of these sends its request if that is due, and says in how many ms it has to be asked again.
    metadata_timeout_ms = self._metadata_updater.maybe_update(now_ms)
    telemetry_timeout_ms = self.telemetry.maybe_update(now_ms)
    raise NotImplementedError("client_poll is not written yet")


def selector_poll(self: Selector, timeout_ms: float) -> None:
    """Move every connection forward: sleep until one of them can be, then connect, read and write without waiting."""
    if timeout_ms < 0:
        raise ValueError(f"the timeout must not be negative, and is {timeout_ms} ms")
    self.clear()
    raise NotImplementedError("selector_poll is not written yet")


# There is nothing to write from here on...


def everything_that_follows(self: NetworkClient, responses: list[ClientResponse]) -> list[ClientResponse]:
    """Deal with all that the selector has brought."""
    now_ms = self._clock.now_ms()
    self.handle_completed_sends(responses, now_ms)
    self.handle_completed_receives(responses, now_ms)
    self.handle_disconnections(responses, now_ms)
    self.handle_connections()
    self.handle_initiate_api_version_requests(now_ms)
    self.handle_timed_out_connections(responses, now_ms)
    self.handle_timed_out_requests(responses, now_ms)
    self._metadata_updater.handle_rebootstrap(self._disconnect, responses, now_ms)
    self.complete_responses(responses)
    return responses


def move_forward(self: Selector, ready_keys: int) -> None:
    """Connect, read and write whatever is possible."""
    end_select_ns = self._clock.now_ns()
    if ready_keys > 0 or self._immediately_connected_keys:
        self.poll_selection_keys(self._nio_selector.selected_keys, False, end_select_ns)
        self.poll_selection_keys(self._immediately_connected_keys, True, end_select_ns)
    self.add_to_completed_receives()
    self.maybe_close_oldest_connection(end_select_ns)
    self._metrics.worked(self._clock.now_ns() - end_select_ns)
