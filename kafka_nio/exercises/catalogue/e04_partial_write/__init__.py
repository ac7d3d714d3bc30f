"""e04: a message that leaves in parts.

Java: org.apache.kafka.common.network.ByteBufferSend.writeTo
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network import NetworkSend
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e04",
    name="partial_write",
    kind=Kind.BUILD,
    title="Write a message in as many parts as it takes",
    chapter="chapters/writing.md",
    story="""
        A `NetworkSend` is a message on its way out. It lies in memory in several pieces: four bytes that say its size,
        a header, the records. They go out one after the other as they are, without being copied into one.

        `transport.write(pieces)` takes as many bytes as the kernel has room for, in one system call, and returns how
        many that were: all, the first three, or 0. Where it stops may be in the middle of a piece. `write_to` offers
        all that is left, once, and returns what was taken; it is called again when the selector says that there is
        room. `_advance` notes how far the message is.

        What you have:

        - self._parts                   a deque of memoryviews: what is still to be written, the next piece on the left
        - self.remaining                how many bytes that is
        - self.is_completed             nothing remains, and nothing is pending in the transport
        - self._pending_in_transport    what `transport.has_pending_writes` said after the last write
        - MAX_PARTS_A_WRITE             how many pieces one system call takes at most

        The last but one is about TLS. Such a transport encrypts what it takes, and may hold some of it back. Then the
        message has not left yet, although nothing of it remains here, and `transport.write([])` goes on with what is
        held back. A plain transport never has anything pending.

        A slice of a memoryview copies nothing. A slice of a deque does not exist; `itertools.islice` takes the first
        few.
    """,
    hints=(
        "The pieces are 4, 10 and 100 bytes long, and the kernel takes 9. What has to be offered the next time?",
        "`_advance(9)`: the first piece has left, of the second one the first 5 bytes. `self._parts` and "
        "`self.remaining` are all that is to be changed. Mind pieces of no bytes at all.",
        "write_to: unless it is completed, write the first MAX_PARTS_A_WRITE pieces as a list; advance by what was "
        "taken; note what the transport says of pending writes; return what was taken. _advance: subtract from "
        "remaining; while the piece on the left has left whole, take it out and subtract its length; if some is left "
        "over, put the rest of the piece on the left in its place.",
    ),
    targets=(
        Target(NetworkSend, "write_to", stage=Stage.WRITE, show="self return"),
        Target(NetworkSend, "_advance", stage=Stage.WRITE, show="written"),
    ),
    wrong=(
        Wrong(
            "sends_all",
            "a write sends everything",
            what="Takes it for granted that a write sends everything, and does not look at what it returns.",
            instead=(("self._advance(written)", "self._advance(self.remaining)"),),
        ),
        Wrong(
            "whole_pieces",
            "a write ends between two pieces",
            what="Takes pieces out that have left whole. Of the others it forgets what has left.",
            instead=(("self._parts[0][written:]", "self._parts[0]"),),
        ),
        Wrong(
            "taken_is_gone",
            "what is taken has left",
            what="Does not ask whether the transport holds back what it has taken.",
            instead=(("transport.has_pending_writes", "False"),),
        ),
        Wrong(
            "joins",
            "joining costs nothing",
            what="Joins the pieces before each write, which copies the records.",
            instead=(("list(islice(self._parts, MAX_PARTS_A_WRITE))", '[b"".join(self._parts)]'),),
        ),
    ),
)
