"""What the learner gets: a `write` with a bug in it. The bug is that of the gallery, without its explanation.

Java: no counterpart.
"""

from kafka_nio.network import KafkaChannel, NetworkSend


def write(self: KafkaChannel) -> NetworkSend | None:
    """Write what the kernel takes; return the message if that was the last of it."""
    if self._send is None:
        return None
    self._send.write_to(self._transport)
    if not self._send.is_completed:
        return None
    completed, self._send = self._send, None
    return completed
