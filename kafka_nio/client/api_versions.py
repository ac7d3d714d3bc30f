"""Asking each new connection which versions its broker speaks, and remembering the answers.

The question has a version too. We ask in our newest one. A broker that does not know that answers
UNSUPPORTED_VERSION, in the one form that everybody can read, and says which versions of the question it does know; then
it is asked again on the same connection (KIP-511).

Addresses outlive brokers: behind one that we know, another broker of the cluster may listen by now, or another cluster.
So the question tells whom we mean to ask, as soon as we know it, and a broker that is somebody else answers
REBOOTSTRAP_REQUIRED: begin again from your bootstrap servers (KIP-1242). Who never begins again does not tell.

Java: org.apache.kafka.clients.NetworkClient.handleApiVersionsResponse, ApiVersions
"""

from kafka_nio.client.finalized_features import FinalizedFeatures
from kafka_nio.client.node_api_versions import NodeApiVersions
from kafka_nio.errors import UnsupportedVersionError, error_for
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersionsRequest, ApiVersionsResponse
from kafka_nio.version import VERSION

SOFTWARE_NAME = "kafka-nio"


class ApiVersionsRequests:
    """Which nodes have to be asked, in which version of the question, and what they answered.

    Args:
        checks_cluster: whether to tell a node which one of which cluster we take it for.
    """

    def __init__(self, *, checks_cluster: bool = False) -> None:
        self._checks_cluster = checks_cluster
        self._nodes_to_ask: dict[str, int] = {}
        self._versions_to_ask_in: dict[str, int] = {}
        self._known: dict[str, NodeApiVersions] = {}
        self.finalized_features = FinalizedFeatures()

    def connected(self, node_id: str) -> None:
        """A new connection stands, so its node has to be asked, in our newest version."""
        self._nodes_to_ask[node_id] = ApiKey.API_VERSIONS.latest

    def nodes_to_ask(self) -> list[str]:
        """The nodes that have not been asked yet."""
        return list(self._nodes_to_ask)

    def ask(self, node_id: str, cluster_id: str | None) -> ApiVersionsRequest:
        """The question; with this the node counts as asked.

        Args:
            cluster_id: of the cluster that we know, if we know one.
        """
        self._versions_to_ask_in[node_id] = self._nodes_to_ask.pop(node_id)
        request = ApiVersionsRequest(client_software_name=SOFTWARE_NAME, client_software_version=VERSION)
        is_bootstrap_node = int(node_id) < 0
        if self._checks_cluster and cluster_id is not None and not is_bootstrap_node:
            request.cluster_id, request.node_id = cluster_id, int(node_id)
        return request

    def answered(self, node_id: str, version: int, response: ApiVersionsResponse) -> str | None:
        """Take an answer to the question in this version; return what is wrong with it, if that cannot be mended."""
        older = _version_to_ask_again(response)
        if response.error_code == UnsupportedVersionError.code and 0 <= older < version:
            self._nodes_to_ask[node_id] = older
            return None
        if (error := error_for(response.error_code)) is not None:
            return str(error)
        versions = NodeApiVersions(response.api_keys)
        try:
            versions.latest_usable_version(ApiKey.METADATA)
        except UnsupportedVersionError as error:
            return str(error)  # the client would put its questions to this node in vain, and to no other
        self._known[node_id] = versions
        self.finalized_features.update(response)
        return None

    def is_known(self, node_id: str) -> bool:
        """Whether this node has said what it speaks."""
        return node_id in self._known

    def known_nodes(self) -> list[str]:
        """The nodes that have said what they speak, in the order in which they did."""
        return list(self._known)

    def knows(self, node_id: str, api_key: ApiKey) -> bool:
        """Whether this node has said that it takes such requests."""
        return self._known[node_id].knows(api_key)

    def usable_version(self, node_id: str, api_key: ApiKey) -> int:
        """The version in which to send this request to this node.

        Raises:
            UnsupportedVersionError: if the node and we have none in common.
        """
        if api_key is ApiKey.API_VERSIONS:
            return self._versions_to_ask_in[node_id]
        return self._known[node_id].latest_usable_version(api_key)

    def forget(self, node_id: str) -> None:
        """The connection is over; the next one may lead to a broker of another version."""
        self._nodes_to_ask.pop(node_id, None)
        self._versions_to_ask_in.pop(node_id, None)
        self._known.pop(node_id, None)


def _version_to_ask_again(response: ApiVersionsResponse) -> int:
    listed = (api.max_version for api in response.api_keys if api.api_key == ApiKey.API_VERSIONS)
    return min(next(listed, 0), ApiKey.API_VERSIONS.latest)
