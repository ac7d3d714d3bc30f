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

TYPE_CHECKING = False  # checkers take it for true; importing `typing` for it would cost more than all else here

if TYPE_CHECKING:
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

_NOT_THE_PRODUCERS = {"ConfigError": "errors", "KafkaError": "errors", "TopicPartition": "cluster"}


def __getattr__(name: str) -> object:
    """Import what `__all__` names when it is first asked for (PEP 562).

    Loading the producer takes a quarter of a second, and whoever presses Ctrl-C in that time should not be answered by
    a traceback: the command `kafka-nio` has its guard in place before it asks.
    """
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_NOT_THE_PRODUCERS.get(name, 'producer')}")
    return globals().setdefault(name, getattr(module, name))


def __dir__() -> list[str]:
    """What there is, loaded or not."""
    return sorted({*globals(), *__all__})
