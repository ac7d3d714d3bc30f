"""The producer's options: one table, and `ProducerConfig`, which holds a value for each.

`OPTIONS` has a row per option: its name as Kafka spells it, what it takes, its default, and what it is for.
`ProducerConfig.parse` turns what a caller wrote into typed values and refuses the rest with a `ConfigError` that names
the option, the value and what is allowed. An option may be spelled `linger.ms` or `linger_ms`. A number may be text
where it looks as if it came from a properties file: in a mapping, under Kafka's own spelling.

Left out against Java: class names as values; hand in the function instead.

Java: org.apache.kafka.clients.producer.ProducerConfig
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kafka_nio.errors import ConfigError
from kafka_nio.option_kinds import (
    INT_MAX,
    LONG_MAX,
    Interceptor,
    Option,
    acks,
    choice,
    duration,
    endless_duration,
    flag,
    function,
    interceptors,
    level,
    name_or_none,
    servers,
    size,
    text,
    whole,
)
from kafka_nio.secret import HIDDEN
from kafka_nio.security_contradictions import refuse_contradictions
from kafka_nio.security_options import SECURITY_OPTIONS, SecurityConfig, replacement

log = logging.getLogger(__name__)


USE_ALL_DNS_IPS, CANONICAL_NAMES = "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"

REQUIRED = None
"""The default of the one option that has none."""

OPTIONS: tuple[Option, ...] = (
    Option("bootstrap.servers", servers(), REQUIRED, "The brokers to ask first; they name the others."),
    Option("client.id", text(), "", "The producer's name in requests and threads; empty for producer-1, -2, …"),
    Option("client.rack", text(), "", "Where the producer stands, in the words of the brokers' broker.rack."),
    Option("key.serializer", function("turns a key into bytes"), None, "Turns keys into bytes."),
    Option("value.serializer", function("turns a value into bytes"), None, "Turns values into bytes."),
    Option("acks", acks(), -1, "Who must have a record before it counts as sent: 0 nobody, 1 the leader, -1 all."),
    Option("retries", whole(0), INT_MAX, "How often a batch is sent again, within the delivery timeout."),
    Option("enable.idempotence", flag(), True, "Whether the broker drops what it has already."),
    Option("transactional.id", name_or_none(), None, "The producer's name across restarts; switches transactions on."),
    Option("transaction.timeout.ms", duration(1, INT_MAX), 60_000, "How long a transaction may stay open."),
    Option("transaction.two.phase.commit.enable", flag(), False, "Whether transactions wait for a coordinator's word."),
    Option("compression.type", choice("none", "gzip", "snappy", "lz4", "zstd"), "none", "How batches are compressed."),
    Option("compression.gzip.level", level(1, 9, or_else=-1), -1, "How hard gzip tries; -1 leaves it to zlib."),
    Option("compression.lz4.level", whole(1, 17), 9, "How hard lz4 tries; 9 is the quick compressor, as in Kafka."),
    Option("compression.zstd.level", whole(-131_072, 22), 3, "How hard zstd tries."),
    Option("linger.ms", duration(), 5, "How long a batch waits for more records before it may leave."),
    Option("batch.size", size(), 16_384, "How large a batch grows; 0 sends each record alone."),
    Option("buffer.memory", size(0, LONG_MAX), 33_554_432, "Memory for records that were not sent yet."),
    Option("max.block.ms", duration(), 60_000, "How long send may wait for metadata and for memory."),
    Option("max.request.size", size(), 1_048_576, "The largest request, and so the largest record."),
    Option("max.in.flight.requests.per.connection", whole(1), 5, "How many requests may be unanswered at once."),
    Option("request.timeout.ms", duration(0, INT_MAX), 30_000, "How long one request waits for its answer."),
    Option("delivery.timeout.ms", duration(0, INT_MAX), 120_000, "How long a record has from send to its result."),
    Option("retry.backoff.ms", duration(), 100, "The pause before a failed request is sent again; it doubles."),
    Option("retry.backoff.max.ms", duration(), 1_000, "The longest such pause."),
    Option("reconnect.backoff.ms", duration(), 50, "The pause before a failed connect is tried again; it doubles."),
    Option("reconnect.backoff.max.ms", duration(), 1_000, "The longest such pause."),
    Option("socket.connection.setup.timeout.ms", duration(), 10_000, "How long one connect may take; it doubles."),
    Option("socket.connection.setup.timeout.max.ms", duration(), 30_000, "The longest that one connect may take."),
    Option("connections.max.idle.ms", endless_duration(), 540_000, "A connection silent for so long is closed."),
    Option("metadata.max.age.ms", duration(), 300_000, "Metadata older than this is asked for again."),
    Option("metadata.max.idle.ms", duration(5_000), 300_000, "A topic unused for so long is forgotten."),
    Option(
        "metadata.recovery.strategy",
        choice("none", "rebootstrap"),
        "rebootstrap",
        "Whether to begin again from bootstrap.servers when no known broker is left.",
    ),
    Option("metadata.recovery.rebootstrap.trigger.ms", duration(), 300_000, "Or when none has answered for so long."),
    Option("metadata.cluster.check.enable", flag(), True, "Whether brokers may tell us that we meant another one."),
    Option(
        "client.dns.lookup",
        choice(USE_ALL_DNS_IPS, CANONICAL_NAMES),
        USE_ALL_DNS_IPS,
        "Every address of a name is tried in turn; for bootstrap.servers, by the name that the address has, if wanted.",
    ),
    Option(
        "bootstrap.resolve.timeout.ms",
        duration(),
        0,
        "How long the names in bootstrap.servers are looked up in the background; 0: once, before anything else.",
    ),
    Option("metrics.sample.window.ms", duration(), 30_000, "How long one sample of a rate or an average is."),
    Option("metrics.num.samples", whole(1), 2, "How many samples a rate or an average looks back on."),
    Option("metrics.recording.level", choice("INFO", "DEBUG", "TRACE"), "INFO", "The finest metrics; all are INFO."),
    Option("enable.metrics.push", flag(), True, "Whether brokers may ask for our metrics (KIP-714)."),
    Option("send.buffer.bytes", size(-1), 131_072, "The kernel's send buffer (SO_SNDBUF); -1 lets it choose."),
    Option("receive.buffer.bytes", size(-1), 32_768, "The kernel's receive buffer (SO_RCVBUF); -1 lets it choose."),
    Option("partitioner", function("chooses a partition"), None, "Chooses a record's partition in Kafka's stead."),
    Option("partitioner.ignore.keys", flag(), False, "Whether equal keys may go to different partitions."),
    Option("partitioner.adaptive.partitioning.enable", flag(), True, "Whether busy partitions get fewer records."),
    Option("partitioner.availability.timeout.ms", duration(), 0, "A leader unready for so long gets none; 0: it does."),
    Option("partitioner.rack.aware", flag(), False, "Whether partitions led in client.rack are preferred."),
    Option("interceptors", interceptors(), (), "Objects that see each record as it is sent and answered."),
    *SECURITY_OPTIONS,
)

INSTEAD_OF_CLASSES = {
    "interceptor.classes": "objects in as interceptors",
    "partitioner.class": "a function in as partitioner",
}
"""Options of Kafka's that name classes, and what there is in their place."""

INSTEAD = {
    "buffer.memory.allocation.strategy": "nothing is allocated ahead here, so there is no choice; leave it out",
    "config.providers": "read the value in Python, and hand it in",
    "metric.reporters": "call metrics() of the producer whenever you want to report them",
    "security.providers": "that is Java's; hand an SSLContext in as ssl.context",
}
"""Other options of Kafka's that have no place here, and what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerConfig(SecurityConfig):
    """One value for each row of `OPTIONS`, under its name in Python. Made by `parse`."""

    bootstrap_servers: tuple[str, ...]
    client_id: str
    client_rack: str
    key_serializer: Callable[..., bytes | None] | None
    value_serializer: Callable[..., bytes | None] | None
    acks: int
    retries: int
    enable_idempotence: bool
    transactional_id: str | None
    transaction_timeout_ms: int
    transaction_two_phase_commit_enable: bool
    compression_type: str
    compression_gzip_level: int
    compression_lz4_level: int
    compression_zstd_level: int
    linger_ms: int
    batch_size: int
    buffer_memory: int
    max_block_ms: int
    max_request_size: int
    max_in_flight_requests_per_connection: int
    request_timeout_ms: int
    delivery_timeout_ms: int
    retry_backoff_ms: int
    retry_backoff_max_ms: int
    reconnect_backoff_ms: int
    reconnect_backoff_max_ms: int
    socket_connection_setup_timeout_ms: int
    socket_connection_setup_timeout_max_ms: int
    connections_max_idle_ms: float
    metadata_max_age_ms: int
    metadata_max_idle_ms: int
    metadata_recovery_strategy: str
    metadata_recovery_rebootstrap_trigger_ms: int
    metadata_cluster_check_enable: bool
    client_dns_lookup: str
    bootstrap_resolve_timeout_ms: int
    metrics_sample_window_ms: int
    metrics_num_samples: int
    metrics_recording_level: str
    enable_metrics_push: bool
    send_buffer_bytes: int
    receive_buffer_bytes: int
    partitioner: Callable[..., int] | None
    partitioner_ignore_keys: bool
    partitioner_adaptive_partitioning_enable: bool
    partitioner_availability_timeout_ms: int
    partitioner_rack_aware: bool
    interceptors: tuple[Interceptor, ...]

    @classmethod
    def parse(cls, mapping: Mapping[str, object] | None = None, /, **options: object) -> "ProducerConfig":
        """Read options from a mapping, from keywords, or from both.

        Raises:
            ConfigError: an option is unknown, not supported, given twice, of the wrong type, out of range or in
                conflict with another; or `bootstrap.servers` is missing.
        """
        given = _gather(mapping, options)
        values: dict[str, Any] = {option.attribute: option.default for option in OPTIONS}
        values |= {attribute: _read(setting) for attribute, setting in given.items()}
        if values["bootstrap_servers"] is REQUIRED:
            raise ConfigError("bootstrap.servers is missing: name a broker to ask first, such as 'localhost:9092'")
        _keep_the_only_pause(given, values)
        _fit_the_delivery_timeout(given, values)
        _fit_idempotence(given, values)
        _fit_two_phase_commit(given, values)
        _fit_rack(values)
        refuse_contradictions(given, values)
        return cls(**values)


# Reading what the caller wrote...


class _Setting(NamedTuple):
    """What a caller wrote for one option, and whether it looks as if it came from a properties file."""

    option: Option
    spelling: str
    value: object
    is_property: bool


_BY_SPELLING = {spelling: option for option in OPTIONS for spelling in (option.name, option.attribute)}


def _gather(mapping: Mapping[str, object] | None, options: Mapping[str, object]) -> dict[str, _Setting]:
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ConfigError(f"options come as a mapping, or as keywords like bootstrap_servers=…, not as {mapping!r}")
    settings: dict[str, _Setting] = {}
    written = [(*item, True) for item in (mapping or {}).items()] + [(*item, False) for item in options.items()]
    for spelling, value, in_mapping in written:
        option = _find(spelling, value)
        if option.attribute in settings:
            earlier = settings[option.attribute].spelling
            raise ConfigError(f"{earlier} and {spelling} are the same option: give it once")
        is_property = spelling == option.name and (in_mapping or "." in spelling)
        settings[option.attribute] = _Setting(option, spelling, value, is_property)
    return settings


def _find(spelling: object, value: object) -> Option:
    if not isinstance(spelling, str):
        raise ConfigError(f"{spelling!r} is not an option: options have names")
    if spelling not in _BY_SPELLING:
        raise ConfigError(_why_unknown(spelling, value))
    return _BY_SPELLING[spelling]


def _why_unknown(spelling: str, value: object) -> str:
    written = f"{spelling}={_shown(spelling, value)}"
    name = spelling.replace("_", ".")
    if name in INSTEAD_OF_CLASSES:
        return f"{written}: a class of Java's cannot be used here; hand {INSTEAD_OF_CLASSES[name]}"
    if (instead := INSTEAD.get(name) or replacement(name)) is not None:
        return f"{written}: {instead}"
    from difflib import get_close_matches  # here, because it serves only a mistake

    nearest = get_close_matches(name, [option.name for option in OPTIONS], n=3)
    asked = f"; did you mean {' or '.join(nearest)}?" if nearest else "; config.OPTIONS lists them all"
    return f"{written}: there is no such option{asked}"


def _shown(spelling: str, value: object) -> str:
    """Messages end in logs, and secrets must not."""
    secret = any(word in spelling.lower() for word in ("password", "passphrase", "secret", "ssl", "sasl"))
    return HIDDEN if secret else repr(value)


def _read(setting: _Setting) -> object:
    kind, value = setting.option.kind, setting.value
    if setting.is_property and isinstance(value, str):
        value = kind.from_text(value)
    try:
        return kind.accept(value)
    except ValueError as error:
        reason = str(error) or "is not allowed"
        shown = HIDDEN if kind.is_secret else repr(setting.value)
        raise ConfigError(f"{setting.spelling}={shown} {reason}; it must be {kind.allowed}") from None


# Options that depend on each other...


def _keep_the_only_pause(given: Mapping[str, _Setting], values: dict[str, Any]) -> None:
    """Who sets the first pause between connects and not the longest wants that pause, without growth."""
    if "reconnect_backoff_ms" in given and "reconnect_backoff_max_ms" not in given:
        values["reconnect_backoff_max_ms"] = values["reconnect_backoff_ms"]


def _fit_the_delivery_timeout(given: Mapping[str, _Setting], values: dict[str, Any]) -> None:
    """A record must have the time to linger and to wait for one answer. Java: KafkaProducer.configureDeliveryTimeout"""
    delivery, linger, request = (values[f"{name}_ms"] for name in ("delivery_timeout", "linger", "request_timeout"))
    least = min(linger + request, INT_MAX)
    if delivery >= least:
        return
    if "delivery_timeout_ms" in given:
        raise ConfigError(
            f"delivery.timeout.ms={delivery} is less than linger.ms={linger} and request.timeout.ms={request} together"
        )
    log.warning("delivery.timeout.ms is raised to %d, linger.ms and request.timeout.ms together", least)
    values["delivery_timeout_ms"] = least


def _fit_two_phase_commit(given: Mapping[str, _Setting], values: dict[str, Any]) -> None:
    """Such transactions wait for somebody else's word however long it takes, and need a name to be found again by."""
    if not values["transaction_two_phase_commit_enable"]:
        return
    if "transaction_timeout_ms" in given:
        raise ConfigError(
            "transaction.timeout.ms cannot be set with transaction.two.phase.commit.enable=True: such a transaction "
            "never times out"
        )
    if values["transactional_id"] is None:
        raise ConfigError("transaction.two.phase.commit.enable=True needs a transactional.id")


MOST_IN_FLIGHT = 5
"""With idempotence: for so many batches of a producer a broker remembers the sequence numbers."""


def _fit_idempotence(given: Mapping[str, _Setting], values: dict[str, Any]) -> None:
    """What numbers its batches must wait for answers and repeat requests; it is off where others rule that out.

    Java: ProducerConfig.postProcessAndValidateIdempotenceConfigs
    """
    hindrances = [values["acks"] != -1 and f"acks={values['acks']}", values["retries"] == 0 and "retries=0"]
    hindrance = next(filter(None, hindrances), None)
    if values["enable_idempotence"] and hindrance is not None:
        if "enable_idempotence" in given:
            raise ConfigError(f"enable.idempotence=True needs acks=all and retries above 0, so not {hindrance}")
        log.info("Idempotence is off because of %s", hindrance)
        values["enable_idempotence"] = False
    in_flight = values["max_in_flight_requests_per_connection"]
    if values["enable_idempotence"] and in_flight > MOST_IN_FLIGHT:
        raise ConfigError(
            f"max.in.flight.requests.per.connection={in_flight} is more than the {MOST_IN_FLIGHT} that idempotence "
            "allows; choose fewer, or enable.idempotence=False"
        )
    if values["transactional_id"] is not None and not values["enable_idempotence"]:
        why = f", which {hindrance} rules out" if hindrance is not None else ""
        raise ConfigError(f"transactional.id={values['transactional_id']!r} needs enable.idempotence=True{why}")


def _fit_rack(values: Mapping[str, Any]) -> None:
    """Who prefers what is near has to say where he is. Java: RecordAccumulator.PartitionerConfig"""
    if values["partitioner_rack_aware"] and not values["client_rack"].strip():
        raise ConfigError("partitioner.rack.aware=True needs client.rack, the rack that the producer stands in")
