"""A broker that dribbles one byte at a time, and then glues three answers into one piece.

TCP carries a stream of bytes. Where one `write` of the broker ended is not to be seen at the other end: a read may
bring two bytes of a length, or three answers and no gap between them. So a `NetworkReceive` remembers how far it is:
first four bytes that say how long the message is, then that many. What has not come yet is waited for by going back to
the select, and what came too early is the beginning of the next message.

Who believes that one read is one message sees a message of many reads, and three messages of one.

Java: no counterpart.
"""

from kafka_nio.broker import Delivery, Fault
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import MESSAGES
from kafka_nio.demos.scene import Scene
from kafka_nio.protocol.api import ApiKey


def run(scene: Scene) -> None:
    """Send a record whose answer dribbles, then three whose answers stick together."""
    with scene.producer(linger_ms=0, batch_size=0) as producer:  # a batch, and so a request, for each record
        scene.warm_up(producer)
        scene.order(
            Fault(ApiKey.PRODUCE, delivery=Delivery.DRIBBLED),
            Fault(ApiKey.PRODUCE, delivery=Delivery.HELD, times=2),
        )

        scene.begin()
        scene.wait_for(producer.send(scene.topic, b"dribbled", partition=0))
        scene.wait_for(*[producer.send(scene.topic, b"glued %d" % number, partition=0) for number in range(3)])
        scene.end(producer)


DRIBBLE_AND_GLUE = Demo(
    id="d08",
    name="dribble-and-glue",
    title="Bytes do not come in messages",
    sentence="One answer comes byte by byte, three others in one piece; each is read as the message that it is.",
    watch_for=(
        "The first answer takes many turns of the loop: most reads bring a byte and no message.",
        "The last three answers arrive together and are all read in one turn.",
        "They are handed over one per turn all the same.",
    ),
    run=run,
    own_broker="it orders one that cuts its answers into odd pieces",
    keep=(
        "KafkaProducer.send",
        "FutureRecordMetadata.result",
        "Sender.run",
        "Selector.poll",
        "nio.Selector.select",
        "nio.Selector.select_now",
        *MESSAGES,
        "Selector.add_to_completed_receives",
        "ProducerBatch.complete",
    ),
)
