"""The producer: from a record handed in by the application to an answer from a broker.

In the order in which a record meets them:

- `kafka_producer`: what the application holds; `async_producer`, if it runs in an event loop. `producer_record`,
  `interceptors`, `serialization`, `metadata_wait`, `partitioner` serve it, and `partition_load` the last of these.
- `record_accumulator`: queues of batches, `producer_batch`, with memory from `buffer_pool`; `drain` is its other end.
- `sender`: the thread that moves batches on, told apart by `io_thread` and kept by `sender_thread`.
- `produce_response`: what an answer means for a batch; perhaps a `split`. `in_flight_batches` are those without one
  yet, and `expiry` says what became of those that waited for too long.
- `transactional_requests`: what the sender does before it sends records, for the `transaction_manager`, whose handlers
  are `transaction_handlers` and `offset_handlers`. `producer_identity` is under which epoch, `batch_sequences` numbers
  the batches, `transaction_calls` is where the application comes in, `prepared_txn_state` what it keeps between the two
  phases of a commit.
- `futures`: where the application learns it.
- `assembly`: how all of these are put together.

Java: org.apache.kafka.clients.producer
"""

from typing import TYPE_CHECKING

from kafka_nio.producer.assembly import ProducerRuntime
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.interceptors import ProducerInterceptor
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.partitioner import RoundRobinPartitioner
from kafka_nio.producer.prepared_txn_state import PreparedTxnState
from kafka_nio.producer.producer_record import ProducerRecord, RecordMetadata

if TYPE_CHECKING:
    from kafka_nio.producer.async_producer import AsyncKafkaProducer

__all__ = [
    "AsyncKafkaProducer",
    "ConsumerGroupMetadata",
    "FutureRecordMetadata",
    "KafkaProducer",
    "OffsetAndMetadata",
    "PreparedTxnState",
    "ProducerInterceptor",
    "ProducerRecord",
    "ProducerRuntime",
    "RecordMetadata",
    "RoundRobinPartitioner",
]


def __getattr__(name: str) -> object:
    """Import the producer for event loops when it is first asked for: it needs asyncio, which takes long to load."""
    if name != "AsyncKafkaProducer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kafka_nio.producer.async_producer import AsyncKafkaProducer

    return globals().setdefault(name, AsyncKafkaProducer)
