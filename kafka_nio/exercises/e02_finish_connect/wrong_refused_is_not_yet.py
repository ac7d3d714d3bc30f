"""Says of a failed attempt that it is not connected, which is true and not enough.

Java: no counterpart.
"""

import socket

from kafka_nio.nio import SocketChannel


def finish_connect(self: SocketChannel) -> bool:
    """Whether the attempt has ended without an error."""
    error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    self.is_connected = not error and self._has_peer()
    return self.is_connected
