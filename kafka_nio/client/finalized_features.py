"""Features that a whole cluster has agreed to use, such as `transaction.version`, and at which level.

A broker may know a feature and not use it yet, because another broker of the cluster does not know it. What counts is
what is finalized, by an administrator for all brokers at once. Every ApiVersions answer tells it, with an epoch that
grows with each change; so of several answers the one with the highest epoch is the newest (KIP-584).

Java: org.apache.kafka.clients.ApiVersions
"""

from typing import NamedTuple

from kafka_nio.protocol.messages import ApiVersionsResponse

TRANSACTION_VERSION = "transaction.version"
"""0 and 1: partitions are added to a transaction before records go there. 2: by the records themselves (KIP-890)."""


class Features(NamedTuple):
    """What was finalized at one time. Epoch -1: nothing that we know of."""

    epoch: int = -1
    levels: dict[str, int] = {}  # noqa: RUF012 - nobody changes it

    def level(self, name: str) -> int:
        """At which level a feature is used; 0 if it is not."""
        return self.levels.get(name, 0)


class FinalizedFeatures:
    """The newest features. The sender's thread brings them and any thread reads them, each in one piece."""

    def __init__(self) -> None:
        self.newest = Features()

    def update(self, answer: ApiVersionsResponse) -> None:
        """Take a broker's word for it, if it is news."""
        if answer.finalized_features_epoch > self.newest.epoch:
            levels = {feature.name: feature.max_version_level for feature in answer.finalized_features}
            self.newest = Features(answer.finalized_features_epoch, levels)

    def __repr__(self) -> str:
        return f"<FinalizedFeatures of epoch {self.newest.epoch}: {self.newest.levels}>"
