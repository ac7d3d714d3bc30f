"""Two partitions, one leader: a batch that is not ripe yet rides along with one that is.

Linger is 20 ms. A record for partition 0 is sent, and 15 ms later one for partition 1. After 20 ms the first batch has
lingered long enough, and its *leader* becomes ready: not the batch, not the partition, the broker. The sender now takes
what it has for this broker, one batch from each of its partitions. The second batch has waited for 5 ms only, but the
request leaves anyway, so there is no reason to leave it behind.

Who believes that each partition has requests of its own sees one request with two partitions.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.scene import Scene

LINGER_MS = 20
HEAD_START_MS = 15


def run(scene: Scene) -> None:
    """Send to one partition, and a little later to the other."""
    with scene.producer(linger_ms=LINGER_MS) as producer:
        scene.warm_up(producer, partitions=2)

        scene.begin()
        ripe = producer.send(scene.topic, b"ripe", partition=0)
        scene.pause(HEAD_START_MS)
        riding_along = producer.send(scene.topic, b"not ripe yet", partition=1)
        scene.wait_for(ripe, riding_along)
        scene.end(producer)


RIDE_ALONG = Demo(
    id="d04",
    name="ride-along",
    title="Riding along",
    sentence="Two partitions of one broker: the batch that has lingered takes the other one with it.",
    watch_for=(
        "What becomes ready is the broker, because of the first batch.",
        "The drain takes a batch from each of the broker's partitions, ripe or not.",
        "One request carries both, and one answer tells of both.",
    ),
    run=run,
    setting=Setting(partitions=2),
)
