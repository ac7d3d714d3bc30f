"""kafka-nio: Kafka's producer in plain Python, to be used, and to be read while it runs.

    from kafka_nio import KafkaProducer

    with KafkaProducer(bootstrap_servers="localhost:9092") as producer:
        metadata = producer.send("greetings", b"hello").result(timeout=10)

The packages, from what an application holds in its hand down to the system calls:

    producer   records into batches, batches into requests, answers into futures
    client     which broker, which connection, which request is answered by which response
    network    whole messages over connections, all of them moved by one selector
    protocol   what the bytes mean
    nio        non-blocking sockets and the selector itself

Beside them: `broker`, a small one for demonstrations and tests; `tracing`, which watches the marked steps (`spans`)
of all the others; `demos`, what there is to watch; `book`, which puts code and recordings side by side on the site.

Java: org.apache.kafka.clients.producer
"""

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import ConfigError, KafkaError
from kafka_nio.producer import (
    AsyncKafkaProducer,
    ConsumerGroupMetadata,
    FutureRecordMetadata,
    KafkaProducer,
    OffsetAndMetadata,
    ProducerInterceptor,
    ProducerRecord,
    RecordMetadata,
    RoundRobinPartitioner,
)

__all__ = [
    "AsyncKafkaProducer",
    "ConfigError",
    "ConsumerGroupMetadata",
    "FutureRecordMetadata",
    "KafkaError",
    "KafkaProducer",
    "OffsetAndMetadata",
    "ProducerInterceptor",
    "ProducerRecord",
    "RecordMetadata",
    "RoundRobinPartitioner",
    "TopicPartition",
]
