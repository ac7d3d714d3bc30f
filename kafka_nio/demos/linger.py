"""Three records, a millisecond apart, twice: with `linger_ms=0` and with `linger_ms=5`.

Without linger each record finds an idle connection and leaves at once, so there are three requests, three answers and
three times the work of the loop. With five milliseconds there is one request. The first record has waited for 5 ms, the
second for 4, the third for 3: linger is how long a *batch* may stay open, counted from its first record. It is not a
delay that each record gets.

Who believes that linger slows every record down compares the two, and sees what it buys. (Nor does `linger_ms=0` mean
that nothing is batched: see window-full.)

Java: no counterpart.
"""

from collections.abc import Callable

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import APPLICATION, LOOP, MESSAGES, OUTCOMES
from kafka_nio.demos.scene import Scene

KEPT = (*APPLICATION, *LOOP, *MESSAGES, *OUTCOMES, "Sender.send_produce_request")

RECORDS = 3
BETWEEN_RECORDS_MS = 1


def _run(linger_ms: int) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        """Send a record, let a millisecond pass, send the next."""
        with scene.producer(linger_ms=linger_ms) as producer:
            scene.warm_up(producer)

            scene.begin()
            futures = []
            for number in range(RECORDS):
                futures.append(producer.send(scene.topic, b"record %d" % number, partition=0))
                scene.pause(BETWEEN_RECORDS_MS)
            scene.wait_for(*futures)
            scene.end(producer)

    return run


PAIR = ("linger-0", "linger-5")

LINGER_0 = Demo(
    id="d02",
    name="linger-0",
    title="Without linger",
    sentence="Three records a millisecond apart, no linger: three batches, three requests.",
    watch_for=(
        "Each record opens a batch of its own, because the one before has left already.",
        "Each costs a wakeup, a request, an answer, and several turns of the loop.",
    ),
    run=_run(linger_ms=0),
    pair=PAIR,
    keep=KEPT,
)

LINGER_5 = Demo(
    id="d02",
    name="linger-5",
    title="With five milliseconds of linger",
    sentence="Three records a millisecond apart, 5 ms of linger: one batch, one request.",
    watch_for=(
        "Only the first record wakes the sender, which finds nothing to send yet and sleeps for the rest of the 5 ms.",
        "The second and the third record just join the batch.",
        "The batch leaves 5 ms after its first record, so the last one has waited for 3.",
    ),
    run=_run(linger_ms=5),
    pair=PAIR,
    keep=KEPT,
)
