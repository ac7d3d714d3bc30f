"""From the bytes of a request to what is to happen: decode it, let a fault strike, find its handler.

Java: kafka.server.KafkaApis
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from kafka_nio.broker.delivery import Delivery
from kafka_nio.broker.faults import Ending, Fault, Faults
from kafka_nio.broker.handlers import (
    add_offsets_to_txn,
    add_partitions_to_txn,
    api_versions,
    end_txn,
    fetch,
    find_coordinator,
    get_telemetry_subscriptions,
    init_producer_id,
    list_offsets,
    metadata,
    offset_for_leader_epoch,
    produce,
    push_telemetry,
    sasl_authenticate,
    sasl_handshake,
    txn_offset_commit,
)
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import CloseConnectionResponse, Outcome, Request, Response, SendResponse
from kafka_nio.broker.sasl.logins import Logins
from kafka_nio.clock import NEVER
from kafka_nio.errors import NONE, ApiError, UnknownServerError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.codec import decode_request, decode_request_header
from kafka_nio.protocol.messages import ApiVersionsRequest, ApiVersionsResponse
from kafka_nio.spans import Stage, span

logger = logging.getLogger(__name__)


def parse_request(connection_id: str, payload: memoryview) -> Request:
    """Decode a request.

    One request may be of a version that we do not speak, ApiVersions: how could a client know which versions there are
    before it has asked? Of that one only the header is read; its handler says the rest.

    Raises:
        ProtocolError: it is malformed.
        UnsupportedVersionError: it is of a version that we do not speak, and the client could have known.
    """
    try:
        return Request(connection_id, *decode_request(payload))
    except UnsupportedVersionError:
        header, _ = decode_request_header(payload)
        if header.api_key is ApiKey.API_VERSIONS:
            return Request(connection_id, header, ApiVersionsRequest())
        raise


ERROR_RESPONSES: dict[ApiKey, Callable[[Request, ApiError], Response]] = {
    ApiKey.PRODUCE: produce.error_response,
    ApiKey.FETCH: fetch.error_response,
    ApiKey.LIST_OFFSETS: list_offsets.error_response,
    ApiKey.METADATA: metadata.error_response,
    ApiKey.FIND_COORDINATOR: find_coordinator.error_response,
    ApiKey.API_VERSIONS: api_versions.error_response,
    ApiKey.INIT_PRODUCER_ID: init_producer_id.error_response,
    ApiKey.OFFSET_FOR_LEADER_EPOCH: offset_for_leader_epoch.error_response,
    ApiKey.SASL_HANDSHAKE: sasl_handshake.error_response,
    ApiKey.SASL_AUTHENTICATE: sasl_authenticate.error_response,
    ApiKey.GET_TELEMETRY_SUBSCRIPTIONS: get_telemetry_subscriptions.error_response,
    ApiKey.PUSH_TELEMETRY: push_telemetry.error_response,
    ApiKey.ADD_PARTITIONS_TO_TXN: add_partitions_to_txn.error_response,
    ApiKey.ADD_OFFSETS_TO_TXN: add_offsets_to_txn.error_response,
    ApiKey.END_TXN: end_txn.error_response,
    ApiKey.TXN_OFFSET_COMMIT: txn_offset_commit.error_response,
}
"""How each kind of request is refused as a whole."""


def error_response(request: Request, error: ApiError) -> Response:
    """Refuse a request, whatever it asks for."""
    return ERROR_RESPONSES[request.api](request, error)


@dataclass
class KafkaApis:
    """One broker's handlers and the faults of the cluster. Belongs to the broker's processor."""

    replicas: ReplicaManager
    faults: Faults
    logins: Logins

    def refusal_of(self, connection_id: str, payload: memoryview) -> str | None:
        """Why a request is not even to be decoded, and the connection has to end; None if it is.

        To decode costs much more than to send, so whoever has not logged in gets no more than a look at the header.

        Raises:
            ProtocolError: the header is malformed.
        """
        if not self.logins.mechanisms:
            return None
        header, _ = decode_request_header(payload)
        return self.logins.complaint_about(connection_id, header.api_key, len(payload))

    @span(Stage.BROKER, show="request return")
    def handle(self, request: Request) -> Outcome:
        """Decide what is to happen with a request. Never raises: what goes wrong becomes an answer."""
        complaint = self.logins.complaint_about(request.connection_id, request.api)
        if complaint is not None:
            return CloseConnectionResponse(complaint)
        fault = self.faults.next_for(self.replicas.node_id, request.api)
        return self._handle(request) if fault is None else self._handle_with(fault, request)

    @property
    def next_scheduled_ms(self) -> float:
        """When there will be something to do that no request asks for."""
        transactions = self.replicas.transactions
        return transactions.next_deadline_ms if transactions.seat.node_id == self.replicas.node_id else NEVER

    def do_scheduled_work(self, now_ms: int) -> None:
        """Do what is due: the transaction coordinator aborts what has taken too long."""
        if self.next_scheduled_ms <= now_ms:
            self.replicas.transactions.abort_timed_out_transactions(now_ms)

    def _handle(self, request: Request) -> Outcome:
        try:
            return self._dispatch(request)
        except Exception:
            logger.exception("Unexpected error while handling %s from %s", request, request.connection_id)
            return error_response(request, UnknownServerError())

    def _dispatch(self, request: Request) -> Outcome:
        match request.api:
            case ApiKey.PRODUCE:
                return produce.handle_produce_request(self.replicas, request)
            case ApiKey.FETCH:
                return fetch.handle_fetch_request(self.replicas, request)
            case ApiKey.LIST_OFFSETS:
                return list_offsets.handle_list_offsets_request(self.replicas, request)
            case ApiKey.METADATA:
                return metadata.handle_metadata_request(self.replicas, request)
            case ApiKey.FIND_COORDINATOR:
                return find_coordinator.handle_find_coordinator_request(self.replicas, request)
            case ApiKey.API_VERSIONS:
                return self._handle_api_versions(request)
            case ApiKey.INIT_PRODUCER_ID:
                return init_producer_id.handle_init_producer_id_request(self.replicas, request)
            case ApiKey.OFFSET_FOR_LEADER_EPOCH:
                return offset_for_leader_epoch.handle_offset_for_leader_epoch_request(self.replicas, request)
            case ApiKey.SASL_HANDSHAKE:
                return sasl_handshake.handle_sasl_handshake_request(self.logins, request)
            case ApiKey.SASL_AUTHENTICATE:
                return sasl_authenticate.handle_sasl_authenticate_request(self.logins, request)
            case ApiKey.GET_TELEMETRY_SUBSCRIPTIONS:
                client_metrics = self.replicas.cluster.client_metrics
                return get_telemetry_subscriptions.handle_get_telemetry_subscriptions_request(client_metrics, request)
            case ApiKey.PUSH_TELEMETRY:
                return push_telemetry.handle_push_telemetry_request(self.replicas.cluster.client_metrics, request)
            case ApiKey.ADD_PARTITIONS_TO_TXN:
                return add_partitions_to_txn.handle_add_partitions_to_txn_request(self.replicas, request)
            case ApiKey.ADD_OFFSETS_TO_TXN:
                return add_offsets_to_txn.handle_add_offsets_to_txn_request(self.replicas, request)
            case ApiKey.END_TXN:
                return end_txn.handle_end_txn_request(self.replicas, request)
            case ApiKey.TXN_OFFSET_COMMIT:
                return txn_offset_commit.handle_txn_offset_commit_request(self.replicas, request)

    def _handle_api_versions(self, request: Request) -> SendResponse:
        response = api_versions.handle_api_versions_request(self.replicas, request)
        if cast(ApiVersionsResponse, response.body).error_code == NONE:
            self.logins.versions_asked(request.connection_id)
        return response

    def _handle_with(self, fault: Fault, request: Request) -> Outcome:
        logger.debug("%s from %s meets %s", request, request.connection_id, fault)
        if fault.ending is Ending.REQUEST_LOST:
            return CloseConnectionResponse(fault.ending.value, delay_ms=fault.delay_ms)
        outcome = error_response(request, fault.error()) if fault.error else self._handle(request)
        if fault.ending is Ending.SILENCE:
            return None
        if fault.ending is Ending.RESPONSE_LOST:
            return CloseConnectionResponse(fault.ending.value, delay_ms=fault.delay_ms)
        return _held_back(outcome, fault) if isinstance(outcome, Response) else outcome


def _held_back(response: Response, fault: Fault) -> Response:
    """The same response, later, in other pieces, or with silence ordered behind it."""
    held_back = replace(response, delay_ms=fault.delay_ms, throttle_ms=fault.throttle_ms, delivery=fault.delivery)
    if isinstance(held_back, SendResponse) and fault.delivery is Delivery.CUT:
        held_back = replace(held_back, is_last=True)
    if isinstance(held_back, SendResponse) and fault.throttle_ms and hasattr(held_back.body, "throttle_time_ms"):
        held_back.body.throttle_time_ms = fault.throttle_ms
    return held_back
