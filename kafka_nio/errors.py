"""Everything that can go wrong, as exceptions that carry data: code, retriable, refreshes_metadata.

Three families, by whose fault it is:

- `ConfigError`, `IllegalStateError`, `SerializationError`: the caller's. They are raised where the mistake is made.
- `ApiError` and below: what a broker answered, or what happened on the way to one. They come through a record's future.
- `ProtocolError`: the peer sent bytes that are not Kafka's.

`error_for(code)` turns the number in a response into a class. A code that this table does not know becomes an
`UnknownServerError` which names the number.

Java: org.apache.kafka.common.protocol.Errors
"""

from typing import ClassVar


class KafkaError(Exception):
    """The base of everything raised here."""


# The caller's mistakes...


class ConfigError(KafkaError, ValueError):
    """An option is unknown, of the wrong type, out of range, or contradicts another."""


class IllegalStateError(KafkaError, RuntimeError):
    """The call cannot be made now: the producer is closed, a send is still in progress, …"""


class SerializationError(KafkaError, TypeError):
    """A key or value is not bytes and no serializer made it so."""


# What the peer sent is not Kafka...


class ProtocolError(KafkaError):
    """Bytes that cannot be read as what they should be."""


class InvalidReceiveError(ProtocolError):
    """A frame announces a length that is negative or larger than allowed."""


class CorruptRecordBatchError(ProtocolError):
    """A record batch whose length, magic or checksum does not fit its bytes."""


# What a broker answered, or what kept a request from being answered...


class ApiError(KafkaError):
    """A request failed.

    `code` is the number on the wire (-1 where the failure never was on the wire), `retriable` says whether the same
    request may succeed later, `refreshes_metadata` whether what we believe of the cluster is out of date.
    """

    code: ClassVar[int] = -1
    retriable: ClassVar[bool] = False
    refreshes_metadata: ClassVar[bool] = False
    sentence: ClassVar[str] = "The request failed."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.sentence)


class RetriableError(ApiError):
    """The same request may succeed later."""

    retriable = True


class InvalidMetadataError(RetriableError):
    """The request went to the wrong broker, so the metadata must be asked for again first."""

    refreshes_metadata = True


class KafkaTimeoutError(RetriableError, TimeoutError):
    """Something did not happen in the time that was allowed for it."""

    sentence = "The time allowed is over."


class BufferExhaustedError(KafkaTimeoutError):
    """`buffer_memory` stayed full for all of `max_block_ms`."""


class DisconnectError(RetriableError):
    """The connection ended before the answer came."""

    sentence = "The connection ended before the answer came."


class ConnectionSetupTimeoutError(DisconnectError):
    """The connection was not established in `socket_connection_setup_timeout_ms`."""


class AuthenticationError(ApiError):
    """The broker does not accept who we say we are."""

    sentence = "Authentication failed."


class UnknownServerError(ApiError):
    code = -1
    sentence = "The broker met an error it has no code for; its own log says more."


class CorruptMessageError(RetriableError):
    code = 2
    sentence = "The broker found a record batch whose checksum does not fit its content."


class UnknownTopicOrPartitionError(InvalidMetadataError):
    code = 3
    sentence = "The broker does not host this topic or partition."


class LeaderNotAvailableError(InvalidMetadataError):
    code = 5
    sentence = "The partition has no leader at the moment; one is being elected."


class NotLeaderOrFollowerError(InvalidMetadataError):
    code = 6
    sentence = "The broker is not the leader of this partition any more."


class RequestTimedOutError(RetriableError):
    code = 7
    sentence = "The request was not answered in time."


class ReplicaNotAvailableError(InvalidMetadataError):
    code = 9
    sentence = "The replica is not available on this broker."


class RecordTooLargeError(ApiError):
    code = 10
    sentence = "The record batch is larger than the broker accepts."


class NetworkExceptionError(InvalidMetadataError):
    code = 13
    sentence = "The connection to the broker was lost before the answer came."


class CoordinatorLoadInProgressError(RetriableError):
    code = 14
    sentence = "The coordinator is still loading its state."


class CoordinatorNotAvailableError(RetriableError):
    code = 15
    sentence = "The coordinator is not available."


class NotCoordinatorError(RetriableError):
    code = 16
    sentence = "The broker is not the coordinator."


class InvalidTopicError(ApiError):
    code = 17
    sentence = "The topic's name is not allowed, or writing to it is not."


class RecordListTooLargeError(ApiError):
    code = 18
    sentence = "The record batch is larger than a segment of the broker's log."


class NotEnoughReplicasError(RetriableError):
    code = 19
    sentence = "Fewer replicas are in sync than min.insync.replicas asks for."


class NotEnoughReplicasAfterAppendError(RetriableError):
    code = 20
    sentence = "The records were written, but to fewer in-sync replicas than asked for."


class InvalidRequiredAcksError(ApiError):
    code = 21
    sentence = "acks must be 0, 1 or all."


class TopicAuthorizationFailedError(ApiError):
    code = 29
    sentence = "Not authorized to access the topic."


class GroupAuthorizationFailedError(ApiError):
    code = 30
    sentence = "Not authorized to access the group."


class ClusterAuthorizationFailedError(ApiError):
    code = 31
    sentence = "Not authorized to do this on the cluster."


class InvalidTimestampError(ApiError):
    code = 32
    sentence = "A record's timestamp is outside the range that the topic accepts."


class UnsupportedVersionError(ApiError):
    code = 35
    sentence = "The broker and we have no version of this request in common."


class InvalidRequestError(ApiError):
    code = 42
    sentence = "The broker could not make sense of the request."


class UnsupportedForMessageFormatError(ApiError):
    code = 43
    sentence = "The broker keeps this topic in a format that cannot do this."


class PolicyViolationError(ApiError):
    code = 44
    sentence = "The request violates a policy of the broker."


class OutOfOrderSequenceError(ApiError):
    code = 45
    sentence = "The broker received a sequence number that does not follow the last one."


class DuplicateSequenceNumberError(ApiError):
    code = 46
    sentence = "The broker has this batch already."


class InvalidProducerEpochError(ApiError):
    code = 47
    sentence = "A newer producer has taken over this producer's id."


class KafkaStorageError(InvalidMetadataError):
    code = 56
    sentence = "The broker's disk failed."


class UnknownProducerIdError(ApiError):
    code = 59
    sentence = "The broker knows nothing of this producer id any more."


class FencedLeaderEpochError(InvalidMetadataError):
    code = 74
    sentence = "The leader has changed since the metadata was fetched."


class UnknownLeaderEpochError(RetriableError):
    code = 75
    sentence = "The broker has not heard of this leader epoch yet."


class UnsupportedCompressionTypeError(ApiError):
    code = 76
    sentence = "The broker does not know this compression."


class InvalidRecordError(ApiError):
    code = 87
    sentence = "The broker refused a record."


class UnknownTopicIdError(InvalidMetadataError):
    code = 100
    sentence = "The broker does not know this topic id."


class InconsistentTopicIdError(InvalidMetadataError):
    code = 103
    sentence = "The topic's id has changed: it was deleted and created again."


class RebootstrapRequiredError(ApiError):
    code = 129
    sentence = "The broker asks us to start again from the bootstrap servers."


NONE = 0
"""The code that says that all is well."""


def _all_below(error: type[ApiError]) -> list[type[ApiError]]:
    return [error, *(below for child in error.__subclasses__() for below in _all_below(child))]


BY_CODE: dict[int, type[ApiError]] = {error.code: error for error in _all_below(ApiError) if error.code > NONE}
"""The table of codes. Java: the enum `Errors`."""


def error_for(code: int, message: str | None = None) -> ApiError | None:
    """The exception for a code in a response; None for code 0, an `UnknownServerError` for a code not in the table."""
    if code == NONE:
        return None
    if code in BY_CODE:
        return BY_CODE[code](message)
    return UnknownServerError(message or (None if code == -1 else f"The broker answered with error code {code}."))
