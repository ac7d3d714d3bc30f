"""e12: which batches a request takes along.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator.drainBatchesForOneNode
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.producer.drain import Drain

EXERCISE = Exercise(
    id="e12",
    name="drain",
    kind=Kind.BUILD,
    title="Take the batches of a node's next request",
    chapter="chapters/ready-and-drain.md",
    story="""
        A node is ready, so a request leaves for it anyway. `drain_batches_for_one_node` goes once round the
        partitions that the node leads and takes the first batch of each, ripe or not, as long as they fit.

        Three rules make it more than a loop:

        - A request holds at most `max_request_size` bytes of batches. The round ends at the first batch that does not
          fit. A batch that is larger than any request may be leaves all the same, alone: otherwise it would never
          leave.
        - The next round for the same node begins at the partition that was looked at last. If each began at the first
          one, a few busy partitions could fill every request, and the others would wait for ever.
        - If batches are numbered, one may have to wait for others that are under way. That ends the round, too.

        What there is: `cluster.partitions_for_node(node.id)` are the partitions, always in the same order; each has a
        `topic` and a `partition`. `self._drain_index` is a dict: by the id of a node, the index in that list of the
        partition that was looked at last. Look up where to begin, and note each index as you come to it.

        `self._first_sendable_batch(topic_partition, cluster, now_ms)` is the batch that may leave, or None. It stays
        in its queue until `self._take(batch)`. `batch.estimated_size` is its size in bytes; encoding makes it exact.

        What is taken goes through these, in this order:

        - `self._take(batch)`;
        - `self._sequences.assign(batch)`, which numbers it. `self._sequences` is None if batches are not numbered;
          else ask `self._sequences.must_wait(batch)` before you take the batch;
        - `self._encode(batch)`, which makes bytes of it. If that fails the answer is False: then the batch is taken
          care of elsewhere, and neither goes into the request nor uses up any of its room;
        - `batch.drained(now_ms)`, which notes when it left.
    """,
    hints=(
        "Two partitions always have a batch, and a request has room for one. Which partition does the third round "
        "begin with? And what becomes of a batch that is larger than `max_request_size`, if it is the first that "
        "you look at?",
        "Whether a batch is too large for the room that is left matters only if something was taken already. The "
        "index goes into `self._drain_index[node.id]` before you look at the partition, so that it stands at the "
        "one where the round ended.",
        "For each step below the number of partitions: index = (start + step) modulo that number; note it; find "
        "the batch, or continue; break if something was taken and the batch is larger than the room left; break "
        "if it must wait; take, assign, encode; if that worked, make the room smaller by its size and append it "
        "to the list.",
    ),
    targets=(Target(Drain, "drain_batches_for_one_node"),),
    wrong=(
        Wrong(
            "strict_cap",
            "no request is ever larger than max.request.size",
            what="Takes no batch that is larger than a request may be, not even as the first.",
            instead=(("bool(taken) and batch.estimated_size > room", "batch.estimated_size > room"),),
        ),
        Wrong(
            "from_the_first",
            "a round begins at the first partition",
            what="Begins each round at the first partition.",
            instead=(("self._drain_index.get(node.id, 0)", "0"),),
        ),
        Wrong(
            "fills_the_gap",
            "a smaller batch may go instead of one that does not fit",
            what="Passes over a batch that does not fit, and takes a smaller one behind it.",
            instead=(("if is_request_full:\n            break", "if is_request_full:\n            continue"),),
        ),
    ),
)
