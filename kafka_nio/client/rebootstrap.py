"""When to forget all that is known of the cluster and begin again from the addresses in `bootstrap_servers`.

A client that has slept while every broker was replaced knows only addresses at which nobody listens any more, and no
patience helps it. So it begins again (KIP-899, KIP-1102)

- when no known broker can be asked, because all of them have just failed;
- when for `metadata_recovery_rebootstrap_trigger_ms` nobody has answered, although somebody could be asked: a broker
  that accepts connections and says nothing;
- when a broker says so, because it does not belong to the cluster any more.

With `metadata_recovery_strategy="none"` it never does.

Java: org.apache.kafka.clients.NetworkClient.DefaultMetadataUpdater, its needsRebootstrap and initiateRebootstrap
"""

import logging

from kafka_nio.clock import NEVER
from kafka_nio.config import ProducerConfig

log = logging.getLogger(__name__)


def is_allowed(config: ProducerConfig) -> bool:
    """Whether to begin again at all."""
    return config.metadata_recovery_strategy == "rebootstrap"


def checks_cluster(config: ProducerConfig) -> bool:
    """Whether to let brokers notice that we meant another one. Only who may begin again has a use for it (KIP-1242)."""
    return is_allowed(config) and config.metadata_cluster_check_enable


class Rebootstrap:
    """Knows since when we have tried in vain to get metadata, and whether that is too long."""

    def __init__(self, config: ProducerConfig) -> None:
        self.is_allowed = is_allowed(config)
        self._trigger_ms = config.metadata_recovery_rebootstrap_trigger_ms
        self._trying_since_ms: float | None = None

    def trying(self, now_ms: int) -> None:
        """Metadata is due, and somebody has to be found who can be asked."""
        if self._trying_since_ms is None:
            self._trying_since_ms = now_ms

    def succeeded(self) -> None:
        """Somebody has answered."""
        self._trying_since_ms = None

    def demanded(self) -> None:
        """A broker says that we should begin again."""
        log.info("A broker demands that the client begins again from its bootstrap servers")
        self._trying_since_ms = -NEVER

    def begun(self, now_ms: int) -> None:
        """We begin again; the next try in vain counts from now."""
        self._trying_since_ms = now_ms

    def is_due(self, now_ms: int) -> bool:
        """Whether the tries in vain have taken too long, or a broker has demanded it."""
        since_ms = self._trying_since_ms
        return self.is_allowed and since_ms is not None and now_ms - since_ms > self._trigger_ms

    def __repr__(self) -> str:
        is_idle = self._trying_since_ms is None
        return f"<Rebootstrap: {'nothing to do' if is_idle else f'trying since {self._trying_since_ms} ms'}>"
