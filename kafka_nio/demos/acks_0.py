"""With `acks=0` nobody answers, and a record is done when its bytes have left.

The broker sends no response to such a request, so none may be waited for: the request is over as soon as its last byte
has been handed to the kernel. There is no offset, because only the broker knows it: the result says -1. Whether the
record has arrived, nobody can say. If the broker refuses it, the only thing that it can do is to close the connection.

Who believes that every request waits for a response sees one that is completed by its own send.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo
from kafka_nio.demos.scene import Scene


def run(scene: Scene) -> None:
    """Send one record and do not ask for an answer."""
    with scene.producer(linger_ms=0, acks=0) as producer:
        scene.warm_up(producer)

        scene.begin()
        scene.wait_for(producer.send(scene.topic, b"farewell", partition=0))
        scene.end(producer)


ACKS_0 = Demo(
    id="d11",
    name="acks-0",
    title="No answer wanted",
    sentence="acks=0: the record is done when its last byte has left, and nobody knows its offset.",
    watch_for=(
        "The request is completed by handle_completed_sends, in the very poll that wrote it.",
        "Nothing is read.",
        "The offset is -1: unknown.",
    ),
    run=run,
)
