"""A hop between a broker and its clients: passes bytes on, and can reset every connection at once.

with Hop(port, broker_port) as hop:
    hop.reset()      # both ends are told ECONNRESET; what was under way is thrown away
"""

import asyncio
import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65_536

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for no time. A close then sends a reset, and throws away what was not sent."""


class Hop:
    """Listens on `port` of 127.0.0.1 and connects to `broker_port` there."""

    def __init__(self, port: int, broker_port: int) -> None:
        self._port = port
        self._broker_port = broker_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hop")

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> int:
        """Reset all connections; new ones are welcome. Returns how many clients had one."""
        return asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(10)

    # On the hop's own thread...

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:  # the broker is down: the client shall see it go, too
            _abort(writer)
            return
        pair = {writer, broker_writer}
        self._writers |= pair
        task = asyncio.current_task()
        assert task is not None
        self._pumps.add(task)
        try:
            await asyncio.gather(_pump(reader, broker_writer), _pump(broker_reader, writer))
        finally:
            self._writers -= pair
            self._pumps.discard(task)
            for one in pair:
                one.close()

    async def _reset(self) -> int:
        writers = list(self._writers)
        for writer in writers:
            _abort(writer)
        return len(writers) // 2

    async def _close(self) -> None:
        self._server.close()
        await self._reset()
        while self._pumps:
            await asyncio.wait(set(self._pumps))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other is told."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it may be closed already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()
