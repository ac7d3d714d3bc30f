"""Which requests there are, which versions of them this code speaks, and the header that goes in front of each.

A conversation with a broker starts with ApiVersions, which tells what the broker speaks; from then on each request is
sent in the newest version that both know. The versions here are those whose every field this code can write and read.

A request's header names the API, the version, a correlation id that the response will repeat, and the client. The
response's header is the correlation id, and from the first flexible version on a section of tagged fields (always
empty so far).

Left out against Java: the APIs that a producer, or a simple consumer that checks it, has no use for.

Java: org.apache.kafka.common.protocol.ApiKeys
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from kafka_nio.protocol.schema import Int16, Int32, field, message
from kafka_nio.protocol.types import INT16


class ApiKey(IntEnum):
    """The number of an API, with the `oldest` and `latest` version spoken here and the first flexible one."""

    oldest: int
    latest: int
    flexible_from: int

    #                           key, oldest, latest, flexible from
    PRODUCE = 0, 3, 13, 9
    FETCH = 1, 4, 12, 12
    LIST_OFFSETS = 2, 1, 7, 6
    METADATA = 3, 0, 13, 9
    FIND_COORDINATOR = 10, 0, 4, 3
    SASL_HANDSHAKE = 17, 0, 1, 2
    API_VERSIONS = 18, 0, 5, 3
    INIT_PRODUCER_ID = 22, 0, 6, 2
    OFFSET_FOR_LEADER_EPOCH = 23, 0, 4, 4
    ADD_PARTITIONS_TO_TXN = 24, 0, 3, 3
    ADD_OFFSETS_TO_TXN = 25, 0, 4, 3
    END_TXN = 26, 0, 5, 3
    TXN_OFFSET_COMMIT = 28, 0, 5, 3
    SASL_AUTHENTICATE = 36, 0, 2, 2
    GET_TELEMETRY_SUBSCRIPTIONS = 71, 0, 0, 0
    PUSH_TELEMETRY = 72, 0, 0, 0

    def __new__(cls, key: int, oldest: int, latest: int, flexible_from: int) -> "ApiKey":
        api = int.__new__(cls, key)
        api._value_ = key
        api.oldest, api.latest, api.flexible_from = oldest, latest, flexible_from
        return api

    @property
    def title(self) -> str:
        """The name in Kafka's own spelling: `ApiVersions`."""
        return self.name.title().replace("_", "")

    def speaks(self, version: int) -> bool:
        """Whether this code can write and read this version."""
        return self.oldest <= version <= self.latest

    def is_flexible(self, version: int) -> bool:
        """Whether this version has compact lengths and tagged fields (KIP-482)."""
        return version >= self.flexible_from

    def request_header_version(self, version: int) -> int:
        """2 in front of a flexible request, otherwise 1. (0, without a client id, went with Kafka 4.0.)"""
        return 2 if self.is_flexible(version) else 1

    def response_header_version(self, version: int) -> int:
        """1 in front of a flexible response, otherwise 0; always 0 in front of ApiVersions.

        A client that asks for a version that the broker does not know must be able to read the answer, so the header
        of that one response can never change (KIP-511).
        """
        return 1 if self.is_flexible(version) and self is not ApiKey.API_VERSIONS else 0


BY_KEY: dict[int, ApiKey] = {int(api): api for api in ApiKey}
"""The APIs by their number on the wire."""


class Message:
    """A request or a response: a `@message` that belongs to an API."""

    __slots__ = ()
    api_key: ClassVar[ApiKey]

    @property
    def latest_version(self) -> int:
        """The newest version in which it may travel."""
        return self.api_key.latest


@message
class RequestHeader:
    """What stands in front of every request. Its client id keeps the classic length even in header version 2."""

    api_key: Annotated[ApiKey, INT16]
    api_version: Int16
    correlation_id: Int32
    client_id: str | None = field(default=None, classic_length=True)

    def __str__(self) -> str:
        return f"{self.api_key.title} version {self.api_version}, correlation id {self.correlation_id}"


@message
class ResponseHeader:
    """What stands in front of every response."""

    correlation_id: Int32
