"""e19: what it takes that a retry does not change the order.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator.mutePartition
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.spans import Stage

OPTIONS = '''

OPTIONS: dict[str, object] = {{{}}}
"""Options of a KafkaProducer under which a retry loses the order."""
'''

EXERCISE = Exercise(
    id="e19",
    name="order_kept",
    kind=Kind.BUILD,
    title="Keep the order of records over retries, and show a run that loses it",
    chapter="chapters/when-it-goes-wrong.md",
    story="""
        A batch is refused with an error that may pass, so it is sent again. If a later batch of the same partition
        has been written meanwhile, the records are in the wrong order.

        With `max_in_flight_requests_per_connection=1` the producer promises that this does not happen. The number
        alone does not keep the promise: it counts per connection, and a partition can move to another broker while a
        batch of it is under way. So the partition is muted: from when its batch is drained until there is an outcome,
        no other batch of it leaves. Four functions:

        - `RecordAccumulator.mute_partition`, `unmute_partition`: `self._drain.muted` is a set of topic partitions,
          which `ready` and `drain` pass over. Who calls `unmute_partition`, after each outcome, is there already;
        - `Sender._note_in_flight`: for each batch of `drained`, which is a dict of lists by node id, say
          `self._in_flight.add(batch)` and `self._metadata.add(its topic, now_ms)`, and, if
          `self._guarantee_message_order`, `self._accumulator.mute_partition(its topic partition)`;
        - `RecordAccumulator.reenqueue`: first tell the batch, `batch.reenqueued(error, backoff_ms, now_ms)`, where
          `self._retry_backoff.backoff(batch.attempts)` is how long it has to wait. Then put it back into its queue.

        `self._queues` is a dict of deques by topic partition, without empty ones, and guarded by `self._lock`.
        Several batches of a partition may come back, in any order: `self._place_in(queue, batch)` is the index at
        which the order of `send` is kept.

        Then fill in `OPTIONS`: options of a `KafkaProducer` under which a retry does lose the order, all others being
        Kafka's defaults. The last test sends two records with them, each in a batch of its own; the first is refused
        once. When the order is lost, the run is kept, and you can step through it:

          kafka-nio show runs/e19.order-lost.otlp.jsonl
    """,
    hints=(
        "A batch is on its way to a broker that leads its partition no more, and the next record comes. Where "
        "would it go, and how many requests are in flight there? And what keeps the order when idempotence is on, "
        "as it is by default?",
        "The chapter's part on order says what is muted and when, and, at its end, what keeps the order with five "
        "requests in flight. That has to be switched off.",
        "mute_partition adds to the set, unmute_partition discards from it. _note_in_flight goes through all "
        "lists. reenqueue: reenqueued; then, with the lock, the queue, a new deque if there is none (setdefault), "
        "and insert at _place_in. OPTIONS: idempotence off is enough, because five requests in flight are the "
        "default.",
    ),
    targets=(
        Target(RecordAccumulator, "mute_partition"),
        Target(RecordAccumulator, "unmute_partition"),
        Target(Sender, "_note_in_flight", stage=Stage.RUN, show="drained"),
        Target(RecordAccumulator, "reenqueue"),
    ),
    below=(OPTIONS.format(""), OPTIONS.format('"enable_idempotence": False')),
    wrong=(
        Wrong(
            "to_the_end",
            "retries keep order",
            what="Puts a batch that was refused behind those that came meanwhile.",
            instead=(("queue.insert(self._place_in(queue, batch), batch)", "queue.append(batch)"),),
        ),
        Wrong(
            "never_mutes",
            "one request in flight keeps the order",
            what="Mutes nothing, and relies on the number of requests in flight.",
            instead=(("self._accumulator.mute_partition(batch.topic_partition)", "pass"),),
        ),
        Wrong(
            "to_the_head",
            "what comes back was first",
            what="Puts each batch that was refused before all others.",
            instead=(("queue.insert(self._place_in(queue, batch), batch)", "queue.appendleft(batch)"),),
        ),
        Wrong(
            "only_the_number",
            "more than one in flight loses the order",
            what="Names the number of requests in flight, and forgets what is on by default.",
            instead=(('"enable_idempotence": False', '"max_in_flight_requests_per_connection": 5'),),
        ),
    ),
)
