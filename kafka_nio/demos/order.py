"""Two records in a row, of which the first one fails once: with five requests in flight, and with one.

With five, the second record does not wait for the first one's answer. When that comes it is an error that may pass, so
the first record is sent again; but by then the second one has been written. Both are there, in the wrong order.

With one, the partition is *muted* while a batch of it is under way: the second record stays in its queue until the
first has been written. The order is kept, and each request waits for the one before.

(Idempotence keeps the order with five in flight too, because the broker counts batches. It is switched off here.)

Who believes that retries keep order compares the offsets.

Java: no counterpart.
"""

from collections.abc import Callable

from kafka_nio.broker import Fault
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import APPLICATION, LOOP, MESSAGES, MUTING, OUTCOMES
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import NotEnoughReplicasError
from kafka_nio.protocol.api import ApiKey

APART_MS = 2
ANSWER_AFTER_MS = 50

KEPT = (*APPLICATION, *LOOP, *MESSAGES, *OUTCOMES, *MUTING)


def _run(in_flight: int) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        """Send two records, each in a batch of its own; the answer to the first comes late and is an error."""
        with scene.producer(linger_ms=0, batch_size=0, max_in_flight_requests_per_connection=in_flight) as producer:
            scene.warm_up(producer)
            scene.order(Fault(ApiKey.PRODUCE, error=NotEnoughReplicasError, delay_ms=ANSWER_AFTER_MS))

            scene.begin()
            first = producer.send(scene.topic, b"first", partition=0)
            scene.pause(APART_MS)
            second = producer.send(scene.topic, b"second", partition=0)
            scene.wait_for(first, second)
            scene.end(producer)

    return run


PAIR = ("order-lost", "order-kept")
ERROR_ORDERED = "it orders one that refuses the first record once"

ORDER_LOST = Demo(
    id="d15",
    name="order-lost",
    title="Order lost",
    sentence="Five requests in flight: the first batch fails and is sent again, behind the second.",
    watch_for=(
        "The second batch leaves while the first is unanswered, and is written while that is put back.",
        "The first record has the higher offset.",
    ),
    run=_run(in_flight=5),
    own_broker=ERROR_ORDERED,
    pair=PAIR,
    keep=KEPT,
)

ORDER_KEPT = Demo(
    id="d15",
    name="order-kept",
    title="Order kept",
    sentence="One request in flight: the partition is muted until the first batch is written.",
    watch_for=(
        "When the first batch leaves its partition is muted, so the second batch is not even looked at.",
        "The first one is refused and put back before the second.",
        "The first record has the lower offset.",
    ),
    run=_run(in_flight=1),
    own_broker=ERROR_ORDERED,
    pair=PAIR,
    keep=KEPT,
)
