"""Writable is taken for connected.

A socket becomes writable when its connection attempt has ended, and also when it has failed. The right `finish_connect`
asks the socket how it ended (SO_ERROR). This one does not ask. So an address at which nobody listens looks like a
broker: the connection is reported, a request is queued for it, and the refusal comes out of the first read or write.

What one sees: "Connection refused" from a read, on a connection that was there a moment ago. And because it seems to
have stood, the client does not try the next address behind the name, as it would after an attempt that failed.

Caught by the lint `connected-when-writable`.

Java: no counterpart.
"""

from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.nio import SocketChannel

DOWN_MS = 10
"""How long the broker is down before the record is sent, and after."""


def finish_connect(self: SocketChannel) -> bool:
    """The socket is writable, so it is connected."""
    self.is_connected = True
    return True


BUG = Bug("connected-when-writable", SocketChannel, "finish_connect", finish_connect, lint="connected-when-writable")


def run(scene: Scene) -> None:
    """Send a record to a broker that is down and comes back."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)
        scene.cluster.stop_broker(0)
        scene.pause(DOWN_MS)

        scene.begin()
        future = producer.send(scene.topic, value=b"hello")
        scene.pause(DOWN_MS)
        scene.cluster.restart_broker(0)
        scene.wait_for(future)
        scene.end(producer)


DEMO = Demo(
    id="b05",
    name="bug-connected-when-writable",
    title="Bug: writable is taken for connected",
    sentence="Nobody listens, yet the connection is reported and asked for its versions.",
    watch_for=(
        "finish_connect returns True, and ApiVersions is queued for a connection that was refused.",
        "Only the first read says so: Connection refused.",
    ),
    run=run,
    own_broker="one that goes down",
    keep=THE_LOOP,
    bug=BUG,
)
