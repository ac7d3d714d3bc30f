"""A callback that blocks the loop.

Callbacks run on the sender's thread, the one that reads and writes for all connections. `on_delivery` below hands the
outcome to somebody who has time. The wrong one does the work there and then: it writes the outcome to a database, say,
which takes a quarter of a second.

What one sees: a record that was sent meanwhile leaves a quarter of a second late, to whichever broker it goes; with a
few more records, requests time out that were answered long ago.

Caught by the lint `blocked-loop`.

Java: no counterpart.
"""

import sys

from kafka_nio.clock import Clock
from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import KafkaError
from kafka_nio.producer import RecordMetadata

WORK_MS = 250
"""How long it takes to deal with an outcome."""

Outcomes = list[RecordMetadata | KafkaError]


def on_delivery(outcomes: Outcomes, clock: Clock, outcome: RecordMetadata | KafkaError) -> None:
    """Put the outcome where a thread that has time will find it."""
    outcomes.append(outcome)


def on_delivery_wrong(outcomes: Outcomes, clock: Clock, outcome: RecordMetadata | KafkaError) -> None:
    """Deal with the outcome here and now, on the sender's thread."""
    clock.sleep(WORK_MS)
    outcomes.append(outcome)


BUG = Bug("blocking-callback", sys.modules[__name__], "on_delivery", on_delivery_wrong, lint="blocked-loop")


def run(scene: Scene) -> None:
    """Send two records; the second is sent while the callback of the first is at work."""
    outcomes: Outcomes = []

    def callback(metadata: RecordMetadata, error: KafkaError | None) -> None:
        on_delivery(outcomes, scene.clock, error or metadata)

    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)

        scene.begin()
        first = producer.send(scene.topic, value=b"first", callback=callback)
        scene.pause(WORK_MS / 10)
        scene.wait_for(first, producer.send(scene.topic, value=b"second"))
        scene.end(producer)


DEMO = Demo(
    id="b07",
    name="bug-blocking-callback",
    title="Bug: a callback that blocks the loop",
    sentence="A callback takes a quarter of a second, and so does everything else.",
    watch_for=(
        "ProducerBatch.complete, which calls the callback, takes as long as the callback.",
        "The second record is in its batch, and nobody looks: the sender does not even select.",
    ),
    run=run,
    keep=THE_LOOP,
    bug=BUG,
)
