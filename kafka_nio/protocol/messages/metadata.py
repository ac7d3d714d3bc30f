"""Metadata: which brokers there are, and which of them leads which partition.

Versions, request: 0 an empty list asks for all topics, from 1 on None does and an empty list asks for none; 4 may say
that asking must not create a topic; 8 authorized operations; 9 flexible; 12 may ask by topic id.
Versions, response: 1 racks and controller; 2 cluster id; 3 throttle time; 5 offline replicas; 7 leader epochs (to be
believed only from 9 on); 10 topic ids; 13 an error for the whole answer (KIP-1102).

Java: org.apache.kafka.common.requests.MetadataRequest
"""

from typing import ClassVar
from uuid import UUID

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, field, message
from kafka_nio.protocol.types import ZERO_UUID

OPERATIONS_NOT_ASKED_FOR = -(2**31)
"""In place of a set of authorized operations: the request did not ask for it."""


@message
class MetadataRequestTopic:
    """A topic to be told about; by its id (with `name` None) only from version 12 on."""

    topic_id: UUID = field(since=10, default=ZERO_UUID)
    name: str | None = field(nullable_since=10, default=None)


@message
class MetadataRequest(Message):
    """Asks about some topics, or about all of them with `topics=None`."""

    api_key: ClassVar[ApiKey] = ApiKey.METADATA

    topics: list[MetadataRequestTopic] | None = field(nullable_since=1, default=None)
    allow_auto_topic_creation: bool = field(since=4, default=True, ignorable=False)
    include_cluster_authorized_operations: bool = field(since=8, until=10, default=False, ignorable=False)
    include_topic_authorized_operations: bool = field(since=8, default=False, ignorable=False)


@message
class MetadataResponseBroker:
    """A broker, with the address under which clients are to reach it."""

    node_id: Int32
    host: str
    port: Int32
    rack: str | None = field(since=1, default=None)


@message
class MetadataResponsePartition:
    """A partition, its leader (-1 while there is none) and its replicas."""

    error_code: Int16 = 0
    partition_index: Int32 = 0
    leader_id: Int32 = -1
    leader_epoch: Int32 = field(since=7, default=-1)
    replica_nodes: list[Int32] = field(default=[])
    isr_nodes: list[Int32] = field(default=[])
    offline_replicas: list[Int32] = field(since=5, default=[])


@message
class MetadataResponseTopic:
    """A topic and its partitions, or the reason why they are not told."""

    error_code: Int16 = 0
    name: str | None = field(nullable_since=12, default=None)
    topic_id: UUID = field(since=10, default=ZERO_UUID)
    is_internal: bool = field(since=1, default=False)
    partitions: list[MetadataResponsePartition] = field(default=[])
    topic_authorized_operations: Int32 = field(since=8, default=OPERATIONS_NOT_ASKED_FOR)


@message
class MetadataResponse(Message):
    """The cluster as one of its brokers sees it."""

    api_key: ClassVar[ApiKey] = ApiKey.METADATA

    throttle_time_ms: Int32 = field(since=3, default=0)
    brokers: list[MetadataResponseBroker] = field(default=[])
    cluster_id: str | None = field(since=2, default=None)
    controller_id: Int32 = field(since=1, default=-1)
    topics: list[MetadataResponseTopic] = field(default=[])
    cluster_authorized_operations: Int32 = field(since=8, until=10, default=OPERATIONS_NOT_ASKED_FOR)
    error_code: Int16 = field(since=13, default=0)
