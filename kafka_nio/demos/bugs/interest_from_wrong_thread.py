"""The interest of a key is changed by the wrong thread.

Somebody thought: why wake the sender and have *it* wait for room to write? Let whoever has something to say switch
`OP_WRITE` on himself; there is room, so the sender's select ends. It does, with epoll. It need not: a select that is
asleep may look at the interest it began with, as Java's does. And `interest_ops |= OP_WRITE` reads, then stores:

    app     reads READ|WRITE
    sender  clears WRITE, because its message has left
    app     stores READ|WRITE          and now every select returns at once

What one sees: it works on this machine, and elsewhere sometimes not, and a core is at 100 % once a week. The right
program lets other threads do one thing only: `wakeup`.

Caught by the lint `interest-from-wrong-thread`.

Java: no counterpart.
"""

from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.network import Selector
from kafka_nio.nio import OP_WRITE


def wakeup(self: Selector) -> None:
    """End the sleep of a poll on another thread: let it find all connections writable."""
    for channel in self.channels.values():
        channel._transport.add_interest_ops(OP_WRITE)


BUG = Bug("interest-from-wrong-thread", Selector, "wakeup", wakeup, lint="interest-from-wrong-thread")


def run(scene: Scene) -> None:
    """Send one record; its wakeup is the wrong one."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)

        scene.begin()
        scene.wait_for(producer.send(scene.topic, value=b"hello"))
        scene.end(producer)


DEMO = Demo(
    id="b04",
    name="bug-interest-from-wrong-thread",
    title="Bug: interest changed by the wrong thread",
    sentence="The application's thread makes the sender's select end by asking for room to write, behind its back.",
    watch_for=(
        "The change of `channel -1 interest` stands in the column of app.",
        "The sender finds -1 writable, has nothing to write, and clears what another thread has set.",
    ),
    run=run,
    keep=THE_LOOP,
    bug=BUG,
)
