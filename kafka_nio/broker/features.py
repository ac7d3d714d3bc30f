"""What the cluster has agreed to use, beyond what a single broker could: here one feature, `transaction.version`.

    0, 1    partitions are added to a transaction before records go there
    2       a batch lets its partition take part by itself, and every transaction has an epoch of its own (KIP-890)

An agreement can be changed while the cluster runs; the epoch counts how often it was. Clients learn of it when they
connect.

Java: org.apache.kafka.server.common.FinalizedFeatures, TransactionVersion
"""

from dataclasses import dataclass

from kafka_nio.protocol.messages import ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey

TRANSACTION_VERSION = "transaction.version"
LATEST_TRANSACTION_VERSION = TRANSACTION_V2 = 2

FIRST_API_VERSION_WITH_LEVEL_0 = 4
"""Of ApiVersions. Clients of older versions cannot read that a feature is supported from level 0 on (KAFKA-17011)."""


@dataclass(slots=True)
class ClusterFeatures:
    """The agreement. Read by every processor, changed by tests; each field is replaced in one piece."""

    transaction_version: int = LATEST_TRANSACTION_VERSION
    epoch: int = 0

    @property
    def is_transaction_v2(self) -> bool:
        """Whether transactions are of the second protocol."""
        return self.transaction_version >= TRANSACTION_V2

    def finalize_transaction_version(self, version: int) -> None:
        """Change the agreement.

        Raises:
            ValueError: there is no such version.
        """
        if not 0 <= version <= LATEST_TRANSACTION_VERSION:
            raise ValueError(f"{TRANSACTION_VERSION} goes from 0 to {LATEST_TRANSACTION_VERSION}, and {version} is not")
        self.transaction_version = version
        self.epoch += 1

    def tell(self, response: ApiVersionsResponse, version: int) -> None:
        """Write it into an answer of this version. What is at level 0 is not in use, and not told."""
        response.finalized_features_epoch = self.epoch
        if version >= FIRST_API_VERSION_WITH_LEVEL_0:
            supported = SupportedFeatureKey(TRANSACTION_VERSION, 0, LATEST_TRANSACTION_VERSION)
            response.supported_features.append(supported)
        if self.transaction_version > 0:
            level = self.transaction_version
            response.finalized_features.append(FinalizedFeatureKey(TRANSACTION_VERSION, level, level))
