"""Which versions of each request a broker and we have in common.

A broker says in its ApiVersions answer which versions of each request it takes. The newest one that both know is used.
The lower end is not to be trusted: since 4.0 Kafka still lists Produce from version 0, for the sake of clients that
check that, but refuses 0 to 2 (KAFKA-18659). Our own lowest version is 3, so it does no harm.

Java: org.apache.kafka.clients.NodeApiVersions
"""

from collections.abc import Iterable

from kafka_nio.errors import UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersion


class NodeApiVersions:
    """The versions one broker takes, by request."""

    def __init__(self, api_versions: Iterable[ApiVersion]) -> None:
        self._supported = {api.api_key: (api.min_version, api.max_version) for api in api_versions}

    def latest_usable_version(self, api_key: ApiKey) -> int:
        """The newest version of this request that the broker and we both know.

        Raises:
            UnsupportedVersionError: if there is none.
        """
        oldest, latest = self._supported.get(api_key, (0, -1))
        usable = min(latest, api_key.latest)
        if usable < max(oldest, api_key.oldest):
            takes = f"takes versions {oldest} to {latest}" if latest >= 0 else "does not know it"
            raise UnsupportedVersionError(
                f"{api_key.title}: we speak versions {api_key.oldest} to {api_key.latest}, the broker {takes}"
            )
        return usable

    def knows(self, api_key: ApiKey) -> bool:
        """Whether the broker lists this request at all."""
        return api_key in self._supported

    def __repr__(self) -> str:
        return f"<NodeApiVersions of {len(self._supported)} requests>"
