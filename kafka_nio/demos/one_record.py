"""One record on its way, from `send` to its offset. The producer knows already who leads the partition.

It is not connected to the leader yet, though: metadata came over a connection to a bootstrap server, and the leader,
even if it is the same broker, is another node with a connection of its own. So this is everything that ever happens to
a record in order, once: it joins a batch, the sender is woken from its select, connects, asks which versions are
spoken, drains the batch, sends it, sleeps, reads the answer, and completes the future.

Who believes that `send` sends sees here how much lies between the call and the first byte.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene


def run(scene: Scene) -> None:
    """Send one record and wait for it."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)  # from now on its leader is known

        scene.begin()
        future = producer.send(scene.topic, key=b"greeting", value=b"hello")
        scene.wait_for(future)
        scene.end(producer)


ONE_RECORD = Demo(
    id="d01",
    name="one-record",
    title="One record",
    sentence="One record from send() to its offset: what two threads do for it, in order.",
    watch_for=(
        "send() only appends to a batch and wakes the other thread; it writes nothing.",
        "The sender sleeps in a select; each return from it is one turn of its loop.",
        "The first request on a new connection is ApiVersions, not the record.",
    ),
    run=run,
)
