"""e05: a bug that nobody notices, but for the heat.

Java: org.apache.kafka.common.network.KafkaChannel.write
"""

from kafka_nio.exercises.catalogue.e05_write_interest.planted import write
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network import KafkaChannel

EXERCISE = Exercise(
    id="e05",
    name="write_interest",
    kind=Kind.FIX,
    title="Find out why an idle producer uses a whole processor core",
    chapter="chapters/writing.md",
    story="""
        All records arrive, no test of results fails, and yet: as soon as the first request has been sent, one processor
        core is at 100 %, whether there is anything to do or not. Something is wrong with `KafkaChannel.write`.

        A selection key has a set of operations that its channel is interested in. `select` returns as soon as one of
        them is possible. The channel of an idle connection waits for `OP_READ` alone. `KafkaChannel.set_send` takes a
        message and adds `OP_WRITE`. From then on `write` is called whenever a select has found room in the kernel's
        send buffer.

        What you have:

        - self._send                                the message on its way out, or None
        - self._send.write_to(transport)            offers what is left to the kernel, once
        - self._send.is_completed                   whether its last byte has left
        - self._transport.add_interest_ops(ops)     wait for these operations, too
        - self._transport.remove_interest_ops(ops)  do not wait for these any more

        The operations are `OP_READ`, `OP_WRITE`, `OP_CONNECT`, to be imported from `kafka_nio.nio`. When it passes, the
        number of selects is your score: a request and its answer need only so many.
    """,
    hints=(
        "The message has left, the answer takes a while. What does select wait for meanwhile? Is it possible already?",
        "`set_send` has put OP_WRITE into the interest. Who takes it out? Look at the end of `write`. And mind the "
        "lines before it: a message of which a part is left still has to wait for room.",
        "Between the last byte and the return of the message: remove OP_WRITE from the interest, and nothing else. Not "
        "earlier, and not in the next call.",
    ),
    targets=(Target(KafkaChannel, "write", planted=write),),
    wrong=(
        Wrong(
            "next_time",
            "leaving it on is harmless",
            what="Clears the interest in the next call, when it finds nothing to write. That one costs a select.",
            instead=(
                (
                    "return self._complete_send() if is_completed else None",
                    "if is_completed:\n        self._send = None\n    return send if is_completed else None",
                ),
            ),
        ),
        Wrong(
            "too_early",
            "one write is enough",
            what="Clears the interest after every write, also while a part of the message is left.",
            instead=(
                ("import NetworkSend", "import NetworkSend\nfrom kafka_nio.nio import OP_WRITE"),
                ("is_completed =", "self._transport.remove_interest_ops(OP_WRITE)\n    is_completed ="),
            ),
        ),
        Wrong(
            "everything_off",
            "after the message there is nothing to wait for",
            what="Clears the interest at the right moment, all of it.",
            instead=(
                (
                    "return self._complete_send()",
                    "if is_completed:\n        self._transport.remove_interest_ops(~0)\n"
                    "    return self._complete_send()",
                ),
            ),
        ),
    ),
)
