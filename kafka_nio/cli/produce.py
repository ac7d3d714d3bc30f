"""`kafka-nio produce`: send the lines of the standard input.

Java: org.apache.kafka.tools.ConsoleProducer
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import first_failure_told
from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer, RecordMetadata

LINGER_MS = 5


def produce(
    topic: Annotated[str, typer.Argument(help="Where the lines go.")],
    bootstrap_servers: Annotated[str, typer.Option(help="A broker to ask first, as host:port.")] = "localhost:9092",
    key_separator: Annotated[
        str | None, typer.Option(help="Splits a line, where it first occurs, into key and value.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Give up on a line after so many seconds.", min=0.1)] = 10,
) -> None:
    """Send each line of the standard input as a record."""
    tally = Tally(topic)
    try:
        with first_failure_told(unless=tally.is_begun), _producer(bootstrap_servers, round(timeout * 1000)) as producer:
            for key, value in records(sys.stdin.buffer, key_separator):
                producer.send(topic, key=key, value=value, callback=tally.add)
                if tally.error is not None:
                    break  # what follows would fail in the same way, each line after its own timeout
            producer.flush()
    except KeyboardInterrupt:
        typer.echo(tally.report())  # all of them: closing the producer has sent what was still waiting
        raise
    if tally.error is not None:
        asked = "" if bootstrap_servers in str(tally.error) else f" (bootstrap servers: {bootstrap_servers})"
        raise Problem(f"{tally.report()}, then: {tally.error}{asked}")
    typer.echo(tally.report())


def _producer(bootstrap_servers: str, timeout_ms: int) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=bootstrap_servers,
        linger_ms=LINGER_MS,
        max_block_ms=timeout_ms,
        request_timeout_ms=timeout_ms,
        delivery_timeout_ms=timeout_ms + LINGER_MS,
    )


def records(lines: Iterable[bytes], key_separator: str | None) -> Iterator[tuple[bytes | None, bytes]]:
    """Each line, without its end, as a key (None if there is no separator in it) and a value."""
    separator = key_separator.encode() if key_separator else None
    for line in lines:
        value = line.removesuffix(b"\n").removesuffix(b"\r")
        if separator is not None and separator in value:
            key, _, value = value.partition(separator)
            yield key, value
        else:
            yield None, value


class Tally:
    """What has been written so far. `add` is the callback of every record, called on the producer's thread."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._count = 0
        self._last_offsets: dict[int, int] = {}
        self.error: KafkaError | None = None
        """The first failure."""

    def add(self, metadata: RecordMetadata | None, error: KafkaError | None) -> None:
        """Count one record."""
        if error is not None:
            self.error = self.error or error
        elif metadata is not None:
            self._count += 1
            self._last_offsets[metadata.partition] = metadata.offset

    def is_begun(self) -> bool:
        """Whether a record has been written."""
        return self._count > 0

    def report(self) -> str:
        """`3 records written to orders, last offset 2`."""
        records = "1 record" if self._count == 1 else f"{self._count} records"
        return f"{records} written to {self._topic}{self._where()}"

    def _where(self) -> str:
        if not self._last_offsets:
            return ""
        if len(self._last_offsets) == 1:
            return f", last offset {next(iter(self._last_offsets.values()))}"
        offsets = ", ".join(
            f"{offset} in partition {partition}" for partition, offset in sorted(self._last_offsets.items())
        )
        return f", last offsets {offsets}"
