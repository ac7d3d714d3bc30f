"""`OP_WRITE` is never cleared.

The right `KafkaChannel.write` stops waiting for room to write as soon as the last byte has left. This one forgets. The
kernel nearly always has room, so from then on every select returns at once: the loop that should sleep until the answer
comes turns as fast as it can, and finds each time that there is nothing to write. Nothing fails. What one sees is a
processor core at 100 %; measured once, 233,346 selects in half a second.

Caught by the lint `write-interest-stuck`.

Java: no counterpart.
"""

from kafka_nio.broker import Fault
from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.scene import Scene
from kafka_nio.network import KafkaChannel, NetworkSend
from kafka_nio.protocol.api import ApiKey

ANSWER_AFTER_MS = 5
"""How long the broker takes to answer. Long enough to see the loop spin."""

LOOK_MS = 0.05
"""How long a round takes in a recording, so that it takes a hundred of them until the answer comes."""


def write(self: KafkaChannel) -> NetworkSend | None:
    """Write what the kernel takes; return the message if that was the last of it, and go on waiting for room."""
    if self._send is None:
        return None
    self._send.write_to(self._transport)
    if not self._send.is_completed:
        return None
    completed, self._send = self._send, None
    return completed  # and the interest in OP_WRITE stays


BUG = Bug("write-interest-stuck", KafkaChannel, "write", write, lint="write-interest-stuck")


def run(scene: Scene) -> None:
    """Send a record whose answer takes its time."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)
        scene.order(Fault(ApiKey.PRODUCE, delay_ms=ANSWER_AFTER_MS))

        scene.begin()
        scene.wait_for(producer.send(scene.topic, value=b"hello"))
        scene.end(producer)


DEMO = Demo(
    id="b01",
    name="bug-write-interest-stuck",
    title="Bug: OP_WRITE is never cleared",
    sentence="While the answer is under way, every select returns at once: there is room, and nothing to write.",
    watch_for=(
        "After the record has left, KafkaChannel.write runs in every round and moves nothing.",
        "In the right program there is one select here, and it sleeps.",
    ),
    run=run,
    own_broker="one that takes its time",
    setting=Setting(look_ms=LOOK_MS),
    keep=THE_LOOP,
    bug=BUG,
)
