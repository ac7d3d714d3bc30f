"""When the buffer memory is used up, `send` waits, and whatever there is leaves at once.

The pool has room for two batches of 16 KiB, and linger is half a second. The first record opens a batch in partition 0,
the second one in partition 1: all memory is taken. The third one, for partition 2, needs a batch too, so the
application's thread waits inside `send`. The sender sees that somebody waits for memory, and stops lingering: both
batches are ready, half a second early. Their answer gives the memory back, and `send` goes on.

Who believes that `send` never blocks, or that only time and size make a batch leave, sees both happen.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.scene import Scene

BATCH_SIZE = 16 * 1024
LINGER_MS = 500


def run(scene: Scene) -> None:
    """Open more batches than there is memory for."""
    with scene.producer(linger_ms=LINGER_MS, batch_size=BATCH_SIZE, buffer_memory=2 * BATCH_SIZE) as producer:
        scene.warm_up(producer, partitions=3)

        scene.begin()
        first, second, _ = [producer.send(scene.topic, b"one of three", partition=number) for number in range(3)]
        scene.wait_for(first, second)
        scene.end(producer)


POOL_EXHAUSTED = Demo(
    id="d13",
    name="pool-exhausted",
    title="No memory left",
    sentence="The buffer memory is used up: send() waits, and the batches that have it leave early.",
    watch_for=(
        "The third send() stands in line for memory, on the application's thread.",
        "Because somebody waits, every batch is ready, although none has lingered.",
        "When the answer has come the memory goes to whoever stood in line, and send() returns.",
    ),
    run=run,
    setting=Setting(partitions=3),
)
