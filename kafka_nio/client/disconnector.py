"""What follows from the end of a connection, whoever ended it.

The socket is closed, the pause before the next attempt begins, the versions that the node spoke are forgotten, and the
requests in flight are over without an answer, in the order in which they were sent. The metadata may be to blame (the
cluster may have changed), so it is asked for again.

Java: org.apache.kafka.clients.NetworkClient.processDisconnection, cancelInFlightRequests
"""

import logging

from kafka_nio.client.api_versions import ApiVersionsRequests
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.metadata_updater import MetadataUpdater
from kafka_nio.client.progress import Progress
from kafka_nio.client.requests import ClientResponse
from kafka_nio.errors import AuthenticationError
from kafka_nio.network import Selector
from kafka_nio.protocol.api import ApiKey

log = logging.getLogger(__name__)


class Disconnector:
    """Ends connections for the network client, on the sender's thread."""

    def __init__(
        self,
        selector: Selector,
        connection_states: ClusterConnectionStates,
        in_flight_requests: InFlightRequests,
        api_versions: ApiVersionsRequests,
        metadata_updater: MetadataUpdater,
        progress: Progress,
    ) -> None:
        self._selector = selector
        self._connection_states = connection_states
        self._in_flight_requests = in_flight_requests
        self._api_versions = api_versions
        self._metadata_updater = metadata_updater
        self._progress = progress

    def disconnect(
        self,
        node_id: str,
        reason: str,
        now_ms: int,
        responses: list[ClientResponse],
        *,
        timed_out: bool = False,
        error: Exception | None = None,
    ) -> None:
        """Close what is left of a connection and give up what was in flight on it.

        Args:
            reason: why, in the words of an error message.
            responses: takes the requests that are over with it; the client's own are dealt with here.
            timed_out: it is ended because an answer took too long.
            error: what ended it, if anything did; an AuthenticationError is remembered, and logged aloud.
        """
        self._selector.close(node_id)
        node = self._connection_states.node(node_id)
        failure = f"{node.doing} failed: {reason}"
        level = logging.ERROR if isinstance(error, AuthenticationError) else logging.INFO
        log.log(level, "Node %s: %s", node_id, failure)
        self._progress.failed(failure)
        node.last_failure = failure
        self._connection_states.disconnected(node_id, now_ms, error)
        self._api_versions.forget(node_id)
        for request in self._in_flight_requests.clear_all(node_id):
            if not request.is_internal:
                responses.append(request.disconnected(now_ms, failure, timed_out=timed_out))
            elif request.header.api_key is ApiKey.METADATA:
                self._metadata_updater.handle_failed_request(now_ms)
        self._metadata_updater.handle_server_disconnect(now_ms, error)


def reason_of(error: Exception) -> str:
    """Why a connection ended, in the words of the error that ended it."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
