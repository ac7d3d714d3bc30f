"""Kafka's error codes, each an exception: code, retriable, fatal, refreshes_metadata, and a sentence.

`error_for(code)` turns the number in a response into one of them. Those that a producer may meet are written out here;
the rest comes from the rows of `error_codes`. A code that nobody knows becomes an `UnknownServerError` which names the
number.

The families that they belong to are in `error_families`, and can be imported from here.

Java: org.apache.kafka.common.protocol.Errors
"""

from collections.abc import Iterable, Iterator

from kafka_nio import error_codes
from kafka_nio.error_codes import Row
from kafka_nio.error_families import AbortableTransactionError as AbortableTransactionError
from kafka_nio.error_families import ApiError as ApiError
from kafka_nio.error_families import AuthenticationError as AuthenticationError
from kafka_nio.error_families import BootstrapResolutionError as BootstrapResolutionError
from kafka_nio.error_families import BufferExhaustedError as BufferExhaustedError
from kafka_nio.error_families import CommitFailedError as CommitFailedError
from kafka_nio.error_families import ConfigError as ConfigError
from kafka_nio.error_families import ConnectionSetupTimeoutError as ConnectionSetupTimeoutError
from kafka_nio.error_families import CorruptRecordBatchError as CorruptRecordBatchError
from kafka_nio.error_families import DisconnectError as DisconnectError
from kafka_nio.error_families import FatalTransactionError as FatalTransactionError
from kafka_nio.error_families import IllegalStateError as IllegalStateError
from kafka_nio.error_families import InvalidMetadataError as InvalidMetadataError
from kafka_nio.error_families import InvalidReceiveError as InvalidReceiveError
from kafka_nio.error_families import KafkaError as KafkaError
from kafka_nio.error_families import KafkaTimeoutError as KafkaTimeoutError
from kafka_nio.error_families import ProtocolError as ProtocolError
from kafka_nio.error_families import PurgedError as PurgedError
from kafka_nio.error_families import RetriableError as RetriableError
from kafka_nio.error_families import SerializationError as SerializationError
from kafka_nio.error_families import SslAuthenticationError as SslAuthenticationError
from kafka_nio.error_families import TransactionAbortedError as TransactionAbortedError
from kafka_nio.quoting import quoted


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
    sentence = "The topic's name is not allowed."


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
    fatal = True
    sentence = "Not authorized to do this on the cluster."


class IllegalGenerationError(ApiError):
    code = 22
    sentence = "The group has moved on to another generation."


class UnknownMemberIdError(ApiError):
    code = 25
    sentence = "The group has no such member."


class InvalidTimestampError(ApiError):
    code = 32
    sentence = "A record's timestamp is outside the range that the topic accepts."


class UnsupportedSaslMechanismError(AuthenticationError):
    code = 33
    sentence = "The broker does not know this SASL mechanism, or does not allow it."


class IllegalSaslStateError(AuthenticationError):
    code = 34
    sentence = "The broker did not expect this request at this point of the authentication."


class UnsupportedVersionError(ApiError):
    code = 35
    fatal = True
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


class InvalidTxnStateError(ApiError):
    code = 48
    sentence = "The transaction is in a state in which this cannot be asked for."


class InvalidPidMappingError(ApiError):
    code = 49
    sentence = "The transactional id belongs to another producer id by now."


class InvalidTxnTimeoutError(ApiError):
    code = 50
    sentence = "The transaction timeout is larger than the broker allows."


class ConcurrentTransactionsError(RetriableError):
    code = 51
    sentence = "The producer's previous transaction is still being completed."


class TransactionCoordinatorFencedError(ApiError):
    code = 52
    sentence = "A newer transaction coordinator has taken over."


class TransactionalIdAuthorizationError(ApiError):
    code = 53
    fatal = True
    sentence = "Not authorized to use the transactional id."


class OperationNotAttemptedError(ApiError):
    code = 55
    sentence = "Not attempted, because another partition of the same request failed."


class KafkaStorageError(InvalidMetadataError):
    code = 56
    sentence = "The broker's disk failed."


class SaslAuthenticationError(AuthenticationError):
    code = 58
    sentence = "The broker does not accept the credentials."


class UnknownProducerIdError(OutOfOrderSequenceError):
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


class FencedInstanceIdError(ApiError):
    code = 82
    sentence = "Another member has registered under the same group.instance.id."


class InvalidRecordError(ApiError):
    code = 87
    sentence = "The broker refused a record."


class ProducerFencedError(ApiError):
    code = 90
    fatal = True
    sentence = "A newer producer with the same transactional id has taken over."


class UnknownTopicIdError(InvalidMetadataError):
    code = 100
    sentence = "The broker does not know this topic id."


class InconsistentTopicIdError(InvalidMetadataError):
    code = 103
    sentence = "The topic's id has changed: it was deleted and created again."


class TransactionAbortableError(ApiError):
    code = 120
    sentence = "The transaction cannot be completed and has to be aborted."


class RebootstrapRequiredError(ApiError):
    code = 129
    sentence = "The broker asks us to start again from the bootstrap servers."


NONE = 0
"""The code that says that all is well."""


def _all_below(error: type[ApiError]) -> list[type[ApiError]]:
    return [error, *(below for child in error.__subclasses__() for below in _all_below(child))]


def _others(family: type[ApiError], rows: Iterable[Row]) -> Iterator[type[ApiError]]:
    return (type(row.name, (family,), {"code": row.code, "sentence": row.sentence}) for row in rows)


BY_CODE: dict[int, type[ApiError]] = {
    error.code: error
    for error in (
        *_all_below(ApiError),
        *_others(ApiError, error_codes.FINAL),
        *_others(RetriableError, error_codes.RETRIABLE),
        *_others(InvalidMetadataError, error_codes.REFRESHES_METADATA),
    )
    if error.code > NONE
}
"""The table of codes. Java: the enum `Errors`."""


def error_for(code: int, message: str | None = None) -> ApiError | None:
    """The exception for a code in a response; None for code 0, an `UnknownServerError` for a code not in the table."""
    if code == NONE:
        return None
    message = quoted(message) if message is not None else None
    if code in BY_CODE:
        return BY_CODE[code](message)
    return UnknownServerError(message or (None if code == -1 else f"The broker answered with error code {code}."))
