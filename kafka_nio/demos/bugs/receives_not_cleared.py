"""Completed receives are not cleared.

What a poll leaves in `completed_receives` belongs to that poll; the next one begins by clearing it. The `clear` below
forgets. So the answer that was dealt with in the last round is handed over again, now to a client that waits for
another one, or for none.

What one sees: "an answer with correlation id 2 came where … was in flight", from a broker that did nothing wrong; the
client closes the connection, which is what one does with a peer that talks nonsense, and begins again. No record ever
arrives.

Caught by the lint `receives-not-cleared`.

Java: no counterpart.
"""

from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.network import Selector


def clear(self: Selector) -> None:
    """Forget what the last poll brought, but for the receives, and finish closing what it began to close."""
    self.completed_sends.clear()  # `self.completed_receives.clear()` is missing
    self.connected.clear()
    self.disconnected.clear()
    for id, channel in tuple(self._closing_channels.items()):
        if channel not in self._staged_receives or id in self._failed_sends:
            del self._closing_channels[id]
            self._finish_closing(channel, self._failed_sends.pop(id, None) or channel.disconnection())
    self.disconnected.update(self._failed_sends)
    self._failed_sends.clear()


BUG = Bug("receives-not-cleared", Selector, "clear", clear, lint="receives-not-cleared")


GIVE_UP_MS = 500
"""When the record is given up. A new connection goes the way of the one before, so there is no hurry to make one."""


def run(scene: Scene) -> None:
    """Send a record whose topic's leader will never be known."""
    with scene.producer(linger_ms=0, max_block_ms=GIVE_UP_MS, reconnect_backoff_ms=2 * GIVE_UP_MS) as producer:
        scene.begin()
        scene.wait_for_the_end_of([producer.send(scene.topic, value=b"hello")])
        scene.end(producer)


DEMO = Demo(
    id="b06",
    name="bug-receives-not-cleared",
    title="Bug: completed receives are not cleared",
    sentence="An answer is handed over twice; the second time the client takes the broker for a liar and hangs up.",
    watch_for=(
        "clear runs, and `completed receives` stays as it was.",
        "parse_response fails: the answer belongs to a request that is over.",
    ),
    run=run,
    keep=THE_LOOP,
    bug=BUG,
)
