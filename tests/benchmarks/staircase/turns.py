"""Times the sender's turns, in a process of its own: takes an assignment as JSON, prints the outcome as JSON.

    python -m tests.benchmarks.staircase.turns '{"batches": 6, "repetitions": 20, …}'

In each repetition so many batches are filled, one for each partition; then the sender takes turns until all of them are
acknowledged. One function at a time is inside a stopwatch. A stopwatch on everything at once would measure itself.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple, TypedDict

from kafka_nio.producer import KafkaProducer
from tests.benchmarks.staircase.cut import CutError, find, replaced
from tests.benchmarks.staircase.sender_parts import PARTS, REST, TURN, Part
from tests.benchmarks.staircase.stepped import VALUE, give_up_records, stepped_producer

WARM_UP = 40
"""Requests after each change of the code, since Python adapts it to what it meets, after some calls."""

IN_A_ROW = 10
"""Repetitions with a stopwatch at one place, before it goes to the next."""


class Assignment(TypedDict):
    """What to do."""

    batches: int
    repetitions: int
    bootstrap_servers: str
    topic: str


class Outcome(TypedDict):
    """What came out of it."""

    records: int
    """In a batch."""
    batch_ns: dict[str, float]
    """CPU time for one batch, by the name of the part, with that of the parts inside it."""


class Stopwatch:
    """Counts the CPU time that passes inside a function, its own cost taken off."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.spent_ns = 0
        self.calls = 0
        self._function = function

    def __call__(self, *arguments: object, **options: object) -> object:
        began_ns = time.thread_time_ns()
        try:
            return self._function(*arguments, **options)
        finally:
            self.spent_ns += time.thread_time_ns() - began_ns - OWN_NS
            self.calls += 1

    def method(self) -> Callable[..., Any]:
        """The same, to be put into a class."""
        return lambda *arguments, **options: self(*arguments, **options)


OWN_NS = 0


def own_ns() -> int:
    """What a stopwatch counts when nothing happens."""
    return int(median(_nothing_ns() for _ in range(10_000)))


def _nothing_ns() -> int:
    watch = Stopwatch(lambda: None)
    watch()
    return watch.spent_ns


def main() -> None:
    """Do what the assignment says, and print the outcome."""
    global OWN_NS
    OWN_NS = own_ns()
    gc.disable()
    print(json.dumps(measure(json.loads(sys.argv[1]))))


def measure(assignment: Assignment) -> Outcome:
    """The fastest repetition of the whole and of each part."""
    batches, topic = assignment["batches"], assignment["topic"]
    with stepped_producer(assignment["bootstrap_servers"], topic) as producer:
        records = records_in_a_batch(producer, topic)
        load = Load(producer, topic, batches, records)
        rounds = [
            {part.name: fastest_ns(part, load) / batches for part in (*PARTS, REST)}
            for _ in range(-(-assignment["repetitions"] // IN_A_ROW))
        ]
    return {"records": records, "batch_ns": {name: min(one[name] for one in rounds) for name in rounds[0]}}


class Load(NamedTuple):
    """What is sent each time."""

    producer: KafkaProducer
    topic: str
    batches: int
    records: int


def fastest_ns(part: Part, load: Load) -> int:
    """The CPU time inside a part's function, until all batches are acknowledged.

    Raises:
        CutError: the function was not called.
    """
    holder, name = find(part.function)
    watch = Stopwatch(getattr(holder, name))
    spent_ns = []
    with replaced({part.function: watch.method()}):
        for number in range(WARM_UP + IN_A_ROW):
            fill(load, load.records if number >= WARM_UP else 1)
            watch.spent_ns = 0
            load.producer.flush()
            spent_ns.append(watch.spent_ns)
    if not watch.calls:
        raise CutError(f"{TURN} does not call {part.function} any more")
    return min(spent_ns[WARM_UP:])


def records_in_a_batch(producer: KafkaProducer, topic: str) -> int:
    """How many fit."""
    producer.send(topic, VALUE, partition=0)
    (queue,) = producer._accumulator._queues.values()
    while len(queue) == 1:
        producer.send(topic, VALUE, partition=0)
    records: int = queue[0].record_count
    give_up_records(producer)
    return records


def fill(load: Load, records: int) -> None:
    """One batch in each of some partitions, of so many records."""
    for partition in range(load.batches):
        for _ in range(records):
            load.producer.send(load.topic, VALUE, partition=partition)


if __name__ == "__main__":
    main()
