"""Many partitions, and many topics: every one gets records, and all are read back by librdkafka's consumer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kafka_nio import KafkaProducer
from kafka_nio.producer import FutureRecordMetadata
from tests.endurance.broker_process import value_of
from tests.endurance.gauges import cpu_s, rss_kib
from tests.endurance.progress import Tell, nobody

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Wide:
    """What came of it. Each place got the same number of records."""

    topics: int
    partitions: int
    """Of each topic."""
    records_each: int
    acknowledged: int
    read_back: int
    wrong: int
    """Places that do not have just the records that they were sent, in their order."""
    seconds: float
    """From the first `send` until everything was acknowledged."""
    cpu_s: float
    grown_kib: int
    """What the process held when all was acknowledged, beyond what it held before."""


def wide(
    bootstrap_servers: str,
    topics: Sequence[str],
    partitions: int,
    records_each: int,
    tell: Tell = nobody,
) -> Wide:
    """Send to every partition of every topic, one after the other and round again, and read it back.

    Raises:
        KafkaError: a record was not acknowledged.
        KafkaException: the consumer found a fault.
    """
    # Not before it is needed: the process that is looked at for an hour has no librdkafka in it.
    from tests.endurance.consumer import values_by_place

    places = [(topic, partition) for topic in topics for partition in range(partitions)]
    with KafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        began_s, before_cpu_s, before_kib = time.monotonic(), cpu_s(), rss_kib()
        futures: list[FutureRecordMetadata] = []
        for round_ in range(records_each):
            tell(f"round {round_ + 1} of {records_each} to {len(places):,} partitions", at_once=True)
            futures += [
                producer.send(topic, value_of(round_ * len(places) + place), partition=partition)
                for place, (topic, partition) in enumerate(places)
            ]
        acknowledged = sum(future.result(timeout=PATIENCE_S).has_offset for future in futures)
        seconds, took_cpu_s, grown_kib = time.monotonic() - began_s, cpu_s() - before_cpu_s, rss_kib() - before_kib
    tell("a consumer reads it back", at_once=True)
    read = values_by_place(bootstrap_servers, places, acknowledged)
    return Wide(
        topics=len(topics),
        partitions=partitions,
        records_each=records_each,
        acknowledged=acknowledged,
        read_back=sum(map(len, read.values())),
        wrong=sum(read[place] != sent_to(index, len(places), records_each) for index, place in enumerate(places)),
        seconds=round(seconds, 2),
        cpu_s=round(took_cpu_s, 2),
        grown_kib=grown_kib,
    )


def sent_to(place: int, places: int, records_each: int) -> list[bytes]:
    """The values of one place, in their order."""
    return [value_of(round_ * places + place) for round_ in range(records_each)]
