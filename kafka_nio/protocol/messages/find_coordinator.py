"""FindCoordinator: which broker keeps the books of a consumer group or of a transactional producer.

Versions: 1 key type, throttle time, error message; 3 flexible; 4 many keys at once (KIP-699).

Java: org.apache.kafka.common.requests.FindCoordinatorRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int8, Int16, Int32, field, message

GROUP = 0
"""Key type: the key is a consumer group's id."""
TRANSACTION = 1
"""Key type: the key is a transactional id."""


@message
class FindCoordinatorRequest(Message):
    """Up to version 3 one `key`, from 4 on `coordinator_keys`. Who has one key fills in both; the version decides."""

    api_key: ClassVar[ApiKey] = ApiKey.FIND_COORDINATOR

    key: str = field(until=3, default="")
    key_type: Int8 = field(since=1, default=GROUP, ignorable=False)
    coordinator_keys: list[str] = field(since=4, default=[])


@message
class Coordinator:
    """The coordinator of one key."""

    key: str
    node_id: Int32 = -1
    host: str = ""
    port: Int32 = -1
    error_code: Int16 = 0
    error_message: str | None = None


@message
class FindCoordinatorResponse(Message):
    """Up to version 3 the answer stands here, from 4 on in `coordinators`."""

    api_key: ClassVar[ApiKey] = ApiKey.FIND_COORDINATOR

    throttle_time_ms: Int32 = field(since=1, default=0)
    error_code: Int16 = field(until=3, default=0)
    error_message: str | None = field(since=1, until=3, default=None)
    node_id: Int32 = field(until=3, default=-1)
    host: str = field(until=3, default="")
    port: Int32 = field(until=3, default=-1)
    coordinators: list[Coordinator] = field(since=4, default=[], ignorable=False)
