"""The selector: one thread sleeps here for all its connections, until the kernel or another thread has news.

    selector = Selector(clock)
    key = channel.register(selector, OP_READ, attachment=…)
    number = selector.select(timeout_ms=1000)     # sleeps
    for key in tuple(selector.selected_keys):
        del selector.selected_keys[key]           # the selector does not forget for you
        …                                         # key.is_readable, key.is_writable, …

Some facts about select, and what they mean here:

- *Readiness is a level, not an event.* As long as there are unread bytes, every select returns at once. A key that is
  not dealt with, or an `OP_WRITE` interest that nobody needs, turns the sleeping loop into a spinning one: an idle
  socket almost always has room to write.
- *The kernel does not know about connecting.* It reports a socket as writable when its connection attempt has ended,
  also when it has failed. We report that as `OP_CONNECT` if that is what the key waits for, and the socket itself has
  to be asked how it ended (`SocketChannel.finish_connect`).
- *A failed or closed peer is reported as readable and writable*, whatever was asked for. The read or write that follows
  finds out what happened.
- *A sleeping select does not see what other threads do.* `wakeup()` makes it see one byte on a socket that it
  watches, together with all the others.

Java: java.nio.channels.Selector (sun.nio.ch.EPollSelectorImpl)
"""

import selectors
import socket
import threading
from typing import TYPE_CHECKING, Any

from kafka_nio.clock import NEVER, Clock, SystemClock
from kafka_nio.nio.selection_key import OP_ACCEPT, OP_CONNECT, OP_READ, OP_WRITE, SelectionKey
from kafka_nio.spans import Stage, decision, span

if TYPE_CHECKING:
    from kafka_nio.nio.channels import ServerSocketChannel, SocketChannel

LONGEST_SLEEP_MS = 2**31 - 1
"""The longest time that the kernel takes, 24 days. Longer sleeps end then, with nothing ready."""


class Selector:
    """Watches channels for what their keys are interested in.

    Everything but `wakeup` belongs to one thread.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self._poller = selectors.DefaultSelector()
        self._waker = _Waker()
        self._poller.register(self._waker, selectors.EVENT_READ)
        self._registrations = 0
        self.keys: set[SelectionKey] = set()
        """Every key that has been registered and not cancelled."""
        self.selected_keys: dict[SelectionKey, None] = {}
        """The keys found ready and not yet taken out by their owner: a set that keeps its order."""

    @span(Stage.POLL, show="timeout_ms return")
    def select(self, timeout_ms: float) -> int:
        """Sleep until a key is ready, the time is over, or somebody calls wakeup; return how many keys are ready.

        A wakeup makes no key ready, so 0 is a normal answer long before the time is over.

        Raises:
            ValueError: if `timeout_ms` is negative.
        """
        if timeout_ms < 0:
            raise ValueError(f"the timeout must not be negative, and is {timeout_ms} ms")
        if timeout_ms != NEVER:
            timeout_ms = min(timeout_ms, LONGEST_SLEEP_MS)
        events = self._clock.select(self._poller, timeout_ms)
        return self._select_keys(events)

    @span(Stage.POLL, show="return")
    def select_now(self) -> int:
        """Look without sleeping; return how many keys are ready."""
        return self._select_keys(self._clock.select(self._poller, 0))

    def _select_keys(self, events: list[tuple[selectors.SelectorKey, int]]) -> int:
        ready = []
        for registration, found in events:
            key: SelectionKey | None = registration.data
            if key is None:
                self._waker.fall_asleep()
            else:
                key.ready_ops = _ready_ops(key.interest_ops, found)
                ready.append(key)
        # The kernel reports in an order of its own. Ours is the order of registration, the same in every run.
        ready.sort(key=lambda key: key.number)
        self.selected_keys.update(dict.fromkeys(ready))
        return len(ready)

    @span(Stage.WAKEUP)
    def wakeup(self) -> None:
        """End the select that sleeps now, or else the next one, at once. Never blocks; many calls count as one.

        The only method that may be called from any thread.
        """
        self._waker.wake()

    # Registrations...

    def register(
        self, channel: "SocketChannel | ServerSocketChannel", interest_ops: int, attachment: Any = None
    ) -> SelectionKey:
        """Watch a channel; from then on its key says for what."""
        self._registrations += 1
        key = SelectionKey(self, channel, self._registrations, attachment)
        self.keys.add(key)
        key.interest_ops = interest_ops
        return key

    def interest_changed(self, key: SelectionKey, before: int) -> None:
        """Tell the kernel what a key waits for now. Called by the key itself."""
        events = _events(key.interest_ops)
        if not before:
            self._poller.register(key.channel, events, key)
        elif not events:
            self._poller.unregister(key.channel)
        elif events != _events(before):
            self._poller.modify(key.channel, events, key)

    def forget(self, key: SelectionKey) -> None:
        """Stop watching a key's channel. Called by the key itself when it is cancelled."""
        if key.interest_ops:
            self._poller.unregister(key.channel)
        self.keys.discard(key)
        self.selected_keys.pop(key, None)

    def close(self) -> None:
        """Cancel every key and give the kernel's resources back. The channels stay open."""
        for key in tuple(self.keys):
            key.cancel()
        self._poller.close()
        self._waker.close()

    def __repr__(self) -> str:
        return f"<nio.Selector: {len(self.keys)} keys, {len(self.selected_keys)} selected>"


def _events(ops: int) -> int:
    """Our four operations in the kernel's two: accepting is a kind of reading, connecting a kind of writing."""
    readable = selectors.EVENT_READ if ops & (OP_READ | OP_ACCEPT) else 0
    writable = selectors.EVENT_WRITE if ops & (OP_WRITE | OP_CONNECT) else 0
    return readable | writable


def _ready_ops(interest_ops: int, events: int) -> int:
    """And back: which of the operations a key waits for has the kernel found possible?"""
    readable = OP_READ | OP_ACCEPT if events & selectors.EVENT_READ else 0
    writable = OP_WRITE | OP_CONNECT if events & selectors.EVENT_WRITE else 0
    return interest_ops & (readable | writable)


class _Waker:
    """A pair of connected sockets: the selector watches one end, whoever wants it awake writes to the other.

    A socket takes a few hundred bytes that nobody reads, then a blocking write hangs and a non-blocking one fails.
    Therefore at most one byte is ever under way: `_awake` says that it has been written and not yet read.

    Why the lock: without it, A sees no byte under way and is suspended; B sees none either and writes; the selector
    wakes, reads B's byte and notes that none is under way; A goes on and writes a byte for a select that is long over.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        # Re-entrant, because the garbage collector may run a finalizer that wakes somebody wherever it likes, here too.
        self._lock = threading.RLock()
        # guarded by the lock:
        self._awake = False
        self._closed = False

    def fileno(self) -> int:
        return self._reader.fileno()

    @decision("must_write", "self._awake self._closed")
    def wake(self) -> None:
        with self._lock:
            must_write = not self._awake and not self._closed
            if must_write:
                # In this order: Ctrl-C between the two costs a byte too many, which is one sleep cut short. The other
                # way round it would cost every wakeup from then on.
                self._writer.send(b"\0")
                self._awake = True

    def fall_asleep(self) -> None:
        with self._lock:
            self._reader.recv(1)
            self._awake = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._reader.close()
            self._writer.close()
