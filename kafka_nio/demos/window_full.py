"""A slow broker fills the window, and records are batched although there is no linger.

At most two requests may be unanswered on a connection here, and the broker takes 50 ms for each answer. The first two
records leave at once, each in a request of its own. Then the window is full: the connection takes no more. The next
four records are appended to a batch all the same, and when the first answer has come they leave together.

So a producer batches by itself when it has to: the slower the broker, the larger the batches. And the window counts
requests, not records.

The broker's side of it is shown, too. It *mutes* a connection while it works on a request: the second request lies in
the kernel until the first has been answered, although it arrived long ago.

Who believes that batching needs linger sees four records in one batch at `linger_ms=0`.

Java: no counterpart.
"""

from kafka_nio.broker import Fault
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import APPLICATION, BROKER, LOOP, MESSAGES, OUTCOMES
from kafka_nio.demos.scene import Scene
from kafka_nio.protocol.api import ApiKey

WINDOW = 2
RECORDS = 6
APART_MS = 2
SLOW_MS = 50


def run(scene: Scene) -> None:
    """Send six records, a little apart, to a broker that answers late."""
    with scene.producer(linger_ms=0, max_in_flight_requests_per_connection=WINDOW) as producer:
        scene.warm_up(producer)
        scene.order(Fault(ApiKey.PRODUCE, delay_ms=SLOW_MS, times=WINDOW))

        scene.begin()
        futures = []
        for number in range(RECORDS):
            futures.append(producer.send(scene.topic, b"record %d" % number, partition=0))
            scene.pause(APART_MS)
        scene.wait_for(*futures)
        scene.end(producer)


WINDOW_FULL = Demo(
    id="d12",
    name="window-full",
    title="The window is full",
    sentence="Two requests unanswered, no more allowed: the next four records gather in one batch, without linger.",
    watch_for=(
        "The first two records leave in requests of their own.",
        "From then on the broker is not ready for another request, whatever there is to send.",
        "The first answer makes room, and four records leave in one batch.",
        "The broker reads a request, mutes the connection, and reads the next one when the answer has left.",
    ),
    run=run,
    own_broker="it orders one that answers slowly",
    keep=(*APPLICATION, *LOOP, *MESSAGES, *OUTCOMES, *BROKER),
    shows_brokers=True,
    idle=("broker-0 acceptor",),
)
