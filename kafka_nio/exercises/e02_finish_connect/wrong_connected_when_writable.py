"""Believes the selector: writable, so connected.

Java: no counterpart.
"""

from kafka_nio.nio import SocketChannel


def finish_connect(self: SocketChannel) -> bool:
    """The attempt has ended, so the connection stands."""
    self.is_connected = True
    return True
