"""Asks for the error, and takes its absence for success.

Java: no counterpart.
"""

import os
import socket

from kafka_nio.nio import SocketChannel


def finish_connect(self: SocketChannel) -> bool:
    """Raise the error if there is one; otherwise the connection stands."""
    error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))
    self.is_connected = True
    return True
