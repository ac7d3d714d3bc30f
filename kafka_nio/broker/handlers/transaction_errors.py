"""How an error of the transaction coordinator is told to whom, for not every version of a request knows every error.

- PRODUCER_FENCED came with Kafka 2.7; before that it was INVALID_PRODUCER_EPOCH. Produce and TxnOffsetCommit say
  INVALID_PRODUCER_EPOCH to this day, because they meet the epoch in a log.
- TRANSACTION_ABORTABLE came with Kafka 4.0; before that it was INVALID_TXN_STATE.
- A leader that cannot ask the coordinator, or is told to come back later, says NOT_ENOUGH_REPLICAS, which every
  producer repeats. Who speaks the second protocol (KIP-890) is told CONCURRENT_TRANSACTIONS, for that is quite usual.

Java: kafka.server.AddPartitionsToTxnManager
"""

from kafka_nio.errors import (
    ApiError,
    ConcurrentTransactionsError,
    CoordinatorLoadInProgressError,
    InvalidProducerEpochError,
    InvalidTxnStateError,
    NotEnoughReplicasError,
    ProducerFencedError,
    TransactionAbortableError,
)
from kafka_nio.protocol.api import ApiKey

FIRST_VERSION_WITH_PRODUCER_FENCED = {
    ApiKey.INIT_PRODUCER_ID: 4,
    ApiKey.ADD_PARTITIONS_TO_TXN: 2,
    ApiKey.ADD_OFFSETS_TO_TXN: 2,
    ApiKey.END_TXN: 2,
}
FIRST_VERSION_WITH_TRANSACTION_ABORTABLE = {
    ApiKey.PRODUCE: 11,
    ApiKey.TXN_OFFSET_COMMIT: 4,
    ApiKey.ADD_OFFSETS_TO_TXN: 4,
    ApiKey.END_TXN: 4,
    ApiKey.INIT_PRODUCER_ID: 5,
}
FIRST_PRODUCE_OF_SECOND_PROTOCOL = 12
NEVER = 2**15


def as_known_to(api: ApiKey, version: int, error: ApiError) -> ApiError:
    """The same error in the words of a request's version."""
    if isinstance(error, ProducerFencedError) and version < FIRST_VERSION_WITH_PRODUCER_FENCED.get(api, NEVER):
        return InvalidProducerEpochError(str(error))
    first_abortable = FIRST_VERSION_WITH_TRANSACTION_ABORTABLE.get(api, NEVER)
    if isinstance(error, TransactionAbortableError) and version < first_abortable:
        return InvalidTxnStateError(str(error))
    return error


def as_told_by_leader(version: int, error: ApiError) -> ApiError:
    """What Produce answers when the coordinator says this of a batch."""
    if isinstance(error, ConcurrentTransactionsError) and version >= FIRST_PRODUCE_OF_SECOND_PROTOCOL:
        return error
    if isinstance(error, ConcurrentTransactionsError | CoordinatorLoadInProgressError):
        return NotEnoughReplicasError(str(error))
    return as_known_to(ApiKey.PRODUCE, version, error)
