"""The parts of a producer, put together: who knows whom.

    KafkaProducer ─┬→ Metadata
                   ├→ TransactionManager, if batches are numbered
                   ├→ RecordAccumulator → BufferPool
                   └→ Sender → NetworkClient → network.Selector → nio.Selector
                        ├────→ RecordAccumulator, Metadata
                        └────→ TransactionalRequests, BatchSequences → TransactionManager

No arrow leads back to `KafkaProducer`. That is why a producer that nobody holds any more can be noticed.

Java: org.apache.kafka.clients.producer.KafkaProducer, its constructor and newSender
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from kafka_nio.client import Metadata, NetworkClient, resolve_addresses, resolve_all
from kafka_nio.client.addresses import Resolve, canonical_name
from kafka_nio.client.bootstrap import BootstrapResolution
from kafka_nio.client.channel_builders import channel_builder
from kafka_nio.client.finalized_features import FinalizedFeatures
from kafka_nio.client.telemetry import ClientTelemetryReporter
from kafka_nio.clock import Clock, SystemClock
from kafka_nio.config import CANONICAL_NAMES, ProducerConfig
from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.nio import SocketChannel
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.partition_load import PartitionerConfig
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.transactional_requests import TransactionalRequests
from kafka_nio.protocol.compression import Compression, CompressionType

_numbers = itertools.count(1)
"""For the names of producers that were given none: producer-1, producer-2, …"""


@dataclass(slots=True)
class ProducerRuntime:
    """What a producer takes from the world around it. Tests and recordings hand in their own."""

    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    resolve: Resolve = resolve_all
    open_channel: Callable[[int], SocketChannel] = SocketChannel.open


@dataclass(frozen=True, slots=True)
class ProducerParts:
    """What `KafkaProducer` holds."""

    client_id: str
    metadata: Metadata
    accumulator: RecordAccumulator
    sender: Sender
    io_thread: IoThread
    metrics: Metrics
    transactions: TransactionManager | None
    telemetry: ClientTelemetryReporter | None


def assemble(config: ProducerConfig, runtime: ProducerRuntime) -> ProducerParts:
    """Make the parts and acquaint them.

    Raises:
        ConfigError: no bootstrap server's name can be resolved, or the library of a compression is missing.
    """
    look_up = _lookup(config, runtime)
    looks_up_later = config.bootstrap_resolve_timeout_ms > 0
    addresses = [] if looks_up_later else look_up()
    compression = _compression(config)  # what may raise comes before the client, which opens sockets
    client_id = config.client_id or f"producer-{config.transactional_id or next(_numbers)}"
    metrics = Metrics(runtime.clock.now_ms, config.metrics_sample_window_ms, config.metrics_num_samples)
    telemetry = _telemetry(config, runtime, metrics)
    io_thread = IoThread()
    metadata = _metadata(config, runtime, metrics)
    client = _client(config, runtime, metadata, client_id, metrics, telemetry)
    transactions = _transactions(config, runtime, io_thread, client.finalized_features)
    sequences = BatchSequences(transactions) if transactions is not None else None
    accumulator = _accumulator(config, runtime, io_thread, metrics, compression, sequences)
    if looks_up_later:
        metadata.bootstrap_resolution = BootstrapResolution(config, look_up, runtime.clock, client.wakeup)
    else:
        metadata.bootstrap(addresses)
    transactional = None
    if transactions is not None and sequences is not None:
        transactional = TransactionalRequests(transactions, sequences, client, accumulator, runtime.clock)
    sender = Sender(
        client=client,
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
        transactional=transactional,
        sequences=sequences,
    )
    return ProducerParts(client_id, metadata, accumulator, sender, io_thread, metrics, transactions, telemetry)


def _lookup(config: ProducerConfig, runtime: ProducerRuntime) -> Callable[[], list[tuple[str, int]]]:
    name_of = canonical_name if config.client_dns_lookup == CANONICAL_NAMES else None
    return partial(resolve_addresses, config.bootstrap_servers, runtime.resolve, name_of)


def _metadata(config: ProducerConfig, runtime: ProducerRuntime, metrics: Metrics) -> Metadata:
    metadata = Metadata(
        config.retry_backoff_ms,
        config.retry_backoff_max_ms,
        config.metadata_max_age_ms,
        config.metadata_max_idle_ms,
        runtime.clock,
        runtime.random,
    )
    metrics.gauge("metadata-age", lambda: metadata.age_ms(runtime.clock.now_ms()) / 1000)
    return metadata


def _telemetry(config: ProducerConfig, runtime: ProducerRuntime, metrics: Metrics) -> ClientTelemetryReporter | None:
    if not config.enable_metrics_push:
        return None
    described = {"transactional_id": config.transactional_id, "client_rack": config.client_rack}
    resource = {name: value for name, value in described.items() if value}
    return ClientTelemetryReporter(metrics, resource, runtime.clock, runtime.random)


def _transactions(
    config: ProducerConfig, runtime: ProducerRuntime, io_thread: IoThread, features: FinalizedFeatures
) -> TransactionManager | None:
    if not config.enable_idempotence:
        return None
    return TransactionManager(
        transactional_id=config.transactional_id,
        transaction_timeout_ms=config.transaction_timeout_ms,
        retry_backoff_ms=config.retry_backoff_ms,
        features=features,
        clock=runtime.clock,
        io_thread=io_thread,
        is_2pc_enabled=config.transaction_two_phase_commit_enable,
    )


def _accumulator(
    config: ProducerConfig,
    runtime: ProducerRuntime,
    io_thread: IoThread,
    metrics: Metrics,
    compression: Compression,
    sequences: BatchSequences | None,
) -> RecordAccumulator:
    return RecordAccumulator(
        batch_size=config.batch_size,
        linger_ms=config.linger_ms,
        delivery_timeout_ms=config.delivery_timeout_ms,
        retry_backoff_ms=config.retry_backoff_ms,
        retry_backoff_max_ms=config.retry_backoff_max_ms,
        partitioner=PartitionerConfig(
            adaptive=config.partitioner_adaptive_partitioning_enable,
            availability_timeout_ms=config.partitioner_availability_timeout_ms,
            rack=config.client_rack if config.partitioner_rack_aware else None,
        ),
        buffer_pool=BufferPool(config.buffer_memory, runtime.clock, io_thread, metrics),
        clock=runtime.clock,
        io_thread=io_thread,
        random=runtime.random,
        compression=compression,
        sequences=sequences,
    )


def _compression(config: ProducerConfig) -> Compression:
    compression_type = CompressionType.for_name(config.compression_type)
    levels = {
        CompressionType.GZIP: config.compression_gzip_level,
        CompressionType.LZ4: config.compression_lz4_level,
        CompressionType.ZSTD: config.compression_zstd_level,
    }
    compression = Compression(compression_type, levels.get(compression_type))
    compression.ensure_available()
    return compression


def _client(
    config: ProducerConfig,
    runtime: ProducerRuntime,
    metadata: Metadata,
    client_id: str,
    metrics: Metrics,
    telemetry: ClientTelemetryReporter | None,
) -> NetworkClient:
    selector = Selector(
        connections_max_idle_ms=config.connections_max_idle_ms,
        clock=runtime.clock,
        metrics=metrics,
        channel_builder=channel_builder(config, client_id, runtime.clock, runtime.random),
        open_channel=runtime.open_channel,
    )
    metrics.gauge("connection-count", lambda: len(selector.channels))
    return NetworkClient(
        config,
        selector,
        metadata,
        client_id=client_id,
        clock=runtime.clock,
        random=runtime.random,
        resolve=runtime.resolve,
        metrics=metrics,
        telemetry=telemetry,
    )
