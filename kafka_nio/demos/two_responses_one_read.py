"""Two answers in one read: both are taken from the socket, but a poll hands over one.

Two requests are in flight and both answers arrive together. The selector reads the connection empty, so that the
kernel need not be asked again, and *stages* what it has read. Then it hands over one message of each connection. The
second one stays staged, and because it waits the next poll must not sleep: it looks with a timeout of 0, nothing is
new, and it hands over the second answer.

Who believes that whatever is read is also dealt with in the same poll sees it take two. (Kafka does so since 2.5 in
another way: it reads one message at a time.)

Java: no counterpart.
"""

from kafka_nio.broker import Delivery, Fault
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import APPLICATION, LOOP, MESSAGES, OUTCOMES
from kafka_nio.demos.scene import Scene
from kafka_nio.protocol.api import ApiKey


def run(scene: Scene) -> None:
    """Send two records in requests of their own; the broker keeps the first answer until it has the second."""
    with scene.producer(linger_ms=0, batch_size=0) as producer:  # a batch, and so a request, for each record
        scene.warm_up(producer)
        scene.order(Fault(ApiKey.PRODUCE, delivery=Delivery.HELD))

        scene.begin()
        scene.wait_for(*[producer.send(scene.topic, value, partition=0) for value in (b"first", b"second")])
        scene.end(producer)


TWO_RESPONSES_ONE_READ = Demo(
    id="d09",
    name="two-responses-one-read",
    title="Two answers in one read",
    sentence="Two answers arrive together: one poll reads both, two polls complete them.",
    watch_for=(
        "The selector reads until nothing is left: two messages.",
        "It hands over the first; the second stays staged.",
        "The next poll does not sleep: its timeout is 0, because a message waits.",
    ),
    run=run,
    own_broker="it orders one that sends two answers in one piece",
    keep=(
        *APPLICATION,
        *LOOP,
        "NetworkClient.poll",
        "Selector.poll",
        "Selector.clear",
        "Selector.poll_selection_keys",
        "Selector.add_to_completed_receives",
        "NetworkClient.handle_completed_receives",
        *MESSAGES,
        *OUTCOMES,
    ),
)
