"""Lets the sender's thread catch up when the application's threads have run away from it.

In Java each thread has a core of its own. Here all share one interpreter. A thread that only computes, as one that
calls `send` in a loop, is made to give it away every 5 ms; the sender's thread gives it away with each of its system
calls, and gets it back 5 ms later. So batches pile up although the broker would take them, up to all of
`buffer.memory`, and a record waits for all that was piled up before it.

Whoever has opened a batch where a pile of them waits therefore sleeps for a moment: one for the hundreds of records
that mostly share a batch, but one for each record that has a batch of its own. Nobody asks why the pile is there. If
the broker is slow, `send` goes on, a moment at a time, and only `buffer.memory` stops it, as in Java.

Seen with 10⁶ records of 100 bytes, sent at once to a broker on the same machine: the process took 21 MiB instead of up
to 154, and not more time.

Java: no counterpart.
"""

from kafka_nio.clock import Clock
from kafka_nio.producer.drain import Queues
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import RecordAppendResult

PILE = 16
"""So many batches of a partition make a pile. The sender takes one of each partition at a time."""

MOMENT_MS = 1
"""Long enough for the sender to make several requests; short beside what a pile of batches waits for the network."""


class Pile:
    """The batches that wait in a partition's queue, as seen by whoever has put one more on it.

    Args:
        queues: the accumulator's.
        clock: where the moment passes.
        io_thread: the sender's thread, which must not wait for itself.
    """

    def __init__(self, queues: Queues, clock: Clock, io_thread: IoThread) -> None:
        self._queues = queues
        self._clock = clock
        self._io_thread = io_thread

    def let_sender_catch_up(self, appended: RecordAppendResult, max_wait_ms: float) -> None:
        """Sleep for a moment if too many batches wait for the record's partition, and if we may sleep at all."""
        future, _, _ = appended
        waiting = len(self._queues.get(future.topic_partition, ()))
        if waiting >= PILE and max_wait_ms > 0 and not self._io_thread.is_current:
            self._clock.sleep(MOMENT_MS)
