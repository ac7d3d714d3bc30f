"""A batch that is full leaves at once, however long the linger is.

Batches of 1,000 bytes, and half a second of linger. The first record opens a batch, which wakes the sender: it has to
learn how long it may sleep. The second fills the batch to the last byte, which wakes it again, because now there is
something to send. A third one opens another batch. The sender sends the first, half a second early; the second batch is
not full, so it stays and lingers.

Who believes that linger is a time to wait sees that it is a time to wait *at most*. (And a batch counts as full not
only when its bytes are used up: it is enough that another one stands behind it, because nothing can join it any more.)

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene

LINGER_MS = 500
BATCH_SIZE = 1_000
VALUES = (bytes(400), bytes(521), bytes(400))
"""With what surrounds them (61 bytes for the batch, 9 for each record), the first two make 1,000 bytes."""


def run(scene: Scene) -> None:
    """Send three records, of which two fill a batch, and wait for those two."""
    with scene.producer(linger_ms=LINGER_MS, batch_size=BATCH_SIZE) as producer:
        scene.warm_up(producer)

        scene.begin()
        first, second, _ = [producer.send(scene.topic, value, partition=0) for value in VALUES]
        scene.wait_for(first, second)
        scene.end(producer)


FULL_BATCH = Demo(
    id="d03",
    name="full-batch",
    title="A full batch does not wait",
    sentence="Half a second of linger, but the first batch is full after two records and leaves at once.",
    watch_for=(
        "Each record wakes the sender: a new batch, a full batch, a new batch.",
        "The first batch is ready because it is full, long before its linger is over.",
        "The second batch is not full and stays behind, to linger.",
    ),
    run=run,
)
