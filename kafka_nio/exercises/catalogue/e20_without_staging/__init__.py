"""e20: one message per connection and poll, without staging.

Java: org.apache.kafka.common.network.Selector.attemptRead
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network import Selector
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e20",
    name="without_staging",
    kind=Kind.BUILD,
    title="Do without staged receives, as Kafka does since 2.5: same results, less memory",
    chapter="chapters/reading.md",
    story="""
        This package reads a connection until nothing is left, or enough, stages the messages, and hands over one per
        poll. If a peer sends a hundred messages in one go, ninety-nine of them lie in memory. Kafka has done without
        that since 2.5 (KAFKA-7639). Yours to find out how: rewrite the reading in `Selector._poll_selection_key` so
        that whoever uses the selector sees no difference. At most one message of each connection per poll, all of them,
        in order, and no poll that sleeps while there is one to hand over.

        The rest of the selector stays as it is, and so do connecting and writing in the method below, of which only the
        reading is missing. If the channel may be read, the package's own is this:

            while not self._staged_receives.is_full(channel) and (receive := channel.read()) is not None:
                self._staged_receives.add(channel, (receive,))

        What there is:

        - `channel.is_ready`: connected and logged in, so that messages may pass
        - `key.is_readable`: the last select has found bytes of this connection in the kernel
        - `channel.has_bytes_buffered`: TLS has decrypted bytes that nobody has read; the kernel knows nothing of them
        - `channel.read()`: reads what has come of one message; gives it back if it is complete, else None
        - `self._staged_receives.add(channel, (receive,))`: has it handed over at the end of this poll, or, if others
          of this connection were staged before, by one of the next
        - `channel in self._staged_receives`: some of it are waiting; then it is not to be read

        TLS decrypts more than one message at a time. What it has decrypted is in memory already.
    """,
    hints=(
        "Three messages have arrived and one has been read. Where are the other two? Does the next select know?",
        "Readiness is a level and no event: `select` reports a connection again as long as bytes of it are in the "
        "kernel. It cannot report what TLS has decrypted; `channel.has_bytes_buffered` does.",
        "If the channel is ready, and readable or with bytes buffered, and has nothing staged: read once; if that is a "
        "message, stage it, and read again only as long as the channel still has bytes buffered.",
    ),
    targets=(
        Target(
            Selector,
            "_poll_selection_key",
            stage=Stage.POLL,
            show="channel",
            hole=("is_readable =", "self._staged_receives.add(channel, (receive,))"),
        ),
    ),
    wrong=(
        Wrong(
            "hands_over_all",
            "whatever was read is handed over at once",
            what="Does without staging by handing over whatever was read.",
            instead=(
                ("self._staged_receives.add(channel, (receive,))", "self.completed_receives.append(receive)"),
                ("channel.read() if channel.has_bytes_buffered else None", "channel.read()"),
            ),
        ),
        Wrong(
            "stages_all",
            "staging is essential",
            what="Reads a connection until nothing is left, as up to Kafka 2.4.",
            instead=(("channel.read() if channel.has_bytes_buffered else None", "channel.read()"),),
        ),
        Wrong(
            "leaves_decrypted",
            "select reports everything that can be read",
            what="Reads one message, and forgets that a select sees the kernel only.",
            instead=(
                ("key.is_readable or channel.has_bytes_buffered", "key.is_readable"),
                ("channel.read() if channel.has_bytes_buffered else None", "None"),
            ),
        ),
    ),
)
