"""Registers the channel again with the new interest, as one would who knows only `register`.

Java: no counterpart.
"""

from kafka_nio.network.transport import SocketTransport


def add_interest_ops(self: SocketTransport, ops: int) -> None:
    """Register for what there is and for these operations."""
    interest_ops = self._key.interest_ops | ops
    self._key.cancel()
    self._key = self._channel.register(self._key._selector, interest_ops)


def remove_interest_ops(self: SocketTransport, ops: int) -> None:
    """Register for what there is without these operations."""
    interest_ops = self._key.interest_ops & ~ops
    self._key.cancel()
    self._key = self._channel.register(self._key._selector, interest_ops)
