"""The thread a `Sender` runs on, and what becomes of it when nobody closes the producer.

A producer can go without `close()` in two ways: the last reference to it is dropped, or the program ends. In both its
records should still leave, yet neither may take for ever. So the sender gets `ABANDONED_CLOSE_MS` to finish; then it
fails what is left, and a warning says how many records that were.

The thread is a daemon, so that it cannot keep a finished program alive by itself; the program's end waits for it here,
for as long as said above. Nothing on this thread refers to the `KafkaProducer`, or it could never be dropped.

Java: org.apache.kafka.clients.producer.internals.Sender.SenderThread
"""

import atexit
import threading
import weakref

from kafka_nio.clock import Clock
from kafka_nio.producer.sender import Sender

ABANDONED_CLOSE_MS = 10_000
"""How long the records of a producer that nobody closed may take to leave."""

GRACE_MS = 1_000
"""How much longer the program's end waits for the callbacks of those that did not."""


class SenderThread(threading.Thread):
    """Runs a sender until it is closed."""

    def __init__(self, sender: Sender, client_id: str, clock: Clock) -> None:
        super().__init__(name=f"kafka-producer-network-thread | {client_id}", target=sender.run, daemon=True)
        self.sender = sender
        self.clock = clock

    def abandon_with(self, producer: object) -> weakref.finalize:  # type: ignore[type-arg]
        """Close the sender when `producer` is garbage. Who closes it by hand detaches the finalizer first."""
        finalizer = weakref.finalize(producer, self.sender.abandon, ABANDONED_CLOSE_MS)
        finalizer.atexit = False  # the program's end is below: there it must be waited for
        return finalizer


@atexit.register
def finish_at_exit() -> None:
    """The program ends: let every sender finish, all at the same time."""
    threads = [thread for thread in threading.enumerate() if isinstance(thread, SenderThread)]
    for thread in threads:
        thread.sender.abandon(ABANDONED_CLOSE_MS)
    for thread in threads:
        thread.clock.join(thread, ABANDONED_CLOSE_MS + GRACE_MS)
