"""A request of 64 KiB, and a kernel that takes 12 KiB of it at a time.

Being writable means that there is room for something, not for everything. `write` hands over the whole request, the
kernel takes what fits and says how much that was, and the rest waits for the next select to say that there is room
again. Therefore the channel stays interested in `OP_WRITE` until the last byte has left, and not a turn longer: an idle
socket always has room, and every select would return at once.

Until then the connection takes no other request: a channel holds one send at a time.

Who believes that one write event sends a message counts the writes.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.excerpt import APPLICATION, LOOP, MESSAGES
from kafka_nio.demos.scene import Scene

KIBIBYTE = 1024
RECORD = bytes(64 * KIBIBYTE)
BYTES_A_WRITE = 12 * KIBIBYTE


def run(scene: Scene) -> None:
    """Send one large record."""
    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)

        scene.begin()
        scene.wait_for(producer.send(scene.topic, RECORD, partition=0))
        scene.end(producer)


SMALL_SEND_BUFFER = Demo(
    id="d07",
    name="small-send-buffer",
    title="A small send buffer",
    sentence="A request of 64 KiB through a send buffer that takes a part of it at a time.",
    watch_for=(
        "One request, and a write for each part of it that the kernel takes.",
        "The channel waits for OP_WRITE until the last byte has left, then no longer.",
        "The sender goes round its loop meanwhile: nothing blocks.",
    ),
    run=run,
    setting=Setting(bytes_a_write=BYTES_A_WRITE),
    keep=(
        *APPLICATION,
        *LOOP,
        *MESSAGES,
        "Selector.poll",
        "Selector.poll_selection_keys",
        "NetworkClient.handle_completed_sends",
        "ProducerBatch.complete",
    ),
)
