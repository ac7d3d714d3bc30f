"""A network that misbehaves on request: a TCP proxy on loopback in front of each broker.

    with FaultyNetwork() as network, EmbeddedCluster(nodes=3, advertised=network.advertise) as cluster:
        producer = KafkaProducer(bootstrap_servers=network.bootstrap_servers)
        network.fault = Latency(ms=50)      # from now on, for old connections and new ones
        network.fault = CLEAN

`advertise` opens a door for a broker and says where, so clients are sent to the doors only. Every connection through a
door is two `Way`s. What has arrived on a way waits in a short queue until the fault of the moment delivers it: late, in
pieces, or never. A fault is a small class with one method, `deliver`; `tests/faults/network/misbehaviour.py` has them.

A way whose fault does not deliver soon stops reading, and TCP makes the sender wait: that is a window of zero.

A fault says each time that it did something to the bytes: `way.struck(self)`. So a test can tell a producer that bears
a fault from a fault that never came: `network.strikes(fault)`, `network.idle_faults`.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Protocol, TypeVar

T = TypeVar("T")

Address = tuple[str, int]

MOST_AT_ONCE = 16 * 1024
"""How much is read at once, in bytes."""

LONGEST_QUEUE = 4
"""How many such pieces may wait on a way."""

SMALL_WINDOW = 16 * 1024
"""How much the kernel keeps for us on top of that, in bytes, so that a sender notices soon that we do not read."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time at all: close sends RST, and what was not delivered is dropped."""


class Fault(Protocol):
    """What the network does to the bytes of a connection."""

    async def deliver(self, data: bytes, way: "Way") -> None:
        """Send `data` on by `way.send`, in one piece or many, now or later or never.

        At the end of the stream there is no data. A fault that does not send on what came, as it came, says so by
        `way.struck(self)`.
        """


class Clean:
    """The network does what it should."""

    async def deliver(self, data: bytes, way: "Way") -> None:
        await way.send(data)

    def __repr__(self) -> str:
        return "Clean()"


CLEAN = Clean()


@dataclass(slots=True)
class Traffic:
    """What was sent on."""

    pieces: int = 0
    bytes: int = 0


class Way:
    """One direction of one connection."""

    def __init__(self, door: "Door", source: socket.socket, sink: socket.socket, *, to_client: bool) -> None:
        self.door = door
        self.to_client = to_client
        self.made_s = asyncio.get_running_loop().time()
        self.arrived_s = 0.0
        """When the piece that is to be delivered came in, by the loop's clock, as everything here."""
        self.is_lost = False
        """Whether nothing will ever be delivered on this way again."""
        self.kept = bytearray()
        """What a fault keeps back of what has come by."""
        self.sent = Traffic()
        """Since the connection was made."""
        self.sent_under_fault = Traffic()
        """Since the fault of the moment was set."""
        self.other: Way = self
        self._last_fault: Fault = CLEAN
        self._source, self._sink = source, sink
        self._queue: asyncio.Queue[tuple[bytes, float]] = asyncio.Queue(LONGEST_QUEUE)

    async def carry(self) -> None:
        """Carry bytes until one end closes."""
        reading = asyncio.ensure_future(self._read())
        try:
            while True:
                data, self.arrived_s = await self._queue.get()
                if not self.is_lost:
                    await self._deliver(data)
                if not data:
                    return
        finally:
            await _cancelled({reading})

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        data = b"begin"
        while data:
            try:
                data = await loop.sock_recv(self._source, MOST_AT_ONCE)
            except OSError:
                data = b""
            await self._queue.put((data, loop.time()))

    async def _deliver(self, data: bytes) -> None:
        fault = self.door.fault
        if data and fault is not self._last_fault:
            self._last_fault = fault
            data, self.kept = bytes(self.kept) + data, bytearray()
        await fault.deliver(data, self)
        if not data and not self.is_lost:
            with suppress(OSError):
                self._sink.shutdown(socket.SHUT_WR)  # what the sender did; blocked or lost like any other news

    # What a fault may do...

    def struck(self, fault: Fault) -> None:
        """Count that this fault has just done something to what came by here."""
        self.door.strikes.append(fault)

    async def send(self, data: bytes) -> None:
        """Hand bytes to the receiver, and wait until the kernel has taken them."""
        if data:
            for traffic in (self.sent, self.sent_under_fault):
                traffic.pieces += 1
                traffic.bytes += len(data)
            await asyncio.get_running_loop().sock_sendall(self._sink, data)

    def take_waiting(self) -> bytes:
        """What has arrived in the meantime, as one piece."""
        taken = bytearray()
        while not self._queue.empty():
            data, arrived_s = self._queue.get_nowait()
            taken += data
            if not data:
                self._queue.put_nowait((data, arrived_s))
                break
        return bytes(taken)

    async def until_over(self, fault: Fault) -> None:
        """Wait until the network has another fault."""
        while self.door.fault is fault:
            await self.door.changed.wait()

    def lose(self) -> None:
        """Deliver nothing any more, in neither direction. Both ends go on believing in the connection."""
        self.is_lost = self.other.is_lost = True

    def hang_up(self, *, reset: bool = False) -> NoReturn:
        """Close both ends now, in good order or by RST."""
        self.is_lost = self.other.is_lost = True
        for end in (self._source, self._sink):
            with suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                else:
                    end.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError("the fault has ended this connection")


class Door:
    """Where clients connect to reach one broker."""

    def __init__(self, broker: Address) -> None:
        self.broker = broker
        self.fault: Fault = CLEAN
        self.changed = asyncio.Event()
        self.connections = 0
        """How many have been made."""
        self.strikes: list[Fault] = []
        """Whichever fault struck, each time that one did."""
        self.ways: set[Way] = set()
        """Of the connections that there are now."""
        self._serving: set[asyncio.Task[None]] = set()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self._listener.setblocking(False)
        self.address: Address = self._listener.getsockname()

    async def serve(self) -> None:
        """Accept connections until cancelled, then end them all."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                client, _ = await loop.sock_accept(self._listener)
                self.connections += 1
                task = asyncio.ensure_future(self._serve_connection(client))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
        finally:
            await self.end_connections()
            self._listener.close()

    async def end_connections(self) -> None:
        """Close every connection there is now, at both ends."""
        await _cancelled(set(self._serving))

    async def _serve_connection(self, client: socket.socket) -> None:
        broker = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with client, broker:
            for end in (client, broker):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):
                await asyncio.get_running_loop().sock_connect(broker, self.broker)
                await self._carry_both_ways(client, broker)

    async def _carry_both_ways(self, client: socket.socket, broker: socket.socket) -> None:
        to_broker = Way(self, client, broker, to_client=False)
        to_client = Way(self, broker, client, to_client=True)
        to_broker.other, to_client.other = to_client, to_broker
        self.ways |= {to_broker, to_client}
        carrying = {asyncio.ensure_future(way.carry()) for way in (to_broker, to_client)}
        try:
            # The end of one way leaves the other as it is; whatever goes wrong ends both.
            done, _ = await asyncio.wait(carrying, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            self.ways -= {to_broker, to_client}
            await _cancelled(carrying)

    def set_fault(self, fault: Fault) -> None:
        """From now on this is done to every connection. Only on the network's own thread."""
        self.fault = fault
        for way in self.ways:
            way.sent_under_fault = Traffic()
        self.changed.set()
        self.changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Door at port {self.address[1]} to port {self.broker[1]}: {self.fault}>"


async def _cancelled(tasks: Iterable[asyncio.Future[None]]) -> None:
    cancelled = tuple(tasks)
    for task in cancelled:
        task.cancel()
    await asyncio.gather(*cancelled, return_exceptions=True)


class FaultyNetwork:
    """A door for each broker, all served by one thread, until the `with` ends."""

    def __init__(self) -> None:
        self.doors: list[Door] = []
        self.faults: list[Fault] = []
        """All that were set, but for `CLEAN`."""
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty network", daemon=True)

    def __enter__(self) -> "FaultyNetwork":
        self._thread.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._on_its_thread(_cancelled(self._tasks))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def advertise(self, node_id: int, broker: Address) -> Address:
        """Open a door for this broker; return where clients find it."""
        door = self._on_its_thread(self._open(broker))
        return door.address

    async def _open(self, broker: Address) -> Door:
        door = Door(broker)
        self.doors.append(door)
        self._tasks.add(asyncio.ensure_future(door.serve()))
        return door

    @property
    def bootstrap_servers(self) -> str:
        """All doors, in the form that every Kafka client takes."""
        return ",".join(f"{host}:{port}" for host, port in (door.address for door in self.doors))

    @property
    def connections(self) -> int:
        """How many connections have been made through all doors."""
        return sum(door.connections for door in self.doors)

    @property
    def fault(self) -> Fault:
        """What is done to every connection through the first door, and mostly through all."""
        return self.doors[0].fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self.set_fault(fault)

    def set_fault(self, fault: Fault, only: Callable[[Door], bool] = lambda door: True) -> None:
        """From now on this is done to every connection, old or new, through all doors or some."""
        if fault is not CLEAN:
            self.faults.append(fault)
        self._on_its_thread(self._set_fault(fault, only))

    async def _set_fault(self, fault: Fault, only: Callable[[Door], bool]) -> None:
        for door in filter(only, self.doors):
            door.set_fault(fault)

    def strikes(self, fault: Fault) -> int:
        """How often this fault has struck, at whichever door. An equal one is another one."""
        return sum(struck is fault for door in self.doors for struck in tuple(door.strikes))

    @property
    def idle_faults(self) -> list[Fault]:
        """Those that were set and have never struck."""
        return [fault for fault in self.faults if not self.strikes(fault)]

    @property
    def sent_under_fault(self) -> list[Traffic]:
        """What each way has sent since the fault of the moment was set; of the connections that there are now."""
        return [way.sent_under_fault for door in self.doors for way in tuple(door.ways)]

    def end_connections(self, only: Callable[[Door], bool] = lambda door: True) -> None:
        """Close every connection there is now, through all doors or some. New ones may be made at once."""
        for door in filter(only, self.doors):
            self._on_its_thread(door.end_connections())

    def _on_its_thread(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    def __repr__(self) -> str:
        return f"<FaultyNetwork {self.doors}>"
