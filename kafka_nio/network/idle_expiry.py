"""Which connection has been silent for longest, and is it time to close it?

Connections stand in the order in which they were last used, so only the first one ever has to be looked at, and that
not before it can have expired. At most one expires per poll: closing is work, and the loop has better things to do.

Java: org.apache.kafka.common.network.Selector.IdleExpiryManager
"""

from collections import OrderedDict

from kafka_nio.spans import decision

NS_PER_MS = 1_000_000


class IdleExpiry:
    """Remembers when each connection was last used.

    Args:
        max_idle_ms: how long a connection may be silent, in milliseconds; infinite for any length of time.
    """

    def __init__(self, max_idle_ms: float, now_ns: int) -> None:
        self._max_idle_ns = max_idle_ms * NS_PER_MS
        self._next_check_ns = now_ns + self._max_idle_ns
        self._last_used_ns: OrderedDict[str, int] = OrderedDict()

    def update(self, connection_id: str, now_ns: int) -> None:
        """The connection is in use now, so it goes to the end of the line."""
        self._last_used_ns[connection_id] = now_ns
        self._last_used_ns.move_to_end(connection_id)

    def remove(self, connection_id: str) -> None:
        """The connection is closed."""
        self._last_used_ns.pop(connection_id, None)

    @decision("is_expired", "oldest last_used_ns now_ns self._next_check_ns")
    def poll_expired_connection(self, now_ns: int) -> str | None:
        """The connection that has been silent for too long, or None."""
        if now_ns <= self._next_check_ns:
            return None
        if not self._last_used_ns:
            self._next_check_ns = now_ns + self._max_idle_ns
            return None
        oldest, last_used_ns = next(iter(self._last_used_ns.items()))
        self._next_check_ns = last_used_ns + self._max_idle_ns
        is_expired = now_ns > self._next_check_ns
        return oldest if is_expired else None
