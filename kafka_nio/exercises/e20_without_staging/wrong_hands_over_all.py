"""Does without staging by handing over whatever was read.

Java: no counterpart.
"""

from __future__ import annotations

from kafka_nio.network import KafkaChannel, Selector
from kafka_nio.nio import SelectionKey


def is_connected(self: Selector, key: SelectionKey, channel: KafkaChannel, is_immediately_connected: bool) -> bool:
    """As it was: finish connecting, go on with handshake and login; False if that has to wait."""
    if is_immediately_connected or key.is_connectable:
        if not channel.finish_connect():
            return False
        self.connected.append(channel.id)
        self._metrics.connected()
    if channel.is_connected and not channel.is_ready:
        channel.prepare()
        self._metrics.prepared(channel, self._clock.now_ns())
        self._staged_receives.add(channel, channel.take_responses_received_during_reauthentication())
    return True


def write_and_check(self: Selector, key: SelectionKey, channel: KafkaChannel, now_ns: int) -> None:
    """As it was: write what there is to write, and close the connection if its key has become invalid."""
    if channel.is_ready and key.is_writable and not channel.maybe_begin_client_reauthentication(now_ns):
        self._write(channel)
    if not key.is_valid and channel.id in self.channels:
        self._close(channel)


def _poll_selection_key(
    self: Selector, key: SelectionKey, channel: KafkaChannel, is_immediately_connected: bool, now_ns: int
) -> None:
    """Do for one key what it is ready for, and read at most one message of a plain connection."""
    if not is_connected(self, key, channel, is_immediately_connected):
        return
    is_readable = key.is_readable or channel.has_bytes_buffered
    if channel.is_ready and is_readable and channel not in self._staged_receives:
        while (receive := channel.read()) is not None:
            self.completed_receives.append(receive)
            self._metrics.received(receive)
    write_and_check(self, key, channel, now_ns)
