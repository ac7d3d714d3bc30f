"""A sender that numbers its batches, stepped by hand, and the answers of a cluster to what it asks."""

from kafka_nio.client import ClientRequest, ClientResponse
from kafka_nio.client.finalized_features import TRANSACTION_VERSION, FinalizedFeatures
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.sequence_numbers import ProducerIdAndEpoch
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.transactional_requests import TransactionalRequests
from kafka_nio.protocol.api import Message, RequestHeader
from kafka_nio.protocol.messages import (
    AddOffsetsToTxnRequest,
    AddOffsetsToTxnResponse,
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopicResult,
    ApiVersionsResponse,
    Coordinator,
    EndTxnRequest,
    EndTxnResponse,
    FinalizedFeatureKey,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    InitProducerIdRequest,
    InitProducerIdResponse,
    PartitionProduceData,
    ProduceRequest,
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.parts import (
    NODE_0,
    NODE_1,
    ORDERS_0,
    FakeClient,
    SenderParts,
    accumulator,
    answer,
    append,
    produce_response,
)

PRODUCER_ID = 7
GROUP_ID = "readers"


class NumberedParts(SenderParts):
    """As `SenderParts`, with a producer id and sequence numbers; with a transactional id, transactions too."""

    def __init__(
        self,
        transactional_id: str | None = None,
        *,
        retries: int = 10,
        transaction_version: int = 0,
        is_2pc_enabled: bool = False,
        **options: object,
    ) -> None:
        super().__init__()
        io_thread = self.sender._io_thread
        self.client = KnownNodesClient(self.clock)
        self.features = FinalizedFeatures()
        self.finalize_transaction_version(transaction_version)
        self.transactions = TransactionManager(
            transactional_id=transactional_id,
            transaction_timeout_ms=60_000,
            retry_backoff_ms=100,
            features=self.features,
            clock=self.clock,
            io_thread=io_thread,
            is_2pc_enabled=is_2pc_enabled,
        )
        self.sequences = BatchSequences(self.transactions)
        self.accumulator = accumulator(self.clock, sequences=self.sequences, **{"linger_ms": 0, **options})
        self.sender = Sender(
            client=self.client,
            metadata=self.metadata,
            accumulator=self.accumulator,
            io_thread=io_thread,
            max_request_size=1_000_000,
            request_timeout_ms=30_000,
            clock=self.clock,
            metrics=self.metrics,
            acks=-1,
            retries=retries,
            guarantee_message_order=False,
            transactional=TransactionalRequests(
                self.transactions, self.sequences, self.client, self.accumulator, self.clock
            ),
            sequences=self.sequences,
        )
        self.epoch = 0
        self.ongoing = ProducerIdAndEpoch()
        """What InitProducerId finds open."""
        self.settled: list[Message] = []
        """What `settle` has answered."""

    def finalize_transaction_version(self, version: int) -> None:
        """Let the cluster agree on it."""
        epoch = self.features.newest.epoch + 1
        finalized = [FinalizedFeatureKey(TRANSACTION_VERSION, version, version)]
        self.features.update(ApiVersionsResponse(finalized_features_epoch=epoch, finalized_features=finalized))

    # Requests to coordinators...

    def settle(self, **errors: int) -> list[str]:
        """Take turns, answering all but Produce, until nothing else is asked; return the requests' names.

        Args:
            errors: the code to answer with, once, by the name of the request.
        """
        asked = []
        for _ in range(50):
            self.sender.run_once()
            others = [request for request in self.client.requests if not isinstance(request.request, ProduceRequest)]
            if not others and not self.transactions.has_pending_requests:
                break
            self.clock.sleep(100)
            for request in others:
                self.client.requests.remove(request)
                self.settled.append(request.request)
                name = type(request.request).__name__.removesuffix("Request")
                asked.append(name)
                self.end(request, self.answer_to(request.request, errors.pop(name, 0)))
        return asked

    def answer_to(self, request: Message, error: int) -> Message:
        """What a cluster of two nodes says, of which node 1 coordinates everything."""
        if isinstance(request, FindCoordinatorRequest):
            return FindCoordinatorResponse(
                coordinators=[Coordinator(request.key, NODE_1.id, NODE_1.host, NODE_1.port, error)]
            )
        if isinstance(request, InitProducerIdRequest):
            self.epoch = request.producer_epoch + 1
            return InitProducerIdResponse(0, error, PRODUCER_ID, self.epoch, *self.ongoing)
        if isinstance(request, AddPartitionsToTxnRequest):
            results = [
                AddPartitionsToTxnTopicResult(
                    topic.name, [AddPartitionsToTxnPartitionResult(partition, error) for partition in topic.partitions]
                )
                for topic in request.topics
            ]
            return AddPartitionsToTxnResponse(results_by_topic=results)
        if isinstance(request, AddOffsetsToTxnRequest):
            return AddOffsetsToTxnResponse(error_code=error)
        if isinstance(request, TxnOffsetCommitRequest):
            topics = [
                TxnOffsetCommitResponseTopic(
                    topic.name, [TxnOffsetCommitResponsePartition(p.partition_index, error) for p in topic.partitions]
                )
                for topic in request.topics
            ]
            return TxnOffsetCommitResponse(topics=topics)
        assert isinstance(request, EndTxnRequest)
        if error or not request.transaction_v2:
            return EndTxnResponse(error_code=error)
        self.epoch = request.producer_epoch + 1
        return EndTxnResponse(producer_id=request.producer_id, producer_epoch=self.epoch)

    def end(self, request: ClientRequest, response: Message | None = None, **how: object) -> None:
        """End a request: with a response, or as the keywords say."""
        header = RequestHeader(request.api_key, request.api_key.latest, 0, "test")
        ended = ClientResponse(
            header, request.destination, request.created_ms, self.clock.now_ms(), request.callback, response, **how
        )
        ended.on_complete()

    def begin(self) -> None:
        """Initialize and begin a transaction."""
        self.transactions.initialize_transactions()
        self.settle()
        self.transactions._pending_transition.result.wait(0)
        self.transactions.maybe_update_transaction_v2_enabled(on_initialization=True)
        self.transactions.begin_transaction()

    def append(self, topic_partition: TopicPartition = ORDERS_0, value: bytes = b"a") -> object:
        """What `KafkaProducer.send` does."""
        self.transactions.ensure_may_send()
        future = append(self.accumulator, topic_partition, value)
        self.transactions.maybe_add_partition(topic_partition)
        return future

    # Batches...

    def send(self, topic_partition: TopicPartition = ORDERS_0, value: bytes = b"a") -> ClientRequest:
        """Send a record in a batch and a request of its own; return the request."""
        self.append(topic_partition, value)
        self.settle()
        return self.client.requests[-1]

    def warm_up(self, topic_partition: TopicPartition = ORDERS_0) -> None:
        """Have the first batch of a partition acknowledged, which has number 0; several may be under way after it."""
        first = self.send(topic_partition, b"first")
        self.client.requests.remove(first)
        self.end(first, produce_response(answer(topic_partition.partition, base_offset=0)))

    def respond_to(self, request: ClientRequest, error_code: int = 0, base_offset: int = -1, **more: object) -> None:
        """End a Produce request for partition 0 of `orders`."""
        self.end(request, produce_response(answer(0, error_code, base_offset, **more)))

    def later(self, ms: int = 2_000) -> None:
        """Let backoffs pass, and take a turn."""
        self.clock.sleep(ms)
        self.sender.run_once()

    @property
    def under_way(self) -> list[tuple[int, int, bytes | None]]:
        """Epoch, sequence number and first value of each batch in a request that is not answered."""
        return [_summary(request) for request in self.client.requests]

    @property
    def us(self) -> ProducerIdAndEpoch:
        """Our producer id."""
        return self.transactions.producer


class KnownNodesClient(FakeClient):
    """A client that knows two nodes; the first has least to do."""

    connection_has_failed = False

    def least_loaded_node(self, now_ms: int) -> Node | None:
        return NODE_0

    def connection_failed(self, node: Node) -> bool:
        return self.connection_has_failed


def _summary(request: ClientRequest) -> tuple[int, int, bytes | None]:
    [partition] = _partitions(request)
    assert partition.records is not None
    batch = RecordBatch(partition.records)
    return batch.producer_epoch, batch.base_sequence, next(iter(batch.records())).value


def _partitions(request: ClientRequest) -> list[PartitionProduceData]:
    assert isinstance(request.request, ProduceRequest)
    return [partition for topic in request.request.topics for partition in topic.partitions]
