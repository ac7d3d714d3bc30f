"""A producer that knows nothing yet: how much has to happen before the first record can leave.

`send` cannot even choose a partition before it knows how many there are. So the application's thread wakes the sender a
first time and waits: `send` blocks. The sender connects to a bootstrap server, asks it which versions it speaks, asks
for metadata, and puts the answer where the waiting thread finds it. Then the record joins a batch and the sender is
woken a second time, connects to the leader (a node of its own, even if it is the same broker), asks *that* for its
versions, and only then sends the record.

Who believes that the first thing on the wire is the record counts the requests before it: three.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import APPLICATION, CONNECTING, LOOP, MESSAGES, METADATA
from kafka_nio.demos.scene import Scene


def run(scene: Scene) -> None:
    """Build a producer and send one record, all of it under watch."""
    scene.begin()
    with scene.producer(linger_ms=0) as producer:
        future = producer.send(scene.topic, b"hello", partition=0)
        scene.wait_for(future)
        scene.end(producer)


COLD_START = Demo(
    id="d05",
    name="cold-start",
    title="A cold start",
    sentence="The very first record: send() waits for metadata, and three requests go before the record's own.",
    watch_for=(
        "send() wakes the sender twice: because it needs metadata, and because there is a batch.",
        "The application's thread waits inside send() until the metadata has come.",
        "On each of the two connections, ApiVersions is the first request.",
    ),
    run=run,
    keep=(
        *APPLICATION,
        *LOOP,
        *MESSAGES,
        *CONNECTING,
        *METADATA,
        "KafkaProducer.wait_on_metadata",
        "Metadata.request_update_for_topic",
        "Metadata.await_update",
        "ProducerBatch.complete",
    ),
)
