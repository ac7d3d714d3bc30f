"""Peers that are no brokers: a web server, one that never speaks, one that hangs up at once, a port without anybody."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]
"""What a peer does with a connection before the connection is closed."""


@contextmanager
def peer(behaviour: Behaviour) -> Iterator[str]:
    """A server on a free port, as host:port; it treats each connection in a thread of its own until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []
        thread = threading.Thread(target=_accept_all, args=(listener, connections, behaviour), name="peer", daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in connections:
        connection.close()


def _accept_all(listener: socket.socket, connections: list[socket.socket], behaviour: Behaviour) -> None:
    try:
        while True:
            connection, _ = listener.accept()
            connections.append(connection)
            behaviour(connection)
    except OSError:
        return  # the listener was shut down


def says_nothing(connection: socket.socket) -> None:
    """Takes whatever comes and keeps the connection open."""


def hangs_up(connection: socket.socket) -> None:
    """Closes at once."""
    connection.close()


def speaks_http(connection: socket.socket) -> None:
    """Answers as a web server does that was sent something else."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()


@contextmanager
def nobody() -> Iterator[str]:
    """A port that refuses connections, held so that no one else can take it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@contextmanager
def unreachable() -> Iterator[str]:
    """A port that leaves connections hanging: its queue is full and nobody takes from it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(address)
        yield f"127.0.0.1:{address[1]}"
        for connection in waiting:
            connection.close()
