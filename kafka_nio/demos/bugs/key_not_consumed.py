"""A selected key is not taken out.

A selector adds ready keys to its set of selected keys and never removes one; whoever deals with a key removes it. The
`poll_selection_keys` below does not. So a key that was ready once is dealt with again whenever any other becomes ready,
by what it was ready for *then*: it is read though nothing has come, and a connection that was established long ago is
reported as new again.

What one sees: reads that bring 0 bytes, as many more as there are connections, and now and then a connection that is
asked for its versions twice. With one connection there is nothing to see at all, which is why this passes tests.

Caught by the lint `key-not-consumed`.

Java: no counterpart.
"""

from kafka_nio.demos.bug import THE_LOOP, Bug
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import KafkaError
from kafka_nio.network import Selector
from kafka_nio.nio import SelectionKey


def poll_selection_keys(
    self: Selector, keys: dict[SelectionKey, None], is_immediately_connected: bool, now_ns: int
) -> None:
    """Do for each key what it is ready for, and leave it where it is."""
    for key in tuple(keys):  # `del keys[key]` is missing
        channel = key.attachment
        self._idle_expiry.update(channel.id, now_ns)
        try:
            self._poll_selection_key(key, channel, is_immediately_connected, now_ns)
        except (OSError, EOFError, KafkaError) as error:
            self._close(channel, error)


BUG = Bug("key-not-consumed", Selector, "poll_selection_keys", poll_selection_keys, lint="key-not-consumed")


def run(scene: Scene) -> None:
    """Send a record over a second connection, while the first one's key is still among the selected."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)

        scene.begin()
        scene.wait_for(producer.send(scene.topic, value=b"hello"))
        scene.end(producer)


DEMO = Demo(
    id="b02",
    name="bug-key-not-consumed",
    title="Bug: a selected key is not taken out",
    sentence="A connection that was ready once is read again whenever another one is ready.",
    watch_for=(
        "A select finds one key ready, and poll_selection_keys is handed two.",
        "Connection -1, over which metadata came, is read again and again and has nothing to say.",
    ),
    run=run,
    keep=THE_LOOP,
    bug=BUG,
)
