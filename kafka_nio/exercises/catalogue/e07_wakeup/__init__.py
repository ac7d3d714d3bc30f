"""e07: one byte that ends a sleep, however often and by whomever it is asked for.

Java: no counterpart.
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.nio.selector import _Waker
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e07",
    name="wakeup",
    kind=Kind.BUILD,
    title="End a select from another thread, with one byte and without ever waiting",
    chapter="chapters/wakeup.md",
    story="""
        A thread that sleeps in `select` sees nothing of what other threads do. The kernel wakes it, and the kernel
        watches sockets. So a selector has a pair of connected sockets of its own, and watches one end of it together
        with all the connections. `nio.Selector.wakeup` calls `wake`, on any thread. When the kernel reports that the
        watched end is readable, the selector calls `fall_asleep`, on its own thread, and goes on.

        What is readable stays readable until it is read. A byte that nobody reads ends every select from then on.

        A socket takes a few hundred bytes that nobody reads. After that a non-blocking `send` raises BlockingIOError.
        `wake` may be called thousands of times while the selector's thread is busy elsewhere, and it must neither
        fail nor wait. Many wakeups before one select count as one.

        A thread may be suspended between any two lines, and another one runs meanwhile.

        What a `_Waker` has:

        - `self._reader` and `self._writer`: the ends of the pair, non-blocking; the kernel watches `_reader`
        - `self._awake`: False at first; there to say that a byte has been written and not yet read
        - `self._lock`: a lock, taken with `with self._lock:`
        - `self._closed`: True once the selector is closed and both sockets with it; whoever comes later wakes nobody
    """,
    hints=(
        "How many bytes have to be under way so that the next select ends at once? And what is a second one good for?",
        "`_awake` answers whether a byte is under way. Both methods use it and change it, on different threads. What "
        "happens if the selector reads the byte after it has been sent and before `_awake` has become True?",
        "`wake`: with the lock held, and if a byte is not under way and the pair is not closed, send one byte and note "
        "that it is under way. `fall_asleep`: with the lock held, receive it and note that none is.",
    ),
    targets=(
        Target(_Waker, "wake", stage=Stage.WAKEUP, show="self"),
        Target(_Waker, "fall_asleep", stage=Stage.POLL, show="self"),
    ),
    wrong=(
        Wrong(
            "byte_per_wakeup",
            "one byte per wakeup is fine",
            what="Writes a byte for each wakeup, as kafka-python once did.",
            instead=(("not self._awake and ", ""),),
        ),
        Wrong(
            "flag_without_byte",
            "a flag wakes whoever sleeps",
            what="Notes that somebody wants the selector awake, and tells the kernel nothing of it.",
            instead=((r'self._writer.send(b"\0")', ""), ("self._reader.recv(1)", "")),
        ),
        Wrong(
            "without_lock",
            "two lines follow each other at once",
            what="Does without the lock, which is right on one thread, and not on two.",
        ),
    ),
)
