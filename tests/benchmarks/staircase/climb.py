"""Times one stair, in a process of its own: takes an assignment as JSON, prints nanoseconds for each record.

    python -m tests.benchmarks.staircase.climb '{"stair": "an empty method", "repetitions": 20, …}'

A process of its own, because Python remembers in a function's code what it met there last; a stair that shares its
process with others would find it made for them.

It is CPU time of this thread that counts. The sender has no thread of its own here (`stepped`): between two
repetitions it takes its turns, and the records are given up, so that each repetition begins with a new batch.
"""

import gc
import json
import sys
import time
from typing import TypedDict

from kafka_nio.producer import KafkaProducer
from tests.benchmarks.staircase.cut import CutError, replaced
from tests.benchmarks.staircase.stairs import BY_NAME, WAY, Stair
from tests.benchmarks.staircase.stepped import VALUE, give_up_records, stepped_producer

RECORDS = 300
"""In one repetition. Few, so that one of many repetitions finds the machine undisturbed."""
WARM_UP = 200
"""Before each repetition: Python adapts code to what it meets, after some calls."""

LARGE_BATCH = {"batch.size": 4 * 1024 * 1024}


class Assignment(TypedDict):
    """What to do."""

    stair: str
    repetitions: int
    bootstrap_servers: str
    topic: str


def main() -> None:
    """Do what the assignment says, and print one number."""
    assignment: Assignment = json.loads(sys.argv[1])
    gc.disable()
    print(fastest_ns(BY_NAME[assignment["stair"]], assignment))


def fastest_ns(stair: Stair, assignment: Assignment) -> float:
    """Nanoseconds of CPU time for a record, in the fastest repetition."""
    topic = assignment["topic"]
    options = {**LARGE_BATCH, **stair.options}
    with stepped_producer(assignment["bootstrap_servers"], topic, options) as producer:
        times = [one_repetition_ns(stair, producer, topic) for _ in range(assignment["repetitions"])]
    return min(times) / RECORDS


def one_repetition_ns(stair: Stair, producer: KafkaProducer, topic: str) -> int:
    """From the second record of a batch on."""
    producer.send(topic, VALUE)
    ensure_reached(stair, producer, topic)
    things, warm_up = stair.things(RECORDS), stair.things(WARM_UP)
    with replaced(stair.cuts()):
        stair.loop(producer, topic, warm_up)
        began_ns = time.thread_time_ns()
        stair.loop(producer, topic, things)
        took_ns = time.thread_time_ns() - began_ns
    give_up_records(producer)
    return took_ns


class Reached(Exception):
    """The function was called."""


def ensure_reached(stair: Stair, producer: KafkaProducer, topic: str) -> None:
    """Raises CutError if `send` does not come to the stair's function at all."""

    def reached(*_: object, **__: object) -> None:
        raise Reached

    try:
        with replaced({stair.function: reached}):
            producer.send(topic, VALUE)
    except Reached:
        return
    raise CutError(f"{WAY[0]} does not call {stair.function} any more")


if __name__ == "__main__":
    main()
