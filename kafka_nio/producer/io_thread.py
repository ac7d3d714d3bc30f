"""Which thread is the producer's own, where waiting for the network means waiting for oneself.

A record's callback runs on the thread that brings the answers. If it waits there for another answer, nothing moves any
more. So whatever could wait asks `is_current` first, and does not. (Java's `KafkaProducer` compares the current thread
with its `ioThread` in `flush` and `close`; waiting for a future or for metadata in a callback blocks it.)

Java: no counterpart.
"""

import threading


class IoThread:
    """The identity of one producer's thread. Known to everything that waits; itself it knows nothing."""

    __slots__ = ("_ident",)

    def __init__(self) -> None:
        self._ident: int | None = None

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs on it."""
        return threading.get_ident() == self._ident

    def is_current_from_now_on(self) -> None:
        """Called once, by the thread itself."""
        self._ident = threading.get_ident()
