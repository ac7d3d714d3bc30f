"""What `send_offsets_to_transaction` takes: how far a consumer has read, and which member of which group it is.

Java: org.apache.kafka.clients.consumer.OffsetAndMetadata, ConsumerGroupMetadata
"""

from dataclasses import dataclass

from kafka_nio.cluster import NO_LEADER_EPOCH

NO_GENERATION = -1


@dataclass(frozen=True, slots=True)
class OffsetAndMetadata:
    """The offset of the record that is to be read next, and a remark of the application's."""

    offset: int
    metadata: str = ""
    leader_epoch: int = NO_LEADER_EPOCH


@dataclass(frozen=True, slots=True)
class ConsumerGroupMetadata:
    """A group. With member and generation, one that was thrown out of it meanwhile is refused (KIP-447)."""

    group_id: str
    generation_id: int = NO_GENERATION
    member_id: str = ""
    group_instance_id: str | None = None
