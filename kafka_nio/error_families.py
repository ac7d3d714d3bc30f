"""The families of errors, by whose fault they are. `errors` has the table of Kafka's codes that belong to them.

- `ConfigError`, `IllegalStateError`, `SerializationError`: the caller's. They are raised where the mistake is made.
- `ApiError` and below: what a broker answered, or what happened on the way to one. They come through a record's future.
- `ProtocolError`: the peer sent bytes that are not Kafka's.

An error is data: its class says what a program can do about it (`retriable`, `fatal`, `refreshes_metadata`), its
message what a person should know.

Java: org.apache.kafka.common.errors
"""

from typing import ClassVar


class KafkaError(Exception):
    """The base of everything raised here. After a `fatal` one the producer can only be closed."""

    fatal: ClassVar[bool] = False


# The caller's mistakes...


class ConfigError(KafkaError, ValueError):
    """An option is unknown, of the wrong type, out of range, or contradicts another."""


class BootstrapResolutionError(KafkaError):
    """The names in `bootstrap.servers` were not known for all of `bootstrap.resolve.timeout.ms`."""

    fatal = True


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
    request may succeed later, `fatal` that no request of this producer will any more, so that it must be closed, and
    `refreshes_metadata` that what we believe of the cluster is out of date.
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


class PurgedError(ApiError):
    """The application had the producer give the record up."""

    sentence = "The record was given up by purge."


class AuthenticationError(ApiError):
    """The broker does not accept who we say we are."""

    fatal = True
    sentence = "Authentication failed."


class SslAuthenticationError(AuthenticationError):
    """The TLS handshake failed: a certificate is not trusted, or the two ends have nothing in common."""

    sentence = "The TLS handshake failed."


# What a transaction can come to...


class TransactionAbortedError(ApiError):
    """The transaction was aborted before the record was sent."""

    sentence = "The transaction was aborted before the record was sent."


class CommitFailedError(ApiError):
    """The consumer whose offsets were to be committed is no member of its group any more."""


class AbortableTransactionError(ApiError):
    """Something in the transaction has failed, so it must be aborted; then the next one may begin."""


class FatalTransactionError(ApiError):
    """The producer can have no transaction any more, and must be closed."""

    fatal = True
