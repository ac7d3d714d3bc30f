"""e11: when a batch may leave, and when to look again.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator.batchReady
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.producer.drain import Drain
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e11",
    name="ready",
    kind=Kind.BUILD,
    title="Say which nodes are ready, and when to look again",
    chapter="chapters/ready-and-drain.md",
    story="""
        In each turn the sender asks which nodes lead a partition with something to send. `Drain.ready` goes through
        all queues and calls `partition_ready` for each, which finds out who leads the partition, and calls
        `batch_ready` for the first batch, which decides. Both put what they find into `result`:

        - `result.ready_nodes`: the nodes that may be sent to, each once;
        - `result.next_ready_check_delay_ms`: of all batches that must wait, the shortest time left. So long the
          sender may sleep, if nobody is ready;
        - `result.unknown_leader_topics`: topics with a partition whose leader is not known, each once. Metadata will
          be asked for.

        A batch that is full leaves at once, and so does one that another batch stands behind: no record will ever
        join it. Any other waits for `self._linger_ms`. But nobody waits if `must_send_now` is true: some thread is in
        `flush`, the producer is being closed, a transaction is ending, or a thread stands in line for memory.

        Three things hold a batch back, whatever else is true. Its partition is muted: it is in `self.muted`. Its
        leader is not known: `cluster.leader_for(topic_partition)` is None. Or it was sent in vain, and has to wait a
        while before the next attempt: `batch.is_backing_off(now_ms)`, and the whole wait is `batch.retry_backoff_ms`.

        `batch.waited_time_ms(now_ms)` is how long it has waited: since it was made, or since it was last sent in
        vain. `batch.is_full` and `batch.topic_partition` say what they say.

        A new leader deserves an attempt at once. So before you ask whether a batch is backing off, tell it what is
        known: `batch.maybe_update_leader_epoch(cluster.leader_epoch_for(topic_partition))`.

        If a node is ready already, there is no need to look at more of its partitions.
    """,
    hints=(
        "Somebody has called `flush`, the first batch of a queue holds one small record, and linger is a minute. "
        "When does it leave? And when, if it was refused a moment ago?",
        "`partition_ready` has the reasons not to wait: `must_send_now`, the batch's own `is_full`, the length of "
        "the queue. To `batch_ready` they are all one, and come as its `must_send_now`. The backoff is looked at "
        "only there.",
        "partition_ready: no leader → note the topic, once; else, if the leader is not among the ready and the "
        "partition is not muted: tell the batch the epoch and call batch_ready, with (longer than one, or full, "
        "or must_send_now). batch_ready: the time to wait is the backoff while it is backing off, else linger; "
        "what has been waited is taken off. Sendable if (must send now, or nothing left) and not backing off: add "
        "the leader; else lower next_ready_check_delay_ms to the time left.",
    ),
    targets=(
        Target(Drain, "partition_ready", stage=Stage.RUN, show="must_send_now now_ms"),
        Target(Drain, "batch_ready"),
    ),
    wrong=(
        Wrong(
            "only_size_and_time",
            "only size and time make a batch leave",
            what="Full or lingered; nothing else makes a batch leave.",
            instead=(("is_full or must_send_now", "is_full"),),
        ),
        Wrong(
            "hurries_retries",
            "who must not wait need not back off either",
            what="Sends at once what must not wait, even if it was refused a moment ago.",
            instead=((" and not is_backing_off", ""),),
        ),
        Wrong(
            "no_next_look",
            "somebody will look again in time",
            what="Does not say when to look again.",
            instead=(("min(result.next_ready_check_delay_ms, time_left_ms)", "result.next_ready_check_delay_ms"),),
        ),
    ),
)
