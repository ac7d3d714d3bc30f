"""The page of errors: those that are raised here, Kafka's codes that a producer may meet, and all other codes.

    python -m kafka_nio.book

writes it into `docs/`; a test says so when it is out of date. Names, codes, sentences and flags come from
`kafka_nio.errors`; what to do about each is said here.

Java: no counterpart.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeGuard

from kafka_nio import error_codes, errors
from kafka_nio.book.tables import code, table
from kafka_nio.errors import BY_CODE, ApiError, InvalidMetadataError, KafkaError, RetriableError

INTRODUCTION = """\
# Errors

Every error of this library is a `KafkaError`. Three of them say that a *call* is wrong, and are raised by it:
`ConfigError`, `IllegalStateError`, `SerializationError`. What happens to a *record* is an `ApiError`, and goes to its
future and its callback. Import them from `kafka_nio.errors`.

An `ApiError` says itself what can be done about it:

| attribute | what it says |
| --- | --- |
| `code` | Kafka's number, as it came from the broker; -1 if no broker said so |
| `retriable` | the same request may succeed later, so the producer has tried again while time and `retries` were left |
| `fatal` | no request of this producer will succeed any more: close it |
| `refreshes_metadata` | what was known of the cluster is out of date, so the producer asks for it again |

So what reaches you is final for the record. An error that is not retriable comes at once. One that is retriable comes
when `delivery_timeout_ms` is over, mostly as a `KafkaTimeoutError` whose message tells the last reason.

This page is made of the tables in `kafka_nio.errors` by `python -m kafka_nio.book`.
"""

HEAD = ("error", "code", "what has happened", "it is", "what to do")
FLAGS = ("retriable", "fatal", "refreshes_metadata")

LATER = "Nothing; it was tried again until its time was over. If that happens often, look at the broker."
MOVED = "Nothing; it was tried again, with new metadata."
ABORT = "Abort the transaction and begin the next one."
CLOSE = "Close the producer."
LOGIN = "Close the producer; check the login and what the broker allows."
RIGHTS = "Have the right granted (an ACL), then send again."
BUG = "Tell us: the producer should not have let it come to this."

TO_DO = {
    "ConfigError": "Correct the option; the message says what is allowed.",
    "IllegalStateError": "Correct the program: the message says what was closed, not begun, or called from where.",
    "SerializationError": "Hand in bytes, or a serializer.",
    "ProtocolError": "Check that the address is a Kafka broker's, and its listener of the kind that you configured.",
    "InvalidReceiveError": "Check that the address is a Kafka broker's: the length may be the beginning of other text.",
    "CorruptRecordBatchError": "Nothing in a producer: it is raised where batches are read.",
    "KafkaTimeoutError": "See its message, which tells what was waited for. Allow more time, or send less.",
    "BufferExhaustedError": "Send more slowly, or give `buffer_memory` or `max_block_ms` more.",
    "DisconnectError": "Nothing; it is tried again.",
    "ConnectionSetupTimeoutError": "Check the address and what lies between (firewall, DNS).",
    "PurgedError": "Nothing: your program called `purge`.",
    "AuthenticationError": LOGIN,
    "SslAuthenticationError": "Close the producer; check certificates, host name and the versions of TLS.",
    "TransactionAbortedError": "Nothing: the transaction was aborted, by you or after another error.",
    "CommitFailedError": "Abort; the records will be read again by whoever has the partitions now.",
    "AbortableTransactionError": ABORT,
    "FatalTransactionError": CLOSE,
    "UnknownServerError": "Look into the broker's own log.",
    "CorruptMessageError": "Nothing; it was tried again. If it stays, bytes are changed on the way.",
    "UnknownTopicOrPartitionError": "It was tried again. If it stays, the topic does not exist: create it.",
    "RecordTooLargeError": "Send smaller records, or allow larger ones: `max_request_size` here, `max.message.bytes` "
    "of the topic. A batch of several records has been split before it came to this.",
    "RecordListTooLargeError": "Make `batch_size` smaller than the topic's `segment.bytes`.",
    "InvalidTopicError": "Correct the name: letters, digits, `.`, `_` and `-`, 249 at most.",
    "NotEnoughReplicasError": "It was tried again. If it stays, too few replicas are in sync: look at the brokers.",
    "NotEnoughReplicasAfterAppendError": "As above; without idempotence the record may be there twice or more.",
    "InvalidRequiredAcksError": BUG,
    "TopicAuthorizationFailedError": RIGHTS,
    "GroupAuthorizationFailedError": f"{ABORT} {RIGHTS}",
    "ClusterAuthorizationFailedError": "Close the producer; have IDEMPOTENT_WRITE granted, or write to older brokers "
    "with `enable_idempotence=False`.",
    "IllegalGenerationError": "You get a `CommitFailedError` for it.",
    "UnknownMemberIdError": "You get a `CommitFailedError` for it.",
    "FencedInstanceIdError": f"{ABORT} Another consumer works for this instance id.",
    "InvalidTimestampError": "Correct `timestamp_ms`, or the topic's `message.timestamp.…` limits.",
    "UnsupportedSaslMechanismError": "Close the producer; set `sasl_mechanism` to one that the message lists.",
    "IllegalSaslStateError": LOGIN,
    "SaslAuthenticationError": LOGIN,
    "UnsupportedVersionError": "Close the producer: the broker is too old for what it asks (see the message).",
    "InvalidRequestError": BUG,
    "UnsupportedForMessageFormatError": "Send without headers and idempotence, or have the topic's format raised.",
    "PolicyViolationError": "Ask who runs the broker which policy that is.",
    "OutOfOrderSequenceError": "It was tried again. In a transaction: abort.",
    "DuplicateSequenceNumberError": "Nothing: it counts as a success whose offset is not known.",
    "InvalidProducerEpochError": "In a transaction: abort. Otherwise send the record again; the producer begins anew "
    "with the next epoch.",
    "InvalidTxnStateError": "Close the producer: it and the coordinator disagree.",
    "InvalidPidMappingError": ABORT,
    "InvalidTxnTimeoutError": "Close the producer; make `transaction_timeout_ms` smaller than the broker's limit.",
    "TransactionCoordinatorFencedError": CLOSE,
    "TransactionalIdAuthorizationError": "Close the producer; have WRITE on the transactional id granted.",
    "OperationNotAttemptedError": "Look for the error of the other partition.",
    "UnknownProducerIdError": "In a transaction: abort. Otherwise it was tried again, under the next epoch.",
    "UnsupportedCompressionTypeError": "Set another `compression_type`.",
    "InvalidRecordError": "Correct the record; the message says which and why.",
    "ProducerFencedError": "Close the producer: another one works under its transactional id.",
    "TransactionAbortableError": ABORT,
    "RebootstrapRequiredError": "Nothing; it begins anew from `bootstrap_servers`.",
}
"""What whoever sees the error can do, by its name. Of those not named here their family decides."""


def errors_page() -> str:
    """Every error: those without a code, those that a producer may meet, the others."""
    written_out = [error for error in vars(errors).values() if _is_error(error)]
    codes = sorted((error for error in written_out if _has_code(error)), key=lambda error: error.code)
    others = (error_codes.FINAL, error_codes.RETRIABLE, error_codes.REFRESHES_METADATA)
    return "\n".join(
        [
            INTRODUCTION,
            "## Without a code",
            "",
            "What is wrong with a call, or kept a request from being answered.",
            "",
            *_table_without_codes(error for error in written_out if error.__name__ in TO_DO and not _has_code(error)),
            "",
            "## Codes that a producer may meet",
            "",
            *_table(codes),
            "",
            "## All other codes",
            "",
            "They answer requests of consumers, administrators and brokers, none of a producer's. Should a broker send",
            "one all the same, it is raised under its name.",
            "",
            *table(HEAD[:-1], (_row(BY_CODE[row.code])[:-1] for row in sorted(chain(*others)))),
            "",
        ]
    )


def to_do(error: type[KafkaError]) -> str:
    """What whoever sees the error can do."""
    if error.__name__ in TO_DO:
        return TO_DO[error.__name__]
    if issubclass(error, InvalidMetadataError):
        return MOVED
    if issubclass(error, RetriableError):
        return LATER
    return CLOSE if error.fatal else "See the message."


def _table(of: Iterable[type[KafkaError]]) -> Iterator[str]:
    return table(HEAD, (_row(error) for error in of))


def _table_without_codes(of: Iterable[type[KafkaError]]) -> Iterator[str]:
    name, _, *others = HEAD
    return table((name, *others), ((name, *others) for name, _, *others in map(_row, of)))


def _row(error: type[KafkaError]) -> tuple[str, ...]:
    name = f'<span id="{error.__name__}"></span>{code(error.__name__)}'
    number = str(error.code) if _has_code(error) else ""
    flags = [flag.replace("_", " ") for flag in FLAGS if getattr(error, flag, False)]
    return name, number, _sentence(error), "<br>".join(flags), to_do(error)


def _sentence(error: type[KafkaError]) -> str:
    own = vars(error).get("sentence")
    return str(own) if own else (error.__doc__ or "").partition("\n")[0]


def _is_error(thing: object) -> TypeGuard[type[KafkaError]]:
    return isinstance(thing, type) and issubclass(thing, KafkaError)


def _has_code(error: type[KafkaError]) -> TypeGuard[type[ApiError]]:
    """Whether a broker says it by a number. `UnknownServerError` has -1, which is one of Kafka's too."""
    return issubclass(error, ApiError) and error is not ApiError and "code" in vars(error)
