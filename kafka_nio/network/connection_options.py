"""The options that every connection gets before it is used.

Java: org.apache.kafka.common.network.Selector.configureSocketChannel
"""

import socket

from kafka_nio.nio import SocketChannel

USE_DEFAULT_BUFFER_SIZE = -1
"""Leave the size of a socket's buffer to the operating system."""


def configure(
    channel: SocketChannel,
    send_buffer_bytes: int = USE_DEFAULT_BUFFER_SIZE,
    receive_buffer_bytes: int = USE_DEFAULT_BUFFER_SIZE,
) -> None:
    """Set the sizes of the kernel's buffers, and what keeps a connection lively.

    TCP_NODELAY: a request is worth a packet, so it is not held back in the hope of more bytes (Nagle's algorithm).
    SO_KEEPALIVE: the kernel asks a silent peer, now and then, whether it is still there.
    """
    channel.set_option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if send_buffer_bytes != USE_DEFAULT_BUFFER_SIZE:
        channel.set_option(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    if receive_buffer_bytes != USE_DEFAULT_BUFFER_SIZE:
        channel.set_option(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    if channel.is_tcp:
        channel.set_option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
