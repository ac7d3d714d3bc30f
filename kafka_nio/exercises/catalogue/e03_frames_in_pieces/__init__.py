"""e03: messages out of a stream that is cut anywhere.

Java: org.apache.kafka.common.network.NetworkReceive.readFrom
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network import NetworkReceive
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e03",
    name="frames_in_pieces",
    kind=Kind.BUILD,
    title="Find the messages in a stream that is cut anywhere",
    chapter="chapters/reading.md",
    story="""
        A message begins with its size: four bytes, the most significant first, which do not count themselves. Then come
        that many bytes. TCP does not know that. A read may bring half a size, or three messages and a piece of a
        fourth.

        A `NetworkReceive` stands for one message. Whenever there is something to read, its `read_from` is called, as
        often as it takes. It reads what has arrived of this message, not a byte of the next, and remembers how far it
        is. When the message is complete, its owner makes a new `NetworkReceive` for the next one.

        What it remembers:

        - self._size_buffer     a bytearray: what has arrived of the size, 4 bytes at most
        - self._announced       the size that they say; None as long as they are not complete
        - self._received        a bytearray: what has arrived of the message
        - self.is_complete      whether that is all of it

        What helps:

        - _fill(buffer, end, transport)   reads once, and appends to `buffer` what has come, up to a
                                          length of `end` bytes; returns how many bytes came
        - self._checked_size()            what the four bytes say; raises if that cannot be
        - _SIZE.size                      4

        `_fill` returns 0 if there is nothing now. If nothing will ever come, the transport raises EOFError, which is
        not yours to catch.

        `read_from` deals with the size. When it is known, `_read_payload` reads what has arrived of the rest, and
        returns how many bytes that were; it is yours, too. A size is a promise and may be a lie: the largest one
        allowed is 100 MiB. So take memory as bytes arrive, not as they are
        announced: `FIRST_CHUNK` to begin with, then in steps that grow, so that a long message takes few reads.
    """,
    hints=(
        "read_from is called, gets two bytes of the size, and returns. What must it find when it is called again?",
        "There are two states, told apart by `self._announced`: None, then fill `_size_buffer` up to `_SIZE.size`; a "
        "number, then fill `_received`. Both can happen in one call. How much memory a read takes is up to you: "
        "it is the `end` that you give to `_fill`.",
        "read_from: if the size is not known, fill the size buffer, and if it has four bytes now, keep the checked "
        "size. If it is known, and the message is not complete, add _read_payload. Return the sum. _read_payload: "
        "while not complete, fill up to twice what is there, FIRST_CHUNK at least and `announced` at most; stop when "
        "less came than was asked for.",
    ),
    targets=(
        Target(NetworkReceive, "read_from", stage=Stage.READ, show="self return"),
        Target(NetworkReceive, "_read_payload", stage=Stage.READ, show="announced return"),
    ),
    wrong=(
        Wrong("one_read_one_message", "one read is one message", what="Takes what a read brings for a message."),
        Wrong(
            "size_comes_whole",
            "four bytes come together",
            what="Is ready for a message in pieces, and not for a size in pieces.",
            instead=(
                (
                    "number += _fill(self._size_buffer",
                    "self._size_buffer.clear()\n        number += _fill(self._size_buffer",
                ),
            ),
        ),
        Wrong(
            "nothing_is_the_end",
            "nothing now is the end",
            what="Takes 0 bytes for the end of the connection, as with a socket that blocks.",
            instead=(
                ("transport)\n    return", "transport)\n    if number == 0:\n        raise EOFError\n    return"),
            ),
        ),
        Wrong(
            "memory_as_announced",
            "a size is true",
            what="Takes all the memory that a size asks for, at once.",
            instead=(("min(announced, max(FIRST_CHUNK, 2 * len(self._received)))", "announced"),),
        ),
    ),
)
