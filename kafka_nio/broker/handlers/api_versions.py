"""ApiVersions: v0-5

Version notes:
* v3: flexible; the client gives its name and version, which have to look like a name and a version
* v4: no change for us
* v5: the client may say which broker of which cluster it means to ask

Behaviour:
* Answers with the versions this broker speaks.
* A version it does not know is answered in version 0, with UNSUPPORTED_VERSION and the versions of ApiVersions alone,
  so that a newer client can ask again (KIP-511). It is the only request for which a wrong version does not end the
  connection.
* A client that means another broker, or another cluster, is told to begin again: REBOOTSTRAP_REQUIRED (KIP-1242).
* Produce is said to be spoken from version 0, which is not true: versions 0 to 2 are refused. Kafka 4 does the same,
  because librdkafka takes a broker without them for one that is too old to compress (KAFKA-18659).

Java: kafka.server.KafkaApis
"""

import re
from typing import cast

from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, InvalidRequestError, RebootstrapRequiredError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersion, ApiVersionsRequest, ApiVersionsResponse
from kafka_nio.spans import Stage, span

ADVERTISED: dict[ApiKey, tuple[int, int]] = {
    **{api: (api.oldest, api.latest) for api in ApiKey},
    ApiKey.PRODUCE: (0, ApiKey.PRODUCE.latest),
    ApiKey.SASL_HANDSHAKE: (1, ApiKey.SASL_HANDSHAKE.latest),
}
"""What the broker says it speaks: the oldest and the latest version of each request."""

TELEMETRY = frozenset({ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, ApiKey.PUSH_TELEMETRY})
"""What it keeps to itself until somebody wants the metrics of clients."""

FIRST_VERSION_WITH_SOFTWARE_NAME = 3

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


@span(Stage.BROKER, show="request")
def handle_api_versions_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Say which versions of which requests this broker speaks."""
    body = cast(ApiVersionsRequest, request.body)
    if not request.api.speaks(request.version):
        return error_response(request, UnsupportedVersionError())
    if request.version >= FIRST_VERSION_WITH_SOFTWARE_NAME and not _is_valid(body):
        return error_response(request, InvalidRequestError())
    if _means_another(body, replicas):
        return error_response(request, RebootstrapRequiredError())
    hidden = frozenset() if replicas.cluster.client_metrics.has_receiver else TELEMETRY
    response = ApiVersionsResponse(api_keys=[_spoken(key) for key in sorted(ADVERTISED.keys() - hidden)])
    replicas.cluster.features.tell(response, request.version)
    return SendResponse(response)


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse, but tell at least which versions of this very request are spoken."""
    return SendResponse(ApiVersionsResponse(error_code=error.code, api_keys=[_spoken(ApiKey.API_VERSIONS)]))


def _spoken(api_key: ApiKey) -> ApiVersion:
    oldest, latest = ADVERTISED[api_key]
    return ApiVersion(api_key=api_key, min_version=oldest, max_version=latest)


def _means_another(request: ApiVersionsRequest, replicas: ReplicaManager) -> bool:
    """Whether the client takes us for somebody else. One that does not name a cluster takes us for nobody."""
    expected = (request.cluster_id, request.node_id)
    return request.cluster_id is not None and expected != (replicas.cluster.cluster_id, replicas.node_id)


def _is_valid(request: ApiVersionsRequest) -> bool:
    """Kafka puts these into the names of metrics, so it is particular. Java: ApiVersionsRequest.isValid."""
    names = (request.client_software_name, request.client_software_version)
    return all(_SOFTWARE.fullmatch(name) for name in names)
