"""The package's own method, but for the reading.

Java: org.apache.kafka.common.network.Selector.attemptRead
"""

from __future__ import annotations

from kafka_nio.network import KafkaChannel, Selector
from kafka_nio.nio import SelectionKey


def _poll_selection_key(
    self: Selector, key: SelectionKey, channel: KafkaChannel, is_immediately_connected: bool, now_ns: int
) -> None:
    if is_immediately_connected or key.is_connectable:
        if not channel.finish_connect():
            return
        self.connected.append(channel.id)
        self._metrics.connected()
    if channel.is_connected and not channel.is_ready:
        channel.prepare()
        self._metrics.prepared(channel, self._clock.now_ns())
        self._staged_receives.add(channel, channel.take_responses_received_during_reauthentication())
    is_readable = key.is_readable or channel.has_bytes_buffered
    if channel.is_ready and is_readable and channel not in self._staged_receives:
        receive = channel.read()
        while receive is not None:
            self._staged_receives.add(channel, (receive,))
            # What TLS has decrypted is in memory in any case, and no select would report it.
            receive = channel.read() if channel.has_bytes_buffered else None
    if channel.is_ready and key.is_writable and not channel.maybe_begin_client_reauthentication(now_ns):
        self._write(channel)
    if not key.is_valid and channel.id in self.channels:
        self._close(channel)
