"""What passes between the processor, which moves bytes, and the handlers, which know what requests mean.

In Kafka this is a pair of queues: the processors' threads put requests in and take responses out, and a pool of handler
threads does the opposite. Here the processor calls the handler itself, so only the values are left. The order of events
on one connection is the same, because a connection is muted from a request to the end of its response.

Left out against Java: the queues, the handler threads, principals, quotas; throttling comes to order, by a fault.

Java: kafka.network.RequestChannel
"""

from collections.abc import Set
from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from kafka_nio.broker.delivery import Delivery
from kafka_nio.cluster import TopicPartition
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader


@dataclass(frozen=True, slots=True)
class Request:
    """One decoded request, and the connection on which its answer is awaited."""

    connection_id: str
    header: RequestHeader
    body: Message

    @property
    def api(self) -> ApiKey:
        """What kind of request it is."""
        return self.header.api_key

    @property
    def version(self) -> int:
        """In which version it came, and has to be answered."""
        return self.header.api_version

    def __str__(self) -> str:
        return str(self.header)


@dataclass(frozen=True, slots=True)
class Response:
    """What is to happen on the connection of a request that has been handled."""

    _: KW_ONLY
    delay_ms: float = 0
    """How long to hold it back. Only a fault does that."""
    throttle_ms: int = 0
    """How long the connection stays muted from now on, even if the answer has left before (KIP-219)."""
    delivery: Delivery = Delivery.WHOLE
    """How its bytes leave. Only a fault asks for anything special."""


@dataclass(frozen=True, slots=True)
class SendResponse(Response):
    """The request is answered."""

    body: Message
    is_last: bool = False
    """Whether the connection is closed behind this answer."""


@dataclass(frozen=True, slots=True)
class NoOpResponse(Response):
    """The request wants no answer; go on with the next one."""


@dataclass(frozen=True, slots=True)
class CloseConnectionResponse(Response):
    """The request wants no answer, but something went wrong; closing the connection is the only way to say so."""

    reason: str


class DelayedOperation(Protocol):
    """A request that could be answered now, but would rather be answered when there is more to say."""

    @property
    def deadline_ms(self) -> float:
        """When it has to be answered at the latest, by the clock's `now_ms`."""

    @property
    def partitions(self) -> Set[TopicPartition]:
        """What it waits for: a change in one of these."""

    def is_satisfied(self) -> bool:
        """Whether it need not wait any longer."""

    def complete(self) -> Response:
        """The answer, as it is now."""


Outcome = Response | DelayedOperation | None
"""What a handler makes of a request. None: it will never be answered, and the connection stays muted."""
