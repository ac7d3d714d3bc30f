"""A broker that does exactly what a test tells it: one listening socket, driven by hand."""

import socket
import struct
from collections.abc import Sequence

from kafka_nio.client import Metadata, NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.clock import MockClock
from kafka_nio.cluster import Node
from kafka_nio.metrics import Metrics
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import decode_request, encode_response
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)

EVERY_VERSION = [ApiVersion(api_key=key, min_version=key.oldest, max_version=key.latest) for key in ApiKey]


class ScriptedBroker:
    """Listens from the start; everything else happens when the test says so."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(5)
        self.port: int = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def accept(self) -> None:
        """Take the connection that the client has begun, and drop an earlier one."""
        self.hang_up()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(5)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a second answer waits for an ACK

    def read(self) -> tuple[RequestHeader, Message]:
        """The next request."""
        (size,) = struct.unpack(">i", self._exactly(4))
        return decode_request(memoryview(self._exactly(size)))

    def _exactly(self, number: int) -> bytes:
        assert self._connection is not None
        data = b""
        while len(data) < number:
            piece = self._connection.recv(number - len(data))
            assert piece, "the client hung up"
            data += piece
        return data

    def answer(self, header: RequestHeader, response: Message) -> None:
        """Answer a request."""
        self.send(b"".join(bytes(part) for part in encode_response(header, response)))

    def send(self, payload: bytes) -> None:
        """Send any bytes, with their size in front."""
        self.send_raw(struct.pack(">i", len(payload)) + payload)

    def send_raw(self, data: bytes) -> None:
        """Send any bytes."""
        assert self._connection is not None
        self._connection.sendall(data)

    def hang_up(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Close the connection and stop listening."""
        self.hang_up()
        self._listener.close()


class Conversation:
    """A client and a scripted broker that is node 0 of its cluster, with a clock that stands still."""

    def __init__(
        self, client: NetworkClient, metadata: Metadata, broker: ScriptedBroker, clock: MockClock, metrics: Metrics
    ) -> None:
        self.client = client
        self.metadata = metadata
        self.broker = broker
        self.clock = clock
        self.metrics = metrics
        self.node = Node(0, "localhost", broker.port)

    def poll(self, timeout_ms: float = 0) -> list[ClientResponse]:
        """One poll of the client, at the clock's time."""
        return self.client.poll(timeout_ms, self.clock.now_ms())

    def connect(self, node: Node | None = None) -> None:
        """TCP connects; the versions have been asked for and not been answered."""
        assert not self.client.ready(node or self.node, self.clock.now_ms())
        self.poll()
        self.broker.accept()

    def make_ready(self, versions: Sequence[ApiVersion] = EVERY_VERSION) -> None:
        """The node is ready for requests."""
        self.connect()
        self.poll()
        header, _ = self.broker.read()
        self.broker.answer(header, ApiVersionsResponse(api_keys=list(versions)))
        self.poll()
        assert self.client.is_ready(self.node, self.clock.now_ms())


def metadata_response(*topics: str, port: int, leader_epoch: int = 0, error_code: int = 0) -> MetadataResponse:
    """A cluster of node 0, which leads partition 0 of each topic."""
    partitions = [] if error_code else [MetadataResponsePartition(leader_id=0, leader_epoch=leader_epoch)]
    return MetadataResponse(
        brokers=[MetadataResponseBroker(0, "localhost", port)],
        cluster_id="cluster",
        topics=[MetadataResponseTopic(error_code=error_code, name=name, partitions=partitions) for name in topics],
    )
