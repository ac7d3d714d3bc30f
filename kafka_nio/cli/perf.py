"""`kafka-nio perf`: how fast the producer sends, and how long a record takes.

Options and output are those of kafka-producer-perf-test, so that the two can be read side by side.

Left out against Java: transactions, and payloads that count (`--payload-monotonic`).

Java: org.apache.kafka.tools.ProducerPerformance
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import Annotated

import typer

from kafka_nio.cli import properties
from kafka_nio.cli.perf_broker import broker_process
from kafka_nio.cli.perf_load import Load, keys, random_values, sizes, values_of_file
from kafka_nio.cli.perf_progress import Progress
from kafka_nio.cli.perf_report import Report
from kafka_nio.cli.perf_run import GRACE_S, Run
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import first_failure_told, stopped_by_signals
from kafka_nio.clock import SystemClock
from kafka_nio.config import OPTIONS, ProducerConfig
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.assembly import ProducerRuntime

RECORD_SIZE = "100"

SEED_BITS = 32

MOST_BYTES_IN_MEMORY = 1024**3
"""The broker of our own forgets nothing until it ends."""

SERVERS = "bootstrap.servers"

CLIENT_ID = "perf-producer-client"

IN_KAFKAS_WORDS = {option.attribute: option.name for option in OPTIONS}

OF_OUR_OWN = {"key.serializer", "value.serializer"}
"""Keys and values are bytes already, so a file that names serializers for Kafka's tool can be taken as it is."""

# The options, in the order of --help...

Servers = Annotated[
    str | None,
    typer.Option(help="A broker to ask first, as host:port. Without it, an embedded broker in a process of its own."),
]
Topic = Annotated[str, typer.Option(help="Where the records go.")]
NumRecords = Annotated[int, typer.Option(help="How many records, warm-up included.", min=1)]
RecordSize = Annotated[
    str | None,
    typer.Option(
        help=f"Bytes of a value, as in 100, or of any size in between, as in 50-150.  [default: {RECORD_SIZE}]"
    ),
]
PayloadFile = Annotated[Path | None, typer.Option(help="Values are drawn from this file instead.")]
PayloadDelimiter = Annotated[str, typer.Option(help="What ends a value in that file.")]
Throughput = Annotated[float, typer.Option(help="Records per second; -1 for as fast as possible.")]
Properties = Annotated[list[str] | None, typer.Option(help="Options of the producer, as in acks=1 linger.ms=5.")]
MoreProperties = Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="More of --producer-props.")]
PropertiesFile = Annotated[Path | None, typer.Option(help="A properties file with options; --producer-props win.")]
Warmup = Annotated[int, typer.Option(help="The first records, left out of a second summary.", min=0)]
Keys = Annotated[str, typer.Option("--keys", help="none, so many different ones in turn, or unique. 16 bytes each.")]
Partitions = Annotated[int | None, typer.Option(help="Of the topic, at the embedded broker.  [default: 1]", min=1)]
Seed = Annotated[int | None, typer.Option(help="Makes the same values again. Without it, any; it is printed.")]
PrintMetrics = Annotated[bool, typer.Option("--print-metrics", help="Print the producer's metrics at the end.")]
Timeout = Annotated[float, typer.Option(help="Give up if no broker answers within so many seconds.", min=0.1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON, and the rest to standard error.")]


def perf(
    more_properties: MoreProperties = None,
    bootstrap_servers: Servers = None,
    topic: Topic = "perf",
    num_records: NumRecords = 100_000,
    record_size: RecordSize = None,
    payload_file: PayloadFile = None,
    payload_delimiter: PayloadDelimiter = "\\n",
    throughput: Throughput = -1,
    producer_props: Properties = None,
    producer_config: PropertiesFile = None,
    warmup_records: Warmup = 0,
    keys_like: Keys = "none",
    partitions: Partitions = None,
    seed: Seed = None,
    print_metrics: PrintMetrics = False,
    timeout: Timeout = 10,
    as_json: AsJson = False,
) -> None:
    """Measure how fast records are sent.

    Counted are records that a broker has acknowledged, and the bytes of their values. Time runs from the first send to
    the last answer; connecting is part of it, and --warmup-records leaves it out of a second summary.

    The latency of a record runs from before its send to its callback, as in kafka-producer-perf-test: time in which
    send waits for memory, or a batch for more records, is part of it. Every record is counted, none is sampled. Each
    figure is exact to a thousandth, and to 10 µs, since records that are sent within that time share one callback.
    What the callbacks cost is part of what is measured.
    """
    settings = producer_options(bootstrap_servers, [*(producer_props or ()), *(more_properties or ())], producer_config)
    seed = SystemRandom().getrandbits(SEED_BITS) if seed is None else seed
    values, described = _values(record_size, payload_file, payload_delimiter, Random(seed))
    load = Load(topic, num_records, warmup_records, values, described, keys(keys_like), throughput, seed)
    load.refuse_if_wrong()
    report = Report(load, print_metrics, as_json)
    with stopped_by_signals(), _cluster(settings, partitions, load) as where:
        _refuse_if_nobody_answers(settings, topic, timeout)
        report.begin(where)
        run = _measure(settings, report)
    report.end(run)


# What is asked for...


def producer_options(servers: str | None, words: list[str], file: Path | None) -> dict[str, str]:
    """The producer's options under Kafka's names: those of a file, those in words, which win, and the servers.

    Raises:
        OSError: the file cannot be read.
        Problem: the servers are named twice, or an option asks for what this command does not do.
    """
    written = (properties.from_file(file) if file is not None else {}) | properties.from_words(words)
    settings = {IN_KAFKAS_WORDS.get(name, name): value for name, value in written.items()}
    if servers is not None and settings.setdefault(SERVERS, servers) != servers:
        raise Problem(f"--bootstrap-servers {servers} and {SERVERS}={settings[SERVERS]}: give one of them", status=2)
    if "transactional.id" in settings:
        raise Problem("transactional.id is set, and perf sends outside transactions: leave it out", status=2)
    return {"client.id": CLIENT_ID} | {name: value for name, value in settings.items() if name not in OF_OUR_OWN}


def _values(size: str | None, file: Path | None, delimiter: str, random: Random) -> tuple[list[bytes], str]:
    """The values to send, and what they are in words."""
    if file is None:
        size = size or RECORD_SIZE
        return random_values(sizes(size), random), f"{size} bytes"
    if size is not None:
        raise Problem("--record-size and --payload-file: give one of them", status=2)
    return values_of_file(file, delimiter, random), f"the sizes in {file}"


# Where it goes...


@contextmanager
def _cluster(settings: dict[str, str], partitions: int | None, load: Load) -> Iterator[str]:
    """Yields where the records go, in words; starts a broker if the settings name none, and names it there."""
    if SERVERS in settings:
        if partitions is not None:
            raise Problem("--partitions is for the embedded broker: a cluster's topic has those it has", status=2)
        yield settings[SERVERS]
        return
    if load.expected_bytes > MOST_BYTES_IN_MEMORY:
        raise Problem(
            f"{load.expected_bytes:,} bytes are too many for the embedded broker, which keeps them in memory: send "
            f"less than {MOST_BYTES_IN_MEMORY:,}, or name a cluster with --bootstrap-servers",
            status=2,
        )
    with broker_process(partitions or 1) as settings[SERVERS]:
        yield f"{settings[SERVERS]}, an embedded broker in a process of its own"


def _refuse_if_nobody_answers(settings: dict[str, str], topic: str, timeout: float) -> None:
    """Ask for the topic with a producer of its own, which gives up sooner than the one that is measured.

    Raises:
        KafkaError: nobody answered, there is no such topic, or an option is wrong.
    """
    max_block_ms = min(round(timeout * 1000), ProducerConfig.parse(settings).max_block_ms)
    with first_failure_told(), KafkaProducer(settings | {"max.block.ms": str(max_block_ms)}) as producer:
        producer.partitions_for(topic)


def _measure(settings: dict[str, str], report: Report) -> Run:
    """Send, tell how far it has come, and stop at Ctrl-C."""
    producer = KafkaProducer(settings, runtime=ProducerRuntime(random=Random(report.load.seed)))
    try:
        run = Run(producer, report.load, SystemClock())
        progress = Progress(report.console, run, report.load.num_records)
        try:
            with progress.shown():
                run.run(progress.every_ms, progress.tell)
        except KeyboardInterrupt:
            report.say(f"Nothing more is sent. Waiting for what is under way, {GRACE_S:g} s at most.")
            run.stop()
        report.metrics = producer.metrics()
        return run
    finally:
        producer.close(timeout=0)  # what has no answer by now was given up
