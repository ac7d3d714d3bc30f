"""The producer: from a record handed in by the application to an answer from a broker.

In the order in which a record meets them:

- `kafka_producer`: what the application holds. `producer_record`, `serialization`, `partitioner` serve it.
- `record_accumulator`: queues of batches, `producer_batch`, with memory from `buffer_pool`; `drain` is its other end.
- `sender`: the thread that moves batches on, told apart by `io_thread` and kept by `sender_thread`.
- `produce_response`: what an answer means for a batch. `in_flight_batches` are those without one yet.
- `futures`: where the application learns it.
- `assembly`: how all of these are put together.

Java: org.apache.kafka.clients.producer
"""

from kafka_nio.producer.assembly import ProducerRuntime
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.producer_record import ProducerRecord, RecordMetadata

__all__ = ["FutureRecordMetadata", "KafkaProducer", "ProducerRecord", "ProducerRuntime", "RecordMetadata"]
