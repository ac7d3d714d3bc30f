"""The two requests by which a consumer group's offsets take part in a transaction.

The transaction's coordinator is told which group it is; then the offsets themselves go to the group's coordinator,
which is another broker, as a rule. The caller of `send_offsets_to_transaction` waits for both. In the second protocol
(KIP-890) there is only the latter: the group's coordinator tells the transaction's.

Java: org.apache.kafka.clients.producer.internals.TransactionManager.AddOffsetsToTxnHandler, TxnOffsetCommitHandler
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    ApiError,
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    NotCoordinatorError,
    RequestTimedOutError,
    UnknownMemberIdError,
    error_for,
)
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.producer.txn_request_handler import TxnRequestHandler, by_topic
from kafka_nio.protocol.api import Message
from kafka_nio.protocol.messages import (
    AddOffsetsToTxnRequest,
    AddOffsetsToTxnResponse,
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse,
)
from kafka_nio.protocol.messages.find_coordinator import GROUP

if TYPE_CHECKING:
    from kafka_nio.producer.transaction_manager import TransactionManager

GROUP_ID_NOT_FOUND, STALE_MEMBER_EPOCH = 69, 113
NO_MEMBER = (UnknownMemberIdError.code, IllegalGenerationError.code, GROUP_ID_NOT_FOUND, STALE_MEMBER_EPOCH)
"""The consumer does not belong to its group any more, in the words of one group protocol or the other."""


class AddOffsetsToTxnHandler(TxnRequestHandler):
    """Tells the coordinator which group's offsets take part. They themselves go to the group's own coordinator then."""

    def __init__(
        self,
        manager: "TransactionManager",
        result: TransactionalRequestResult,
        offsets: Mapping[TopicPartition, OffsetAndMetadata],
        group: ConsumerGroupMetadata,
    ) -> None:
        super().__init__(manager, result)
        self._offsets = dict(offsets)
        self._group = group

    def request(self) -> Message:
        """This group."""
        return AddOffsetsToTxnRequest(*self.identity, self._group.group_id)

    def handle_response(self, response: Message) -> None:
        """Go on with the offsets; the caller waits for them."""
        error = error_for(cast(AddOffsetsToTxnResponse, response).error_code)
        if error is not None:
            return self.handle_error(error)
        self.manager.transaction_started = True
        return self.manager.enqueue(TxnOffsetCommitHandler(self.manager, self.result, self._offsets, self._group))


class TxnOffsetCommitHandler(TxnRequestHandler):
    """Hands the offsets to the group's coordinator. Those that fail for a while are handed in again."""

    key_type = GROUP

    def __init__(
        self,
        manager: "TransactionManager",
        result: TransactionalRequestResult,
        offsets: dict[TopicPartition, OffsetAndMetadata],
        group: ConsumerGroupMetadata,
    ) -> None:
        super().__init__(manager, result)
        self._offsets = offsets
        self._group = group

    @property
    def key(self) -> str:
        """Of a group, its id."""
        return self._group.group_id

    def request(self) -> Message:
        """The offsets that were not taken yet."""
        transactional_id, producer_id, epoch = self.identity
        topics = [
            TxnOffsetCommitRequestTopic(name, [self._partition(place) for place in places])
            for name, places in by_topic(self._offsets)
        ]
        group = self._group
        return TxnOffsetCommitRequest(
            transactional_id,
            group.group_id,
            producer_id,
            epoch,
            group.generation_id,
            group.member_id,
            group.group_instance_id,
            topics,
            self.manager.is_transaction_v2_enabled,
        )

    def _partition(self, place: TopicPartition) -> TxnOffsetCommitRequestPartition:
        offset = self._offsets[place]
        return TxnOffsetCommitRequestPartition(place.partition, offset.offset, offset.leader_epoch, offset.metadata)

    def handle_response(self, response: Message) -> None:
        """Each partition has an answer of its own."""
        again: ApiError | None = None
        for topic in cast(TxnOffsetCommitResponse, response).topics:
            for partition in topic.partitions:
                error = error_for(partition.error_code)
                if error is None:
                    self._offsets.pop(TopicPartition(topic.name, partition.partition_index), None)
                elif error.retriable:
                    again = error
                else:
                    return self._handle_failure(error)
        if not self._offsets:
            return self.result.done()
        if isinstance(again, RequestTimedOutError):
            again = NotCoordinatorError()
        return self.handle_error(again or NotCoordinatorError())

    def _handle_failure(self, error: ApiError) -> None:
        if error.code in NO_MEMBER:
            return self.abortable_error(CommitFailedError(f"The offsets of {self.key} were not taken: {error}"))
        if isinstance(error, FencedInstanceIdError):
            return self.abortable_error(error)
        return self.handle_error(error)
