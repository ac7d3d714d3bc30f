"""Which thread is the producer's own, where waiting for the network means waiting for oneself.

A record's callback runs on the thread that brings the answers. If it waits there for another answer, nothing moves any
more. So whatever could wait asks `is_current` first, and does not. (Java's `KafkaProducer` compares the current thread
with its `ioThread` in `flush` and `close`; waiting for a future or for metadata in a callback blocks it.)

The second such trap is `os.fork`: it copies the producer but not its thread. In the child process nobody would send
anything, ever, and a lock that the thread held stays locked. So in the child every use is refused.

Java: no counterpart.
"""

import os
import threading
import weakref

from kafka_nio.errors import IllegalStateError


class IoThread:
    """The identity of one producer's thread. Known to everything that waits; itself it knows nothing."""

    __slots__ = ("__weakref__", "_ident", "_process", "is_in_parent")

    def __init__(self) -> None:
        self._ident: int | None = None
        self._process = os.getpid()
        self.is_in_parent = False
        """Whether we are in a child process now, and the thread is not."""
        _all.add(self)

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs on it."""
        return threading.get_ident() == self._ident

    def is_current_from_now_on(self) -> None:
        """Called once, by the thread itself."""
        self._ident = threading.get_ident()

    def refuse_in_child(self) -> None:
        """Let the call pass, or not.

        Raises:
            IllegalStateError: this is a child process, made by a fork since the producer was.
        """
        if self.is_in_parent:
            raise IllegalStateError(
                f"the producer belongs to process {self._process}; a fork does not copy its thread, so process "
                f"{os.getpid()} must make a producer of its own"
            )


_all: weakref.WeakSet[IoThread] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    """Asking for the process id in each `send` would cost more than this, once a fork."""
    for io_thread in _all:
        io_thread.is_in_parent = True
        io_thread._ident = None


os.register_at_fork(after_in_child=_after_fork_in_child)
