"""The leader has gone, and the broker that was it says so: NOT_LEADER_OR_FOLLOWER.

The producer believes that broker 0 leads the partition, and it did. Now nobody does: a new leader is being elected,
which takes 50 ms here. Broker 0 refuses the batch. That is an error which may pass, so the batch goes back to the head
of its queue, where it has to wait for its *backoff* before it may be tried again. Metadata is asked for at once, but
cannot name a leader yet. So in each of its turns the sender notes that a leader is missing, and goes on; it waits for
nothing but the network. A second question finds broker 1. The sender connects to it, asks for its versions, and the
batch leaves.

Who believes that retries happen at once, or silently, sees what one costs.

Java: no counterpart.
"""

from kafka_nio.broker import NO_LEADER
from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.excerpt import APPLICATION, CONNECTING, LOOP, MESSAGES, METADATA, OUTCOMES
from kafka_nio.demos.scene import Scene

METADATA_BACKOFF_MS = 200
"""After so long, metadata may be asked for again; a producer does not ask twice in a row."""

ELECTION_MS = 50


def run(scene: Scene) -> None:
    """Take the leader away, and send. A little later another broker becomes the leader."""
    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)
        scene.pause(METADATA_BACKOFF_MS)
        scene.cluster.move_leader(scene.topic, partition=0, node_id=NO_LEADER)

        scene.begin()
        scene.after(ELECTION_MS, lambda: scene.cluster.move_leader(scene.topic, partition=0, node_id=1))
        scene.wait_for(producer.send(scene.topic, b"to whom it may concern", partition=0))
        scene.end(producer)


NOT_LEADER = Demo(
    id="d14",
    name="not-leader",
    title="The leader has gone",
    sentence="A broker refuses a batch that it does not lead: backoff, metadata, a new connection, another attempt.",
    watch_for=(
        "The batch goes back into its queue, to wait for its backoff.",
        "Metadata is asked for at once and names no leader; the sender notes that in each turn and goes on.",
        "When there is a leader, it is connected and asked for its versions before the batch leaves again.",
    ),
    run=run,
    setting=Setting(brokers=2),
    own_broker="it takes a partition away from one and gives it to another",
    keep=(*APPLICATION, *LOOP, *MESSAGES, *OUTCOMES, *CONNECTING, *METADATA, "Metadata.request_update"),
)
