"""A client for the broker's tests: a blocking socket that says exactly what it is told to say.

It uses the protocol layer to encode and decode, and nothing of the network layer, so that both ends cannot be wrong in
the same way.
"""

import socket
import struct
from itertools import count
from types import TracebackType
from typing import TypeVar

from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import decode_response, encode_request
from kafka_nio.protocol.messages import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from kafka_nio.protocol.record_batch import RecordBatchBuilder

M = TypeVar("M", bound=Message)

NOW_MS = 1_700_000_000_000


def batch(
    *values: bytes,
    timestamps_ms: list[int] | None = None,
    producer: tuple[int, int, int] | None = None,
    is_transactional: bool = False,
) -> bytes:
    """A record batch of these values; `producer` is id, epoch and first sequence number."""
    builder = RecordBatchBuilder(size_limit=1_000_000)
    if producer is not None:
        producer_id, producer_epoch, base_sequence = producer
        builder.set_producer_state(producer_id, producer_epoch, base_sequence, is_transactional)
    for index, value in enumerate(values):
        builder.try_append(timestamps_ms[index] if timestamps_ms else NOW_MS, None, value, ())
    return bytes(builder.close())


def produce_request(
    topic: str, records: bytes | None, *, partition: int = 0, acks: int = -1, transactional_id: str | None = None
) -> ProduceRequest:
    """A Produce request for one partition."""
    data = PartitionProduceData(index=partition, records=records)
    topics = [TopicProduceData(name=topic, partitions=[data])]
    return ProduceRequest(transactional_id=transactional_id, acks=acks, timeout_ms=1000, topics=topics)


def fetch_request(
    topic: str,
    offset: int = 0,
    *,
    partition: int = 0,
    max_wait_ms: int = 0,
    min_bytes: int = 1,
    max_bytes: int = 2**31 - 1,
    isolation_level: int = 0,
) -> FetchRequest:
    """A Fetch request for one partition."""
    wanted = FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=max_bytes)
    return FetchRequest(
        max_wait_ms=max_wait_ms,
        min_bytes=min_bytes,
        isolation_level=isolation_level,
        topics=[FetchTopic(topic=topic, partitions=[wanted])],
    )


class Wire:
    """One connection to a broker."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._correlation_ids = count(1)

    def ask(self, request: Message, version: int, response: type[M]) -> M:
        """Send a request and read its response."""
        header = self.say(request, version)
        answer = self.listen(header)
        assert isinstance(answer, response)
        return answer

    def say(self, request: Message, version: int) -> RequestHeader:
        """Send a request."""
        header = RequestHeader(request.api_key, version, next(self._correlation_ids), "test")
        payload = b"".join(encode_request(header, request))
        self.send(struct.pack(">i", len(payload)) + payload)
        return header

    def listen(self, header: RequestHeader) -> Message:
        """Read the next response, which has to be the one to the request with this header."""
        payload = self.frame()
        assert struct.unpack_from(">i", payload)[0] == header.correlation_id, "another request was answered"
        return decode_response(header, memoryview(payload))

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def frame(self) -> bytes:
        """Read one message, without its size."""
        (size,) = struct.unpack(">i", self._read(4))
        return self._read(size)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError(f"the broker closed the connection after {len(data)} of {size} bytes")
            data += piece
        return data

    def is_closed_by_broker(self) -> bool:
        """Wait for what comes next: the end of the connection, or bytes."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def spoken_versions(api: ApiKey) -> range:
    """Every version of an API that this code speaks."""
    return range(api.oldest, api.latest + 1)
