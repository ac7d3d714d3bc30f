"""ApiVersions: "what do you speak?", the first request on every connection.

The answer lists the APIs of the broker with the versions it takes. A broker that does not know the version of this very
request answers with error 35 in the form of version 0, which everybody can read.

Versions: 1 throttle time; 3 flexible, the client tells its name and version (KIP-511), features (KIP-584); 5 the client
tells whom it means to ask, and is told to begin again if that is somebody else (KIP-1242).

Java: org.apache.kafka.common.requests.ApiVersionsRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, field, message


@message
class ApiVersionsRequest(Message):
    """Who asks, and whom: which broker of which cluster it believes to have reached, if it knows (KIP-1242).

    Name and version consist of letters, digits, `-` and `.`, and begin and end with a letter or digit.
    """

    api_key: ClassVar[ApiKey] = ApiKey.API_VERSIONS

    client_software_name: str = field(since=3, default="")
    client_software_version: str = field(since=3, default="")
    cluster_id: str | None = field(since=5, default=None)
    node_id: Int32 = field(since=5, default=-1)


@message
class ApiVersion:
    """One API of the broker and the range of versions that it takes."""

    api_key: Int16
    min_version: Int16
    max_version: Int16


@message
class SupportedFeatureKey:
    """A feature that the broker could use, if the cluster agreed."""

    name: str
    min_version: Int16
    max_version: Int16


@message
class FinalizedFeatureKey:
    """A feature that the whole cluster uses, at these levels."""

    name: str
    max_version_level: Int16
    min_version_level: Int16


@message
class ApiVersionsResponse(Message):
    """What the broker speaks."""

    api_key: ClassVar[ApiKey] = ApiKey.API_VERSIONS

    error_code: Int16 = 0
    api_keys: list[ApiVersion] = field(default=[])
    throttle_time_ms: Int32 = field(since=1, default=0)
    supported_features: list[SupportedFeatureKey] = field(since=3, tag=0, default=[])
    finalized_features_epoch: Int64 = field(since=3, tag=1, default=-1)
    finalized_features: list[FinalizedFeatureKey] = field(since=3, tag=2, default=[])
    zk_migration_ready: bool = field(since=3, tag=3, default=False)
