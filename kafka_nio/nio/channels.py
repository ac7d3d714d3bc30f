"""Non-blocking sockets: `SocketChannel` for a connection, `ServerSocketChannel` for the door.

Nothing here ever waits. What cannot be done now is said so: `connect` and `finish_connect` answer False, `read` and
`write` answer 0, `accept` answers None. Waiting is the selector's business.

Some facts about non-blocking sockets:

- `connect` on TCP has not connected when it returns, not even to this machine. It has only begun. On a Unix socket it
  is done at once; that is the case which never raises `OP_CONNECT`.
- A connection attempt that failed makes the socket writable too. What happened is kept in the socket's SO_ERROR, and
  reading that clears it, so it can be read once.
- `write` takes what fits into the kernel's send buffer. One byte, half a frame and everything are all normal answers.
- Reading 0 bytes means that the peer will send no more. It is not the same as "nothing there yet".

Java: java.nio.channels.SocketChannel
"""

import errno
import os
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka_nio.nio.selection_key import SelectionKey
from kafka_nio.nio.selector import Selector
from kafka_nio.spans import Stage, span

STILL_CONNECTING = frozenset({errno.EINPROGRESS, errno.EALREADY})
"""Not EAGAIN: that is a Unix socket whose queue is full, and no attempt has begun."""

MAX_PARTS_A_WRITE = 1024
"""How many pieces of memory one system call takes (IOV_MAX on Linux and macOS)."""


class SocketAddress(NamedTuple):
    """Where to connect: the kind of socket and the address in the form that this kind takes."""

    family: int
    address: tuple[Any, ...] | str
    host_name: str | None = None
    """The name behind which the address was found, if any: what the peer's certificate has to be made out to."""

    def __str__(self) -> str:
        if isinstance(self.address, str):
            return self.address
        host, port = self.address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class SocketChannel:
    """One connection, from before it is established until after it is closed."""

    def __init__(self, connection: socket.socket, remote_address: SocketAddress | None = None) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._key: SelectionKey | None = None
        self.remote_address = remote_address
        self.is_connected = remote_address is not None
        self.is_open = True

    @classmethod
    def open(cls, family: int = socket.AF_INET) -> "SocketChannel":
        """A channel that is not connected yet.

        Raises:
            OSError: if the process may open no more files.
        """
        return cls(socket.socket(family, socket.SOCK_STREAM))

    def fileno(self) -> int:
        """The file's number, by which the kernel's selector knows it."""
        return self._socket.fileno()

    @property
    def is_tcp(self) -> bool:
        """Whether this is a connection over IP, and not, say, a Unix socket."""
        return self._socket.family in (socket.AF_INET, socket.AF_INET6)

    def set_option(self, level: int, option: int, value: int) -> None:
        """Set an option of the socket, such as TCP_NODELAY."""
        self._socket.setsockopt(level, option, value)

    def register(self, selector: Selector, interest_ops: int, attachment: Any = None) -> SelectionKey:
        """Have a selector watch this channel."""
        self._key = selector.register(self, interest_ops, attachment)
        return self._key

    @span(Stage.CONNECT, show="address return")
    def connect(self, address: SocketAddress) -> bool:
        """Begin to connect; return whether that is done already.

        Raises:
            OSError: if the attempt cannot even begin: no route, a refusal at once.
        """
        self.remote_address = address
        error = self._socket.connect_ex(address.address)
        if error in STILL_CONNECTING:
            return False
        if error:
            raise OSError(error, os.strerror(error))
        self.is_connected = True
        return True

    @span(Stage.CONNECT, show="return")
    def finish_connect(self) -> bool:
        """Ask how the connection attempt ended; return False if it has not ended yet.

        Raises:
            OSError: if it ended badly, for instance ConnectionRefusedError.
        """
        if self.is_connected:
            return True
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        self.is_connected = self._has_peer()
        return self.is_connected

    def _has_peer(self) -> bool:
        try:
            self._socket.getpeername()
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                return False
            raise
        return True

    @span(Stage.READ, show="return")
    def read(self, buffer: memoryview) -> int:
        """Read as many bytes as are there and fit; return how many, 0 if there are none now.

        Raises:
            EOFError: if the peer will send no more.
            OSError: if the connection broke.
        """
        try:
            number = self._socket.recv_into(buffer)
        except BlockingIOError:
            return 0
        if number == 0 and len(buffer) > 0:
            raise EOFError("the peer closed the connection")
        return number

    @span(Stage.WRITE, show="return")
    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Hand bytes to the kernel, as many as it takes now; return how many.

        The parts go out as if they were one, in one system call (a gathering write).

        Raises:
            OSError: if the connection broke.
        """
        try:
            return self._socket.sendmsg(parts[:MAX_PARTS_A_WRITE])
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Cancel the key, if there is one, and close the socket. Closing twice does nothing."""
        if self.is_open:
            self.is_open = self.is_connected = False
            if self._key is not None:
                self._key.cancel()
            self._socket.close()

    def __repr__(self) -> str:
        state = "connected" if self.is_connected else "connecting" if self.is_open else "closed"
        return f"<SocketChannel to {self.remote_address or 'nobody'}, {state}>"


class ServerSocketChannel:
    """A listening socket."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._socket = listener
        self._key: SelectionKey | None = None

    @classmethod
    def open(cls, address: SocketAddress, backlog: int = 128) -> "ServerSocketChannel":
        """Listen at an address; port 0 takes any free one.

        Raises:
            OSError: if the address is in use or not ours.
        """
        listener = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address.address)
            listener.listen(backlog)
        except OSError:
            listener.close()
            raise
        return cls(listener)

    @property
    def local_address(self) -> SocketAddress:
        """Where we listen, with the port that was really taken."""
        return SocketAddress(self._socket.family, self._socket.getsockname())

    def fileno(self) -> int:
        """The file's number, by which the kernel's selector knows it."""
        return self._socket.fileno()

    def register(self, selector: Selector, interest_ops: int, attachment: Any = None) -> SelectionKey:
        """Have a selector watch this channel, for `OP_ACCEPT`."""
        self._key = selector.register(self, interest_ops, attachment)
        return self._key

    @span(Stage.BROKER)
    def accept(self) -> SocketChannel | None:
        """Take the next connection, or None if nobody is waiting (any more: a peer may give up in the meantime)."""
        try:
            connection, address = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        return SocketChannel(connection, SocketAddress(connection.family, address))

    def close(self) -> None:
        """Cancel the key, if there is one, and stop listening."""
        if self._key is not None:
            self._key.cancel()
        self._socket.close()

    def __repr__(self) -> str:
        listening = self._socket.fileno() >= 0
        return f"<ServerSocketChannel at {self.local_address if listening else 'nothing, closed'}>"
