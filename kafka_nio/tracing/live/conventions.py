"""The names of OpenTelemetry's semantic conventions for messaging, and how a Kafka producer fills them.

They are written out here, not imported, because the package that has them calls them unstable and may move them; a test
compares the two. The version is 1.44, whose status is "development": names may still change.

- `error.type` is Kafka's name of a code that a broker sent, `NOT_LEADER_OR_FOLLOWER`; for an error that has no code,
  the class of the exception, `kafka_nio.errors.KafkaTimeoutError`.
- a key is shown if it has one obvious form as text: str, int, UUID, and bytes that are UTF-8.

Java: no counterpart.
"""

import re
from uuid import UUID

from kafka_nio import errors
from kafka_nio.errors import ApiError, UnknownServerError

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"

BATCH_MESSAGE_COUNT = "messaging.batch.message_count"
CLIENT_ID = "messaging.client.id"
CLUSTER_ID = "messaging.kafka.cluster.id"
DESTINATION_NAME = "messaging.destination.name"
DESTINATION_PARTITION_ID = "messaging.destination.partition.id"
ERROR_TYPE = "error.type"
MESSAGE_KEY = "messaging.kafka.message.key"
MESSAGE_TOMBSTONE = "messaging.kafka.message.tombstone"
OFFSET = "messaging.kafka.offset"
OPERATION_NAME = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
SYSTEM = "messaging.system"

KAFKA = "kafka"
CREATE = "create"
SEND = "send"

OTHER_NAMES = {
    10: "MESSAGE_TOO_LARGE",
    17: "INVALID_TOPIC_EXCEPTION",
    45: "OUT_OF_ORDER_SEQUENCE_NUMBER",
    49: "INVALID_PRODUCER_ID_MAPPING",
    50: "INVALID_TRANSACTION_TIMEOUT",
    53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    56: "KAFKA_STORAGE_ERROR",
    58: "SASL_AUTHENTICATION_FAILED",
}
"""Kafka's names of codes that our classes are not called after."""


def error_type(error: BaseException) -> str:
    """What to write as `error.type`."""
    kind = type(error)
    if kind is UnknownServerError:
        return "UNKNOWN_SERVER_ERROR"
    if issubclass(kind, ApiError) and kind.code >= 0:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Error"))
        return OTHER_NAMES.get(kind.code, words.upper())
    if getattr(errors, kind.__name__, None) is kind:
        return f"{errors.__name__}.{kind.__name__}"
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def key_text(key: object) -> str | None:
    """A record's key as text, or None if there is none or it has no obvious form."""
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        try:
            return key.decode()
        except UnicodeDecodeError:
            return None
    return str(key) if type(key) is int or isinstance(key, UUID) else None
