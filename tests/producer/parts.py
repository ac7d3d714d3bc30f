"""Parts of a producer for tests, on a clock that only tests move, and a client without a network."""

from collections.abc import Callable
from random import Random
from uuid import UUID

from kafka_nio.client import ClientRequest, ClientResponse, Metadata
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.errors import KafkaError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.partition_load import DEFAULT_PARTITIONER, PartitionerConfig
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import Callback, RecordMetadata
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.compression import NO_COMPRESSION, Compression
from kafka_nio.protocol.messages import (
    MetadataResponse,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceResponse,
)
from kafka_nio.protocol.messages.metadata import (
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kafka_nio.protocol.record_batch import RecordBatchBuilder

NODE_0 = Node(0, "broker-0", 9092)
NODE_1 = Node(1, "broker-1", 9092)
ORDERS_ID = UUID(int=7)
ORDERS_0 = TopicPartition("orders", 0)
ORDERS_1 = TopicPartition("orders", 1)
ORDERS_2 = TopicPartition("orders", 2)


def cluster(*leaders: Node | None, topic: str = "orders", epoch: int = 0) -> Cluster:
    """One topic whose partitions have these leaders."""
    partitions = {
        TopicPartition(topic, number): PartitionInfo(topic, number, leader, epoch)
        for number, leader in enumerate(leaders)
    }
    return Cluster(nodes=(NODE_0, NODE_1), partitions=partitions)


def result(clock: MockClock, topic_partition: TopicPartition = ORDERS_0) -> ProduceRequestResult:
    return ProduceRequestResult(topic_partition, clock, IoThread())


def batch(
    clock: MockClock,
    topic_partition: TopicPartition = ORDERS_0,
    values: tuple[bytes, ...] = (b"a",),
    *,
    size_limit: int = 16_384,
    callback: Callback | None = None,
) -> ProducerBatch:
    """A batch with these records."""
    builder = RecordBatchBuilder(size_limit=size_limit)
    made = ProducerBatch(topic_partition, builder, result(clock, topic_partition), size_limit, clock.now_ms())
    for value in values:
        assert made.try_append((clock.time_ms(), None, value, (), callback)) is not None
    return made


def accumulator(
    clock: MockClock,
    *,
    batch_size: int = 1_000,
    linger_ms: float = 10,
    delivery_timeout_ms: float = 120_000,
    retry_backoff_ms: float = 100,
    buffer_memory: int = 100_000,
    seed: int = 1,
    partitioner: PartitionerConfig = DEFAULT_PARTITIONER,
    compression: Compression = NO_COMPRESSION,
    sequences: BatchSequences | None = None,
) -> RecordAccumulator:
    io_thread = IoThread()
    return RecordAccumulator(
        batch_size=batch_size,
        linger_ms=linger_ms,
        delivery_timeout_ms=delivery_timeout_ms,
        retry_backoff_ms=retry_backoff_ms,
        retry_backoff_max_ms=1_000,
        buffer_pool=BufferPool(buffer_memory, clock, io_thread, Metrics()),
        clock=clock,
        io_thread=io_thread,
        random=Random(seed),
        partitioner=partitioner,
        compression=compression,
        sequences=sequences,
    )


def append(
    to: RecordAccumulator,
    topic_partition: TopicPartition = ORDERS_0,
    value: bytes = b"a",
    *,
    callback: Callback | None = None,
    max_wait_ms: float = 0,
    known: Cluster | None = None,
) -> FutureRecordMetadata:
    """Add a record; return its future."""
    topic, partition = topic_partition
    record = (1_700_000_000_000, None, value, (), callback)
    future, _, _ = to.append(topic, partition, record, max_wait_ms, known or cluster(NODE_0, NODE_0, NODE_0))
    return future


class Outcomes:
    """A callback that remembers how it was called."""

    def __init__(self) -> None:
        self.metadata: list[RecordMetadata] = []
        self.errors: list[KafkaError | None] = []

    def __call__(self, metadata: RecordMetadata, error: KafkaError | None) -> None:
        self.metadata.append(metadata)
        self.errors.append(error)


class NoTelemetry:
    """Nobody wants to know what was counted."""

    def push_last_metrics(self, give_up_at_ms: Callable[[], float]) -> None:
        assert give_up_at_ms() >= 0


class FakeClient:
    """A client whose nodes are ready when a test says so, and whose requests a test answers."""

    def __init__(self, clock: MockClock) -> None:
        self.clock = clock
        self.not_ready: set[int] = set()
        self.failures: dict[int, str] = {}
        self.delay_ms: float = NEVER
        self.requests: list[ClientRequest] = []
        self.poll_timeouts: list[float] = []
        self.wakeups = 0
        self.is_closed = False
        self.while_polling: list[Callable[[], object]] = []
        self.telemetry = NoTelemetry()

    def ready(self, node: Node, now_ms: int) -> bool:
        return node.id not in self.not_ready

    def last_failure(self, node: Node) -> str | None:
        return self.failures.get(node.id)

    def poll_delay_ms(self, node: Node, now_ms: int) -> float:
        return self.delay_ms

    def new_client_request(
        self,
        destination: str,
        request: Message,
        created_ms: int,
        *,
        expect_response: bool = True,
        callback: Callable[[ClientResponse], None] | None = None,
    ) -> ClientRequest:
        return ClientRequest(destination, request, 0, "test", created_ms, expect_response, 30_000, callback)

    def send(self, request: ClientRequest, now_ms: int) -> None:
        self.requests.append(request)

    def poll(self, timeout_ms: float, now_ms: int) -> list[ClientResponse]:
        self.poll_timeouts.append(timeout_ms)
        if self.while_polling:
            self.while_polling.pop(0)()
        return []

    def wakeup(self) -> None:
        self.wakeups += 1

    def close(self) -> None:
        self.is_closed = True

    # What a test does...

    def take(self) -> ClientRequest:
        """The oldest request that was not answered yet."""
        return self.requests.pop(0)

    def respond(
        self, response: ProduceResponse | None = None, *, to: ClientRequest | None = None, **how: object
    ) -> None:
        """End a request, the oldest one if none is named: with a response, or as the keywords say."""
        request = to or self.take()
        header = RequestHeader(ApiKey.PRODUCE, 9, 0, "test")
        ended = ClientResponse(
            header, request.destination, request.created_ms, self.clock.now_ms(), request.callback, response, **how
        )
        ended.on_complete()


def sent_partitions(request: ClientRequest) -> list[tuple[str, int]]:
    """The partitions that a Produce request has batches for."""
    assert isinstance(request.request, ProduceRequest)
    return [(topic.name, partition.index) for topic in request.request.topics for partition in topic.partitions]


def produce_response(*answers: PartitionProduceResponse, topic: str = "orders") -> ProduceResponse:
    return ProduceResponse(topics=[TopicProduceResponse(name=topic, partitions=list(answers))])


def answer(partition: int = 0, error_code: int = 0, base_offset: int = -1, **more: object) -> PartitionProduceResponse:
    return PartitionProduceResponse(index=partition, error_code=error_code, base_offset=base_offset, **more)


class SenderParts:
    """A sender that a test steps by hand, with everything around it."""

    def __init__(self, *, leaders: tuple[Node | None, ...] = (NODE_0, NODE_0, NODE_0), **options: object) -> None:
        self.clock = MockClock(now_ms=1_000_000)
        self.client = FakeClient(self.clock)
        self.metrics = Metrics()
        self.metadata = Metadata(100, 1_000, 300_000, 300_000, self.clock, Random(1))
        sender_options = {
            name: options.pop(name) for name in ("acks", "retries", "guarantee_message_order") if name in options
        }
        self.accumulator = accumulator(self.clock, **{"linger_ms": 0, **options})
        self.sender = Sender(
            client=self.client,
            metadata=self.metadata,
            accumulator=self.accumulator,
            io_thread=self.accumulator._batches._io_thread,
            max_request_size=1_000_000,
            request_timeout_ms=30_000,
            clock=self.clock,
            metrics=self.metrics,
            **{"acks": -1, "retries": 10, "guarantee_message_order": False, **sender_options},
        )
        # A full answer first, or one would be due from the beginning.
        self.metadata.update(0, metadata_response(), False, self.clock.now_ms(), 12)
        self.learn(*leaders)

    def learn(self, *leaders: Node | None, epoch: int = 0, topic_id: UUID = ORDERS_ID) -> None:
        """Have the metadata say that the partitions of `orders` have these leaders."""
        self.metadata.add("orders", self.clock.now_ms())
        _, version, is_partial = self.metadata.next_request()
        response = metadata_response(*leaders, epoch=epoch, topic_id=topic_id)
        self.metadata.update(version, response, is_partial, self.clock.now_ms(), 12)

    def learn_again(self) -> None:
        """Have the metadata hear the same again, about the topics in use, as it does every few minutes."""
        _, version, is_partial = self.metadata.next_request()
        leaders = (info.leader for info in self.metadata.cluster.partitions_for_topic("orders"))
        self.metadata.update(version, metadata_response(*leaders), is_partial, self.clock.now_ms(), 12)

    @property
    def polled_ms(self) -> float:
        """How long the last turn was ready to sleep."""
        return self.client.poll_timeouts[-1]


def metadata_response(*leaders: Node | None, epoch: int = 0, topic_id: UUID = ORDERS_ID) -> MetadataResponse:
    partitions = [
        MetadataResponsePartition(
            partition_index=number, leader_id=-1 if leader is None else leader.id, leader_epoch=epoch
        )
        for number, leader in enumerate(leaders)
    ]
    return MetadataResponse(
        brokers=[MetadataResponseBroker(node.id, node.host, node.port) for node in (NODE_0, NODE_1)],
        topics=[MetadataResponseTopic(name="orders", topic_id=topic_id, partitions=partitions)],
    )
