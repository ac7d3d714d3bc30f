"""Clears the interest in the next call, when it finds nothing to write. That call costs a select that does not sleep.

Java: no counterpart.
"""

from kafka_nio.network import KafkaChannel, NetworkSend
from kafka_nio.nio import OP_WRITE


def write(self: KafkaChannel) -> NetworkSend | None:
    """Write what the kernel takes; return the message if that was the last of it."""
    if self._send is None:
        self._transport.remove_interest_ops(OP_WRITE)
        return None
    self._send.write_to(self._transport)
    if not self._send.is_completed:
        return None
    completed, self._send = self._send, None
    return completed
