"""A request before it is sent, while it is in flight, and once it is over.

Java: org.apache.kafka.clients.ClientRequest, ClientResponse, NetworkClient.InFlightRequest
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from kafka_nio.errors import SerializationError, UnsupportedVersionError
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader

Unsendable: TypeAlias = UnsupportedVersionError | SerializationError
"""Why a request was not even begun: no version of it fits the node, or a field of it does not fit its type."""

UNSENDABLE = (UnsupportedVersionError, SerializationError)


@dataclass(slots=True)
class ClientResponse:
    """How a request ended: with a response, or without one because the connection was lost or no version fits.

    `failure` says in words why there is no response. `version_mismatch` is set if the request could not be written.
    """

    header: RequestHeader
    destination: str
    created_ms: int
    received_ms: int
    callback: "Callback | None" = field(default=None, repr=False)
    response: Message | None = None
    disconnected: bool = False
    timed_out: bool = False
    version_mismatch: Unsendable | None = None
    failure: str = ""

    @property
    def latency_ms(self) -> int:
        """From the moment the request was made until it was over."""
        return self.received_ms - self.created_ms

    def on_complete(self) -> None:
        """Tell whoever made the request."""
        if self.callback is not None:
            self.callback(self)


Callback = Callable[[ClientResponse], None]


@dataclass(slots=True)
class ClientRequest:
    """A request for one node, in no particular version yet: that is chosen when it is sent.

    `request_timeout_ms` is how long the answer may take. With `expect_response` False the broker will not answer, and
    the request is over when its last byte has left (acks=0).
    """

    destination: str
    request: Message
    correlation_id: int
    client_id: str
    created_ms: int
    expect_response: bool
    request_timeout_ms: float
    callback: Callback | None = field(default=None, repr=False)

    @property
    def api_key(self) -> ApiKey:
        """What is requested."""
        return self.request.api_key

    def header(self, version: int) -> RequestHeader:
        """The header that goes before the request in this version."""
        return RequestHeader(self.api_key, version, self.correlation_id, self.client_id)

    def aborted(self, mismatch: Unsendable, now_ms: int) -> ClientResponse:
        """The request is over before it was sent: no version of it fits, or no bytes can say what it says."""
        return ClientResponse(
            self.header(self.api_key.latest),
            self.destination,
            self.created_ms,
            now_ms,
            self.callback,
            version_mismatch=mismatch,
            failure=str(mismatch),
        )


@dataclass(slots=True, eq=False)
class InFlightRequest:
    """A request that has been handed to the selector and is not over yet.

    Internal requests are the client's own: their answers are used up inside and never reach a caller.
    """

    header: RequestHeader
    request: Message
    send: NetworkSend
    destination: str
    created_ms: int
    sent_ms: int
    expect_response: bool
    is_internal: bool
    request_timeout_ms: float
    callback: Callback | None
    throttle_time_ms: int = 0

    @classmethod
    def of(
        cls, request: ClientRequest, header: RequestHeader, send: NetworkSend, now_ms: int, *, is_internal: bool
    ) -> "InFlightRequest":
        """A request that is about to be sent, in the version that its header says, as these bytes."""
        return cls(
            header,
            request.request,
            send,
            request.destination,
            request.created_ms,
            now_ms,
            request.expect_response,
            is_internal,
            request.request_timeout_ms,
            request.callback,
        )

    @property
    def may_be_answered(self) -> bool:
        """Whether an answer can be honest: one is wanted, and the broker has got the whole request."""
        return self.expect_response and self.send.is_completed

    def waited_ms(self, now_ms: int) -> int:
        """How long it has waited for its answer, not counting the time in which the broker wanted to be left alone."""
        return max(now_ms - self.sent_ms - self.throttle_time_ms, 0)

    def completed(self, response: Message | None, now_ms: int) -> ClientResponse:
        """The request is over, and well; `response` is None where none was expected."""
        return ClientResponse(self.header, self.destination, self.created_ms, now_ms, self.callback, response)

    def disconnected(self, now_ms: int, failure: str, *, timed_out: bool) -> ClientResponse:
        """The request is over because its connection is."""
        return ClientResponse(
            self.header,
            self.destination,
            self.created_ms,
            now_ms,
            self.callback,
            disconnected=True,
            timed_out=timed_out,
            failure=failure,
        )

    def __repr__(self) -> str:
        name, version = self.header.api_key.title, self.header.api_version
        return f"<{name} v{version} #{self.header.correlation_id} to {self.destination}>"
