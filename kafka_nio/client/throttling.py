"""A broker that gets more than its quota allows asks the client to keep quiet for a while (KIP-219).

Every answer says for how long, in `throttle_time_ms`. Long ago the broker held the answer back for that time, and the
client had nothing to do. From a certain version of each answer on, the broker answers at once, stops reading from the
connection, and expects the client to send nothing to it meanwhile: `FIRST_VERSIONS`. To send all the same would only
fill the buffers between the two, and the requests would look as if they were not answered in time. So a request that
waits for a throttled broker gets the time on top of its own (KAFKA-16083).

Java: org.apache.kafka.common.requests.AbstractResponse.shouldClientThrottle, NetworkClient.maybeThrottle
"""

import logging

from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.metrics import Metrics
from kafka_nio.protocol.api import ApiKey, Message

log = logging.getLogger(__name__)

FIRST_VERSIONS: dict[ApiKey, int] = {
    ApiKey.PRODUCE: 6,
    ApiKey.FETCH: 8,
    ApiKey.LIST_OFFSETS: 3,
    ApiKey.METADATA: 6,
    ApiKey.FIND_COORDINATOR: 2,
    ApiKey.API_VERSIONS: 2,
    ApiKey.INIT_PRODUCER_ID: 1,
    ApiKey.ADD_PARTITIONS_TO_TXN: 1,
    ApiKey.ADD_OFFSETS_TO_TXN: 1,
    ApiKey.END_TXN: 1,
    ApiKey.TXN_OFFSET_COMMIT: 1,
}
"""The version of each answer from which on it is the client that waits. The APIs of a login know no throttling."""


def throttle_time_ms(response: Message) -> int:
    """For how long the broker throttles this client, whoever of the two has to wait."""
    return int(getattr(response, "throttle_time_ms", 0))


def should_client_throttle(api_key: ApiKey, api_version: int) -> bool:
    """Whether an answer of this version asks the client to wait."""
    return api_version >= FIRST_VERSIONS.get(api_key, api_version + 1)


class Throttling:
    """Reads each answer's throttle time, and keeps the node from being ready for as long."""

    def __init__(
        self, connection_states: ClusterConnectionStates, in_flight_requests: InFlightRequests, metrics: Metrics
    ) -> None:
        self._connection_states = connection_states
        self._in_flight_requests = in_flight_requests
        self._metrics = metrics

    def maybe_throttle(self, request: InFlightRequest, response: Message, now_ms: int) -> None:
        """Keep quiet towards the node that sent this answer, if it asks for that."""
        header, node_id, time_ms = request.header, request.destination, throttle_time_ms(response)
        if header.api_key is ApiKey.PRODUCE:
            self._metrics.record("produce-throttle-time", time_ms)
        if time_ms > 0 and should_client_throttle(header.api_key, header.api_version):
            log.debug("Node %s throttles this client for %d ms", node_id, time_ms)
            self._in_flight_requests.add_throttle_time(node_id, time_ms)
            self._connection_states.throttle(node_id, now_ms + time_ms)
