"""e06: what a connection waits for, bit by bit.

Java: org.apache.kafka.common.network.PlaintextTransportLayer.addInterestOps
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network.transport import SocketTransport
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e06",
    name="interest_bits",
    kind=Kind.BUILD,
    title="Add to what a connection waits for, and take away from it",
    chapter="chapters/nio-for-python-readers.md",
    story="""
        A channel is registered with the selector once, and gets a selection key. From then on only the key's interest
        changes: the set of operations that the next `select` looks for.

        The set is a number, and each operation is one bit of it: `OP_READ` is 1, `OP_WRITE` is 4, `OP_CONNECT` is 8. So
        5 is the set of `OP_READ` and `OP_WRITE`. A set may be added or taken away whole: `ops` can hold several bits,
        some of which may be there already, or not be there at all.

        `add_interest_ops` has the next select look for these operations, too. `remove_interest_ops` has it look for
        them no more. Both are given a set and return nothing.

        What you have:

        - self._key                 the selection key of this connection
        - self._key.interest_ops    its interest, to be read and to be set
    """,
    hints=(
        "The interest is 1, and 4 is to be added. What is it then? And if 4 is to be added once more?",
        "`self._key.interest_ops` is a number like any other. Setting it replaces the whole set, so the new number has "
        "to be made from the old one. Python has four operators for bits: `|`, `&`, `~`, `^`.",
        "Added: every bit that is in the one or in the other. Taken away: every bit that is in the one and not in "
        "the other.",
    ),
    targets=(
        Target(SocketTransport, "add_interest_ops", stage=Stage.POLL, show="self ops"),
        Target(SocketTransport, "remove_interest_ops", stage=Stage.POLL, show="self ops"),
    ),
    wrong=(
        Wrong(
            "sets",
            "setting adds",
            what="Sets the interest to what is to be added, and to nothing where something is to be taken away.",
            instead=(("|= ops", "= ops"), ("&= ~ops", "= 0")),
        ),
        Wrong(
            "adds_numbers",
            "a set is a sum",
            what="Adds and subtracts the numbers, which is right as long as nothing is there twice.",
            instead=(("|= ops", "+= ops"), ("&= ~ops", "-= ops")),
        ),
        Wrong(
            "toggles",
            "a bit that is not there can be flipped off",
            what="Adds bits rightly, and takes them away by turning them over.",
            instead=(("&= ~ops", "^= ops"),),
        ),
        Wrong(
            "registers_again",
            "registering again is adding",
            what="Registers the channel again with the new interest, as one would who knows only `register`.",
        ),
    ),
)
