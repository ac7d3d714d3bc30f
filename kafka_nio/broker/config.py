"""The limits of a broker, under Kafka's names and with Kafka's defaults.

Java: org.apache.kafka.server.config.ServerConfigs
"""

from dataclasses import dataclass

from kafka_nio.broker.features import LATEST_TRANSACTION_VERSION

HOUR_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """What a broker accepts."""

    message_max_bytes: int = 1024 * 1024 + 12
    """The largest record batch, its header included. A mebibyte, and 12 bytes for its offset and length."""

    socket_request_max_bytes: int = 100 * 1024 * 1024
    """The largest request. A peer that announces a larger one is disconnected before any memory is taken for it."""

    fetch_max_bytes: int = 55 * 1024 * 1024
    """How many bytes of batches one answer holds, whatever the consumer asks for; the first batch always comes."""

    connections_max_idle_ms: float = 600_000
    """A connection on which nothing moves for that long is closed."""

    connections_max_reauth_ms: float = 0
    """How long a login lasts, after which the client has to log in again (KIP-368); 0 for ever."""

    transaction_max_timeout_ms: int = 15 * 60 * 1000
    """The longest transaction timeout that a producer may ask for."""

    transaction_two_phase_commit_enable: bool = False
    """Whether a producer may have transactions that never time out, and find them again after a crash (KIP-939)."""

    transaction_version: int = LATEST_TRANSACTION_VERSION
    """What the cluster has agreed to at its start; 0 and 1 are the older protocol of transactions (`features.py`)."""

    log_message_timestamp_after_max_ms: int = HOUR_MS
    """How far a record's timestamp may lie ahead of the broker's clock."""
