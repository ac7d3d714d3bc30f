"""A wakeup that blocks.

The right `wakeup` writes one byte at most, and none while one is under way. This one writes a byte every time and waits
until the socket takes it. A socket takes a few hundred bytes that nobody reads (278 of one byte, measured once). If the
sender is busy elsewhere, here in a callback, whoever sends the next record stands still in `wakeup`; and if the sender
itself were to send it, for ever. kafka-python had this (dpkp/kafka-python#1577, #1760, #2286).

What one sees: `send()` hangs, now and then, under load. Here the socket is so small that the third byte is too many.

Caught by the lint `blocking-wakeup`.

Java: no counterpart.
"""

import selectors
import socket

from kafka_nio import nio
from kafka_nio.clock import NEVER
from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.producer import RecordMetadata

SMALLEST = 1
"""Of a socket's buffer: the kernel makes of it the smallest it has."""

CALLBACK_MS = 80
"""How long the sender is busy elsewhere. Less than what the lint `blocked-loop` complains about."""

RECORDS = 4
"""More than the socket has room for wakeups."""


def wakeup(self: nio.Selector) -> None:
    """End the select that sleeps now: write a byte, and wait until the socket takes it."""
    writer = self._waker._writer
    writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALLEST)
    with selectors.DefaultSelector() as room:  # what a blocking socket does in send(), so that the clock can see it
        room.register(writer, selectors.EVENT_WRITE)
        self._clock.select(room, NEVER)
    writer.send(b"\0")


BUG = Bug("blocking-wakeup", nio.Selector, "wakeup", wakeup, lint="blocking-wakeup")


def run(scene: Scene) -> None:
    """Send records while the sender is busy in a callback. Each makes a batch of its own, and so a wakeup."""
    with scene.producer(linger_ms=0, batch_size=1) as producer:
        scene.warm_up(producer)

        def busy(metadata: RecordMetadata, error: Exception | None) -> None:
            scene.clock.sleep(CALLBACK_MS)

        producer.send(scene.topic, value=b"first", callback=busy)
        scene.pause(CALLBACK_MS / 5)  # until the sender is in the callback
        scene.begin()
        futures = [producer.send(scene.topic, value=b"another") for _ in range(RECORDS)]
        scene.wait_for(*futures)
        scene.end(producer)


DEMO = Demo(
    id="b03",
    name="bug-blocking-wakeup",
    title="Bug: a wakeup that blocks",
    sentence="The sender is in a callback, the wake socket is full, and send() waits for the one who should be woken.",
    watch_for=(
        "Two wakeups return at once; the third begins and stays, until the sender is back in its select.",
        "send() should never wait for the network.",
    ),
    run=run,
    keep=THE_LOOP,
    bug=BUG,
)
