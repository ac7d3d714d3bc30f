"""A thousand wakeups end one select.

While the sender sleeps, the application calls `flush` a thousand times. There is nothing to flush, so each call returns
at once; but each wakes the sender. What wakes it is a byte through a pair of sockets that its selector watches. One
byte is enough: as long as it has not been read, nobody writes another. So the sender returns from one select, once,
and finds nothing to do.

Who believes that n wakeups are n turns of the loop counts one. And who would write a byte for each fills the socket: it
takes a few hundred bytes that nobody reads, and the next `send` hangs. (kafka-python once had that fault.)

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene

WAKEUPS = 1_000


def run(scene: Scene) -> None:
    """Wake the sender again and again, then send a record to show that all is well."""
    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)

        scene.begin()
        for _ in range(WAKEUPS):
            producer.flush()
        scene.pause(1)
        scene.wait_for(producer.send(scene.topic, b"still well", partition=0))
        scene.end(producer)


THOUSAND_WAKEUPS = Demo(
    id="d06",
    name="thousand-wakeups",
    title="A thousand wakeups",
    sentence="A thousand wakeups while the sender sleeps: its select returns once.",
    watch_for=(
        "Each call of wakeup returns at once, whether the sender sleeps or has been woken already.",
        "However many there were, the sender makes one turn of its loop and sleeps again.",
        "On real threads it wakes now and then in between; in the recording its turn comes after the last.",
    ),
    run=run,
    keep=(
        "KafkaProducer.flush",
        "KafkaProducer.send",
        "nio.Selector.wakeup",
        "FutureRecordMetadata.result",
        "Sender.run",
        "Sender.run_once",
        "nio.Selector.select",
        "nio.Selector.select_now",
        "nio.SocketChannel.write",
        "nio.SocketChannel.read",
        "ProducerBatch.complete",
    ),
)
