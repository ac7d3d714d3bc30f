"""The parts of a producer, put together: who knows whom.

    KafkaProducer ─┬→ Metadata
                   ├→ RecordAccumulator → BufferPool
                   └→ Sender → NetworkClient → network.Selector → nio.Selector
                        └────→ RecordAccumulator, Metadata

No arrow leads back to `KafkaProducer`. That is why a producer that nobody holds any more can be noticed.

Java: org.apache.kafka.clients.producer.KafkaProducer, its constructor and newSender
"""

import itertools
from dataclasses import dataclass, field
from random import Random

from kafka_nio.client import Metadata, NetworkClient, resolve_addresses, resolve_all
from kafka_nio.client.addresses import Resolve
from kafka_nio.clock import Clock, SystemClock
from kafka_nio.config import ProducerConfig
from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender

_numbers = itertools.count(1)
"""For the names of producers that were given none: producer-1, producer-2, …"""


@dataclass(slots=True)
class ProducerRuntime:
    """What a producer takes from the world around it. Tests and recordings hand in their own."""

    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    resolve: Resolve = resolve_all


@dataclass(frozen=True, slots=True)
class ProducerParts:
    """What `KafkaProducer` holds."""

    client_id: str
    metadata: Metadata
    accumulator: RecordAccumulator
    sender: Sender
    io_thread: IoThread
    metrics: Metrics


def assemble(config: ProducerConfig, runtime: ProducerRuntime) -> ProducerParts:
    """Make the parts and acquaint them.

    Raises:
        ConfigError: no bootstrap server's name can be resolved.
    """
    addresses = resolve_addresses(config.bootstrap_servers, runtime.resolve)
    client_id = config.client_id or f"producer-{next(_numbers)}"
    metrics, io_thread = Metrics(), IoThread()
    metadata = Metadata(
        config.retry_backoff_ms,
        config.retry_backoff_max_ms,
        config.metadata_max_age_ms,
        config.metadata_max_idle_ms,
        runtime.clock,
        runtime.random,
    )
    metadata.bootstrap(addresses)
    accumulator = _accumulator(config, runtime, io_thread, metrics)
    sender = Sender(
        client=_client(config, runtime, metadata, client_id, metrics),
        metadata=metadata,
        accumulator=accumulator,
        guarantee_message_order=config.max_in_flight_requests_per_connection == 1,
        max_request_size=config.max_request_size,
        acks=config.acks,
        retries=config.retries,
        request_timeout_ms=config.request_timeout_ms,
        clock=runtime.clock,
        io_thread=io_thread,
        metrics=metrics,
    )
    return ProducerParts(client_id, metadata, accumulator, sender, io_thread, metrics)


def _accumulator(
    config: ProducerConfig, runtime: ProducerRuntime, io_thread: IoThread, metrics: Metrics
) -> RecordAccumulator:
    return RecordAccumulator(
        batch_size=config.batch_size,
        linger_ms=config.linger_ms,
        delivery_timeout_ms=config.delivery_timeout_ms,
        retry_backoff_ms=config.retry_backoff_ms,
        retry_backoff_max_ms=config.retry_backoff_max_ms,
        buffer_pool=BufferPool(config.buffer_memory, runtime.clock, io_thread, metrics),
        clock=runtime.clock,
        io_thread=io_thread,
        random=runtime.random,
    )


def _client(
    config: ProducerConfig, runtime: ProducerRuntime, metadata: Metadata, client_id: str, metrics: Metrics
) -> NetworkClient:
    selector = Selector(connections_max_idle_ms=config.connections_max_idle_ms, clock=runtime.clock, metrics=metrics)
    return NetworkClient(
        config,
        selector,
        metadata,
        client_id=client_id,
        clock=runtime.clock,
        random=runtime.random,
        resolve=runtime.resolve,
    )
