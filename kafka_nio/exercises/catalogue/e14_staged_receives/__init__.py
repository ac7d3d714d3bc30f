"""e14: messages that were read, handed over one per connection and poll.

Java: org.apache.kafka.common.network.Selector.stagedReceives (until 2.4)
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network.staged_receives import StagedReceives
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e14",
    name="staged_receives",
    kind=Kind.BUILD,
    title="Keep what was read, and hand over one message of each connection per poll",
    chapter="chapters/reading.md",
    story="""
        A poll reads a connection until nothing is left, which may be three messages at once. They are staged: the
        selector calls `add` for each, and at the end of every poll it calls `take_one_of_each` once. What that gives
        back is what this poll hands over; what stays behind waits for the next ones.

        A broker works on one request of a connection at a time. While it does, it mutes the connection, and does not
        want to be given anything of it, be it read already or not. `channel.is_muted` says so. (A client never mutes.)

        `self._queues` is a dict from a `KafkaChannel` to a deque of its messages, the oldest on the left. Only channels
        that have messages staged are in it. The rest of the class relies on that:

        - `has_some_to_take` is true if any channel in it is not muted; then the next poll does not sleep
        - `channel in staged` says whether it is in it; then the connection is not read, nor forgotten when it closes
    """,
    hints=(
        "Three messages of one connection are staged. How many should the broker get before it has muted the "
        "connection?",
        "`add` is called for channels that are in `self._queues` and for such that are not: `dict.setdefault`. "
        "`take_one_of_each` may take a queue's last message, and what has to become of the queue then?",
        "For each channel and queue, over a copy of the dict's items: if the channel is not muted, append "
        "`queue.popleft()` to the result, and if the queue is empty now, delete its entry.",
    ),
    targets=(
        Target(StagedReceives, "add", stage=Stage.READ, show="channel receives"),
        Target(StagedReceives, "take_one_of_each", stage=Stage.READ, show="self return"),
    ),
    wrong=(
        Wrong(
            "all_at_once",
            "whatever was read is handed over at once",
            what="Hands over everything that was read.",
            instead=(("taken.append(queue.popleft())", "taken.extend(queue)\n            queue.clear()"),),
        ),
        Wrong(
            "keeps_empty_queues",
            "an empty queue does no harm",
            what="Leaves a queue in its place when its last message has been taken.",
            instead=(("if not is_muted:", "if queue and not is_muted:"), ("del self._queues[channel]", "pass")),
        ),
        Wrong(
            "hands_over_muted",
            "muting only ends the reading",
            what="Hands over one message of each connection, muted or not.",
            instead=(("channel.is_muted", "False"),),
        ),
    ),
)
