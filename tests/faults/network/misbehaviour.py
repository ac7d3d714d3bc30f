"""What a network does to the bytes of a connection: each fault one small class, for `tests.support.fault_proxy`.

Each says `way.struck` when it has done that to some data; the mere end of a stream does not count.
"""

import asyncio
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kafka_nio.protocol.api import ApiKey
from tests.support.fault_proxy import Way

SIZE = struct.Struct(">i")
API_KEY = struct.Struct(">h")

READ_BEFORE_THE_END_S = 0.005
"""How long the half of a frame has to be read. A reset would throw away what was not."""


def frames(data: bytes, way: Way) -> Iterator[bytes]:
    """The frames that are complete now, each with its size in front. The beginning of another one is kept."""
    way.kept += data
    while len(way.kept) >= SIZE.size:
        end = SIZE.size + SIZE.unpack_from(way.kept)[0]
        if len(way.kept) < end:
            return
        frame = bytes(way.kept[:end])
        del way.kept[:end]
        yield frame


# The stream cut otherwise: nothing is wrong, and whoever relies on frames coming in one piece finds out...


@dataclass(frozen=True, slots=True)
class OneByteAtATime:
    """Every byte travels alone."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if len(data) > 1:
            way.struck(self)
        for position in range(len(data)):
            await way.send(data[position : position + 1])
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Chunks:
    """Pieces of these sizes, over and over, in each direction its own."""

    to_broker: Sequence[int]
    to_client: Sequence[int]

    async def deliver(self, data: bytes, way: Way) -> None:
        sizes = self.to_client if way.to_client else self.to_broker
        while data:
            size = sizes[way.sent.pieces % len(sizes)]
            if size < len(data):
                way.struck(self)
            await way.send(data[:size])
            await asyncio.sleep(0)
            data = data[size:]


@dataclass(frozen=True, slots=True)
class Glued:
    """What arrives is held back for a while, then everything comes at once: several frames and a bit."""

    ms: float

    async def deliver(self, data: bytes, way: Way) -> None:
        await asyncio.sleep(self.ms / 1000)
        waiting = way.take_waiting()
        if data and waiting:
            way.struck(self)
        await way.send(data + waiting)


# Slow...


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything arrives that much later."""

    ms: float

    async def deliver(self, data: bytes, way: Way) -> None:
        if data:
            way.struck(self)
        await asyncio.sleep(way.arrived_s + self.ms / 1000 - asyncio.get_running_loop().time())
        await way.send(data)


@dataclass(frozen=True, slots=True)
class Modem:
    """So many bytes per second in each direction, in packets."""

    bytes_per_s: float
    packet_bytes: int = 128

    async def deliver(self, data: bytes, way: Way) -> None:
        for begin in range(0, len(data), self.packet_bytes):
            way.struck(self)
            packet = data[begin : begin + self.packet_bytes]
            await asyncio.sleep(len(packet) / self.bytes_per_s)
            await way.send(packet)


# Silent...


@dataclass(frozen=True, slots=True)
class BlackHole:
    """Nothing arrives as long as this lasts. What was sent meanwhile arrives at its end, as TCP sends it again."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if data:
            way.struck(self)
        await way.until_over(self)
        await way.door.fault.deliver(data, way)


@dataclass(frozen=True, slots=True)
class Stranded:
    """On the connections that there are now nothing arrives for a while; new ones are sound.

    So what a producer gave up, or sent again elsewhere, arrives after all.
    """

    ms: float
    since_s: float = field(default_factory=time.monotonic, repr=False)

    async def deliver(self, data: bytes, way: Way) -> None:
        wait_s = self.since_s + self.ms / 1000 - asyncio.get_running_loop().time()
        if way.made_s < self.since_s and wait_s > 0:
            if data:
                way.struck(self)
            await asyncio.sleep(wait_s)
        await way.send(data)


@dataclass(frozen=True, slots=True)
class ZeroWindow:
    """The broker's end of the network reads nothing any more; what it says still arrives."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if way.to_client:
            await way.send(data)
        else:
            if data:
                way.struck(self)
            await way.until_over(self)
            await way.door.fault.deliver(data, way)


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """From a request of this kind on nothing arrives in either direction, for ever. Both ends notice nothing.

    Args:
        at: which request; None for whatever comes first.
        it_arrives: whether that request still reaches the broker, so that only its answer is lost.
    """

    at: ApiKey | None = None
    it_arrives: bool = False

    async def deliver(self, data: bytes, way: Way) -> None:
        if self.at is None:
            if data:
                way.struck(self)
            way.lose()
            return
        if way.to_client:
            await way.send(data)
            return
        for frame in frames(data, way):
            (api_key,) = API_KEY.unpack_from(frame, SIZE.size)
            if api_key == self.at:
                way.struck(self)
                way.lose()
                if self.it_arrives:
                    await way.send(frame)
                return
            await way.send(frame)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Requests of this kind vanish, and everything else passes."""

    kind: ApiKey

    async def deliver(self, data: bytes, way: Way) -> None:
        if way.to_client:
            await way.send(data)
            return
        for frame in frames(data, way):
            if API_KEY.unpack_from(frame, SIZE.size) == (self.kind,):
                way.struck(self)
            else:
                await way.send(frame)


# Broken...


@dataclass(frozen=True, slots=True)
class CutMidFrame:
    """After so many frames in one direction, half of the next one arrives, and then the connection ends.

    Args:
        to_client: whether answers are cut, or requests.
        after: how many frames get through.
        times: how often this happens; then the network is sound.
        reset: whether the connection ends by RST.
    """

    to_client: bool
    after: int = 4
    times: int = 5
    reset: bool = False
    cuts: list[int] = field(default_factory=list, repr=False, compare=False)
    """How much of each of these frames arrived, in bytes."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if way.to_client is not self.to_client:
            await way.send(data)
            return
        for frame in frames(data, way):
            if way.sent.pieces >= self.after and len(self.cuts) < self.times:
                await self._cut(frame, way)
            await way.send(frame)

    async def _cut(self, frame: bytes, way: Way) -> None:
        half = frame[: len(frame) // 2]
        self.cuts.append(len(half))
        way.struck(self)
        await way.send(half)
        await asyncio.sleep(READ_BEFORE_THE_END_S)
        way.hang_up(reset=self.reset)


@dataclass(frozen=True, slots=True)
class CutAnywhere:
    """A connection ends after so many bytes in one direction, the next one after another number; then all is sound.

    It knows nothing of frames, so it cuts what is encrypted, too.
    """

    to_client: bool
    after_bytes: Sequence[int]
    reset: bool = False
    cuts: list[int] = field(default_factory=list, repr=False, compare=False)
    """After how many bytes each of them has ended."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if data and way.to_client is self.to_client and len(self.cuts) < len(self.after_bytes):
            room = max(0, self.after_bytes[len(self.cuts)] - way.sent.bytes)
            if room <= len(data):
                self.cuts.append(way.sent.bytes + room)
                way.struck(self)
                await way.send(data[:room])
                await asyncio.sleep(READ_BEFORE_THE_END_S)
                way.hang_up(reset=self.reset)
        await way.send(data)


@dataclass(frozen=True, slots=True)
class HangUp:
    """Connections are accepted, and end as soon as somebody says something."""

    async def deliver(self, data: bytes, way: Way) -> None:
        if data:
            way.struck(self)
        way.hang_up(reset=True)
